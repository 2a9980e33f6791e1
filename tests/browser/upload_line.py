"""A line between phones and the server that knows what passes: it stops a piece of a file where it is told, and counts.

Every byte of a piece that went on to the server is counted, so that a drill knows what was sent again. A piece is
stopped in its middle (half of it is with the server) or at its end (the server has answered, the phone has not heard).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal

READ_BYTES = 16 * 1024
HEAD_BYTES_MAX = 64 * 1024
Where = Literal["middle", "end"]


@dataclass
class Asked:
    """A request as it passed. `offset` and `passed` (bytes of its body that reached the server) of pieces of files."""

    method: str
    path: str
    length: int
    offset: int
    passed: int = 0

    @property
    def is_piece(self) -> bool:
        return self.method == "PATCH"

    @property
    def is_push(self) -> bool:
        return self.path.endswith("/sync/v1/push")


class UploadLine:
    """A proxy on a port of its own, in a thread of its own."""

    def __init__(self, server_port: int) -> None:
        self.asked: list[Asked] = []
        self.bytes_per_second: int | None = None
        self._stop_at: Where | None = None
        self._pass_before = 0
        self._stopped = threading.Event()
        self._server_port = server_port
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_BYTES_MAX))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def address(self) -> str:
        """What the browser is given."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pieces(self) -> list[Asked]:
        """The pieces of files that passed, in their order."""
        return [one for one in self.asked if one.is_piece]

    def stop_next(self, where: Where | None, after: int = 0) -> None:
        """The next piece stops there, or one that comes after so many others; None lets all pass."""
        self._stopped.clear()
        self._stop_at, self._pass_before = where, after

    def wait_stopped(self, seconds_max: float = 30) -> None:
        """Until a piece stands where it was to stop."""
        assert self._stopped.wait(seconds_max), f"no piece stopped within {seconds_max} s"

    def cut(self) -> None:
        """End every connection that is open now."""
        self._run(self._cut())

    def close(self) -> None:
        """Cut everything and end the thread."""
        self._server.close()
        self._run(self._cut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=20)

    async def _cut(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        up_writer: asyncio.StreamWriter | None = None
        both: list[asyncio.Task[None]] = []
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
            through = _Connection(self, reader, up_writer)
            both = [asyncio.create_task(one) for one in (through.answer(up_reader, writer), through.ask())]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for end in (writer, up_writer):
                if end is not None:
                    end.transport.abort()
            self._tasks.discard(task)

    def take_stop(self) -> Where | None:
        """Where the piece that begins now stops; the one after it does not."""
        if self._pass_before > 0:
            self._pass_before -= 1
            return None
        where, self._stop_at = self._stop_at, None
        return where

    def tell_stopped(self) -> None:
        """It stands there."""
        self._stopped.set()


class _Connection:
    """One connection: requests one after the other, each with the length of its body."""

    def __init__(self, line: UploadLine, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        self._line, self._reader, self._server = line, reader, server
        self._answers_held = False

    async def ask(self) -> None:
        """The asking side, up to its end."""
        try:
            while head := await self._reader.readuntil(b"\r\n\r\n"):
                await self._request(head)
        except (OSError, asyncio.IncompleteReadError):
            pass

    async def answer(self, server: asyncio.StreamReader, phone: asyncio.StreamWriter) -> None:
        """The answering side. What a stopped piece is answered stays here until the connection ends."""
        while chunk := await server.read(READ_BYTES):
            if self._answers_held:
                self._line.tell_stopped()
                await asyncio.Event().wait()
            phone.write(chunk)
            await phone.drain()

    async def _request(self, head: bytes) -> None:
        words, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = words.split(" ", 2)
        fields = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        length = int(fields.get("content-length", "0"))
        asked = Asked(method, path, length, int(fields.get("upload-offset", "0")))
        self._line.asked.append(asked)
        self._server.write(head)
        where = self._line.take_stop() if asked.is_piece else None
        await self._body(asked, length // 2 if where == "middle" else length, end_held=where == "end")
        if where == "middle":
            self._line.tell_stopped()
        if where is not None:
            await asyncio.Event().wait()

    async def _body(self, asked: Asked, length: int, *, end_held: bool) -> None:
        while asked.passed < length:
            chunk = await self._reader.read(min(READ_BYTES, length - asked.passed))
            if not chunk:
                return
            self._answers_held = end_held
            self._server.write(chunk)
            await self._server.drain()
            asked.passed += len(chunk)
            if self._line.bytes_per_second and asked.is_piece:
                await asyncio.sleep(len(chunk) / self._line.bytes_per_second)
