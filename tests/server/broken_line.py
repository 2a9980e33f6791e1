"""A line to the server that breaks, or is slow: it ends a connection once so many bytes went to the server."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

RESET = struct.pack("ii", 1, 0)


class BrokenLine:
    """Listens on `port`. `breaks` holds after how many bytes each connection in turn ends; the later ones hold.

    pause_seconds   how long each 4 KiB to the server take
    """

    def __init__(self, to_port: int, breaks: list[int], pause_seconds: float = 0) -> None:
        self._pause_seconds = pause_seconds
        self.breaks = breaks
        self.broken = 0
        self._to_port = to_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                left = self.breaks.pop(0) if self.breaks else None
                threading.Thread(target=self._pass_on, args=(client, left), daemon=True).start()

    def _pass_on(self, client: socket.socket, left: int | None) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._to_port)) as server:
            threading.Thread(target=_copy, args=(server, client), daemon=True).start()
            while piece := client.recv(4096):
                time.sleep(self._pause_seconds)
                server.sendall(piece if left is None else piece[:left])
                if left is not None:
                    left -= len(piece)
                    if left <= 0:
                        self.broken += 1
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                        return


def _copy(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            to.sendall(piece)
        to.shutdown(socket.SHUT_WR)


@contextmanager
def broken_line(to_port: int, breaks: list[int], pause_seconds: float = 0) -> Iterator[BrokenLine]:
    line = BrokenLine(to_port, breaks, pause_seconds)
    try:
        yield line
    finally:
        line.close()
