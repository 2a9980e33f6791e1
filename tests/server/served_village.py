"""The real server as a process of its own, on the data folder of a tiny village."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

START_SECONDS_MAX = 20


class ServedVillage:
    """A server process; `kill` ends it as a power cut does, `start` brings it back on the same folder and port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)

    def start(self) -> None:
        """Start, and wait until it is ready."""
        command = [
            sys.executable,
            "-c",
            "from server.cli import app; app()",
            "run",
            "--data",
            str(self.folder),
        ]
        self._process = subprocess.Popen(
            [*command, "--port", str(self.port)],
            env=os.environ | {"ALLPOST_PASSWORD_MEMORY_KIB": "64", "ALLPOST_PASSWORD_PASSES": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end:
            assert self._process.poll() is None, "the server ended"
            try:
                if self.client.get("/ready").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server did not become ready")

    @property
    def pid(self) -> int:
        """The process of the server."""
        return self._process.pid

    def kill(self) -> None:
        """kill -9."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """An orderly end."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=30)


@contextmanager
def served_village(folder: Path) -> Iterator[ServedVillage]:
    """A running server on a founded folder, stopped at the end."""
    served = ServedVillage(folder)
    served.start()
    try:
        yield served
    finally:
        served.stop()
        served.client.close()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
