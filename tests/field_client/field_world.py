"""What the device's tests stand on: clocks that a test moves, a network that fails on purpose, an enrolled device."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from field_client.device import Device
from tests.server.sync_village import PASSWORD, TinyVillage

PIN = "246813"
FAST = 1000
"""Iterations of trying a PIN: how long it takes is not what these tests are about."""


def opened(path: Path, **how: Any) -> Device:
    """A device under the tests' PIN."""
    return Device(path, PIN, **{"pin_iterations": FAST, **how})


SERVER = "http://testserver.local"


class TestTimes:
    """Clocks that stand until a test moves them; `wall_error_ms` is how wrong the phone's own clock is."""

    __test__ = False

    def __init__(self, now_ms: Callable[[], int], seed: str = "device") -> None:
        self._now = now_ms
        self._seed, self._drawn = seed, 0
        self.wall_error_ms = 0
        self.boot_id = "boot-1"

    def wall_ms(self) -> int:
        return self._now() + self.wall_error_ms

    def monotonic_ms(self) -> int:
        return self._now() - 1_000_000_000

    def boot(self) -> str:
        return self.boot_id

    def random(self, count: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(f"{self._seed}:{self._drawn}".encode()).digest(count)


class Network(httpx.BaseTransport):
    """The way to a server. `fault` sees every request, and what it returns or raises comes in place of the reply."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.down = False
        self.lose_replies: list[str] = []
        self.fault: Callable[[httpx.Request], httpx.Response | None] | None = None
        self.calls: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/sync/v1")
        if self.down:
            raise httpx.ConnectError("the cable is out", request=request)
        self.calls.append(path)
        if self.fault is not None and (instead := self.fault(request)) is not None:
            return instead
        response = self.inner.handle_request(request)
        if path in self.lose_replies:
            self.lose_replies.remove(path)
            response.read()
            raise httpx.ReadTimeout("the reply was lost", request=request)
        return response


class Phone:
    """A device of a tiny village, with its clocks and its network."""

    def __init__(
        self,
        village: TinyVillage,
        folder: Path,
        username: str,
        seed: str | None = None,
        whole: bool | None = None,
    ) -> None:
        self.village = village
        self.path = folder / f"{seed or username}.db"
        self.username = username
        self.whole = whole
        self.times = TestTimes(lambda: village.now_ms, seed or username)
        self.network = Network(village.client._transport)
        self.device = self.opened()

    def opened(self) -> Device:
        """The device on its file, as after a restart."""
        how: dict[str, Any] = {
            "times": self.times,
            "inner": self.network,
            "sleep": lambda _: None,
            "attempts": 3,
        }
        return opened(self.path, whole=self.whole, **how)

    def restart(self) -> Device:
        """Close and open it again."""
        self.device.close()
        self.device = self.opened()
        return self.device

    def enrol(self) -> "Phone":
        """Enrol and follow the village."""
        self.device.enrol(SERVER, self.username, PASSWORD, f"phone of {self.username}")
        self.device.sync()
        return self

    def agrees(self) -> bool:
        """Whether what is shown is what the server holds of it, with nothing left over or lying over."""
        shown = self.device.shown
        held = self.device.store.rows("SELECT id FROM copy")
        records = self.village.records()
        return not shown.world.changed and all(
            identifier in records and shown.get(identifier) == records[identifier][1]
            for (identifier,) in held
        )


def values(phone: Phone, record: str) -> dict[str, Any]:
    """A record's values as the phone shows them."""
    found = phone.device.shown.get(record)
    assert found is not None
    return found.values
