"""What goes wrong on the demonstration day on purpose: lost replies, a clock a day off, a phone killed in mid-sync."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from field_client.device import Device
from field_client.exchange import Step
from field_client.times import SystemTimes

DAY_MS = 24 * 3600 * 1000
KILLED = -signal.SIGKILL
DEMO_PIN = "246813"
"""The PIN of the demonstration's devices, whose folder goes when it ends."""


class LostReplies(httpx.HTTPTransport):
    """A network that carries pushes to the server and loses the first replies to them."""

    def __init__(self, replies: int) -> None:
        super().__init__()
        self.left = replies
        self.lost = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if self.left and request.url.path.endswith("/push") and request.content:
            self.left -= 1
            self.lost += 1
            response.close()
            raise httpx.ReadError("the reply was lost on purpose", request=request)
        return response


class DayAhead(SystemTimes):
    """A phone whose clock somebody set a day ahead."""

    def wall_ms(self) -> int:
        return super().wall_ms() + DAY_MS


def killed_in_mid_sync(path: Path) -> int:
    """Sync a device in a process of its own that is killed between its push and its pull; its exit code."""
    ran = subprocess.run(
        [sys.executable, "-m", "bench.demo.faults", str(path)], check=False, capture_output=True
    )
    return ran.returncode


def _sync_and_die(path: Path) -> None:
    def step(step: Step) -> None:
        if step.name in ("status", "segment", "page"):
            os.kill(os.getpid(), signal.SIGKILL)

    with Device(path, DEMO_PIN) as device:
        device.sync(step)


if __name__ == "__main__":
    _sync_and_die(Path(sys.argv[1]))
