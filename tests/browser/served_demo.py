"""The demonstration village on a real server process, with the app that was built; a copy for each file of tests."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.process import free_port, wait_for

VILLAGE = "330481106222"
# Hashing a password costs a phone's user a second; a test signs in dozens of times.
QUICK = {"ALLPOST_PASSWORD_MEMORY_KIB": "64", "ALLPOST_PASSWORD_PASSES": "1"}
# Tables as a wide window shows them: a row in a line.
WIDE = {"COLUMNS": "300"}
PROGRAM = "from server.cli import app; app()"
COMMAND = (sys.executable, "-c", PROGRAM)
DAY_NS = 24 * 3600 * 10**9
# The server's own clock, so many nanoseconds ahead.
AHEAD = "import time; now = time.time_ns; time.time_ns = lambda: now() + {ns}; " + PROGRAM


class ServedDemo:
    """A server that can be killed and brought back on the same folder and port, its clock some days ahead."""

    def __init__(self, data: Path, app: Path | None = None, days_ahead: int = 0) -> None:
        self.data = data
        ahead = AHEAD.format(ns=days_ahead * DAY_NS)
        self._command = (sys.executable, "-c", ahead) if days_ahead else COMMAND
        self.port = free_port()
        self._app = app
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it answers."""
        app = {} if self._app is None else {"ALLPOST_APP": str(self._app)}
        self._process = subprocess.Popen(
            [*self._command, "run", "--data", str(self.data), "--port", str(self.port)],
            env=os.environ | QUICK | app,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self.port, self._process)

    def kill(self) -> None:
        """As a power cut does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """An orderly end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=30)

    def run(self, *words: str) -> str:
        """A command of the server's program on this data."""
        done = subprocess.run(
            [*self._command, *words, "--data", str(self.data)],
            env=os.environ | QUICK | WIDE,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def password(self, username: str) -> str:
        """The password of a demonstration account."""
        accounts = json.loads((self.data / "demo-accounts.json").read_text(encoding="utf-8"))
        return next(str(one["password"]) for one in accounts if one["username"] == username)

    def sign_in(self, username: str) -> httpx.Client:
        """A client of the data interface, signed in."""
        client = httpx.Client(base_url=self.address, timeout=30)
        reply = client.post(
            "/api/v1/sessions", json={"username": username, "password": self.password(username)}
        )
        reply.raise_for_status()
        client.headers["authorization"] = f"Bearer {reply.json()['token']}"
        return client


def make_template(folder: Path) -> Path:
    """The demonstration village, once for all tests of a process."""
    data = folder / "template"
    subprocess.run(
        [*COMMAND, "demo-city", "--data", str(data), "--scale", "village"],
        env=os.environ | QUICK,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return data


@contextmanager
def served_demo(
    template: Path, data: Path, app: Path | None = None, days_ahead: int = 0
) -> Iterator[ServedDemo]:
    """A running server on a copy of the demonstration village."""
    shutil.copytree(template, data)
    served = ServedDemo(data, app, days_ahead)
    served.start()
    try:
        yield served
    finally:
        served.stop()


def eventually(holds: object, seconds_max: float = 20) -> None:
    """Wait until a condition (a function without arguments) holds."""
    assert callable(holds)
    deadline = time.monotonic() + seconds_max
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds_max} s"
        time.sleep(0.1)
