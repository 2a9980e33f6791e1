"""A network on purpose: a TCP proxy between browser and server that is slow, loses, errs, or is gone.

What a phone in a yard meets: 2G with lost packets (connections cut before a request arrives, after it arrived and
before its reply, or in the middle of the reply), a server that is down, a gateway that answers with an error page,
a line that swallows everything.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, Literal

CHUNK_BYTES = 2048
ERROR_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True)
class Weather:
    """How the network is now. `loss`: the share of requests that are cut; bytes a second either way, None unlimited."""

    mode: Literal["up", "refused", "error_page", "black_hole"] = "up"
    loss: float = 0.0
    bytes_per_second: int | None = None
    latency_seconds: float = 0.0


FINE = Weather()
TWO_G = Weather(loss=0.3, bytes_per_second=25_000, latency_seconds=0.3)


class BadNetwork:
    """A proxy on a port of its own, in a thread of its own. `weather` may be changed at any time."""

    def __init__(self, server_port: int, seed: int = 1) -> None:
        self.weather = FINE
        self.requests = 0
        self.cuts = 0
        self._server_port = server_port
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def address(self) -> str:
        """What the browser is given."""
        return f"http://127.0.0.1:{self.port}"

    def set(self, weather: Weather) -> None:
        """Change the weather; connections that are open now are cut where it no longer lets any through."""
        self.weather = weather
        if weather.mode != "up":
            self._run(self._cut_all())

    def lose(self, share: float) -> None:
        """Lose a share of the requests, everything else as it is."""
        self.set(replace(self.weather, loss=share))

    def close(self) -> None:
        """Cut everything and end the thread."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=20)

    async def _end(self) -> None:
        self._server.close()
        await self._cut_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _cut_all(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mode = self.weather.mode
        if mode == "refused":
            return
        if mode == "black_hole":
            await reader.read()
            return
        if mode == "error_page":
            await reader.read(CHUNK_BYTES)
            head = f"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: {len(ERROR_PAGE)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + ERROR_PAGE)
            await writer.drain()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._writers.add(up_writer)
        cut = _Cut()
        try:
            await asyncio.gather(
                self._pump(reader, up_writer, cut, asks=True), self._pump(up_reader, writer, cut, asks=False)
            )
        except ConnectionAbortedError:
            self.cuts += 1
        finally:
            up_writer.transport.abort()
            self._writers.discard(up_writer)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: _Cut, *, asks: bool
    ) -> None:
        """One direction. Each burst of the asking side is a request, for which the dice are thrown."""
        idle = True
        while chunk := await reader.read(CHUNK_BYTES):
            if asks and cut.answering:
                idle, cut.answering = True, False
            if asks and idle:
                idle = False
                self.requests += 1
                cut.throw(self._random, self.weather.loss)
                await asyncio.sleep(self.weather.latency_seconds)
                if cut.at == "request":
                    raise ConnectionAbortedError
            if not asks:
                cut.answering = True
                if cut.at == "reply" or (cut.at == "middle" and cut.passed > 512):
                    raise ConnectionAbortedError
                cut.passed += len(chunk)
            if self.weather.bytes_per_second:
                await asyncio.sleep(len(chunk) / self.weather.bytes_per_second)
            writer.write(chunk)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()


class _Cut:
    """Where the request that is under way on a connection is cut, if it is."""

    def __init__(self) -> None:
        self.at: Literal["nowhere", "request", "reply", "middle"] = "nowhere"
        self.answering = False
        self.passed = 0

    def throw(self, dice: random.Random, loss: float) -> None:
        """Decide for the next request."""
        self.passed = 0
        self.at = "nowhere"
        if dice.random() < loss:
            self.at = dice.choice(("request", "reply", "middle"))
