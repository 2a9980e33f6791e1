"""A server of one's own in a second process, on a free port, stopped by its process id."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS_MAX = 60.0


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until the server accepts connections. RuntimeError if it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not start in time")


@contextmanager
def serving(data: Path, app: Path | None = None, cipher: str | None = None) -> Iterator[int]:
    """A measured server on a data folder, with a phone app and a cipher of one's own; its port."""
    port = free_port()
    own = {} if app is None else {"ALLPOST_APP": str(app)}
    if cipher is not None:
        own["ALLPOST_CIPHER"] = cipher
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.serve", str(data), str(port)], env=os.environ | own
    )
    try:
        wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(30)
