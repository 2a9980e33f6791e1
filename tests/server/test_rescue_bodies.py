"""Bodies of rescue files that do not come to their end: bounded, given up, and gone with the process."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from grid_map.days import count_day
from server import rescue_receiving
from server.clock import unix_ms
from server.problem import ProblemError
from server.rescue_receiving import OF_ONE_DEVICE_MAX, WITHOUT_CARRIER_MAX, UnderWay, chunks_of
from sync.rescue import RescueUnreadable
from tests.server.rescuing import hand_in, handed_in, rescue_of
from tests.server.served_village import ServedVillage, served_village
from tests.server.sync_device import API, SyncDevice
from tests.server.sync_village import GRID_1, founded_folder, household_id, small_catalogue


def began(served: ServedVillage, file: bytes) -> socket.socket:
    """A body of which ten million bytes stay out."""
    line = socket.create_connection(("127.0.0.1", served.port), timeout=10)
    head = (
        f"POST {API}/rescue HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
        f"Content-Length: {len(file) + 10_000_000}\r\n\r\n"
    )
    line.sendall(head.encode() + file)
    line.settimeout(0.7)
    with pytest.raises(TimeoutError):  # it is waited for
        line.recv(1)
    return line


def answered(served: ServedVillage, file: bytes, status: int) -> httpx.Response:
    """The first reply of this status: what the server makes of another connection takes it a moment."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        reply = hand_in(served.client, file)
        if reply.status_code == status:
            return reply
        time.sleep(0.05)
    raise AssertionError(reply.text)


def test_a_third_body_of_one_device_waits_and_a_kill_leaves_nothing(tmp_path: Path) -> None:
    with served_village(founded_folder(tmp_path)) as served:
        phone = SyncDevice(served.client, "wang", unix_ms, small_catalogue(count_day(unix_ms())))
        phone.enrol()
        phone.sync()
        phone.change(household_id(GRID_1, 0), note="一")
        file, other = rescue_of(phone), rescue_of(phone, [])
        with ExitStack() as hanging:
            for _ in range(OF_ONE_DEVICE_MAX - 1):
                hanging.enter_context(began(served, file))
            with began(served, file):
                busy = answered(served, other, 503)
                assert (busy.json()["type"], busy.headers["retry-after"]) == ("server-busy", "30")
            assert answered(served, file, 200).json()["operations_new"] == 1
            names = sorted(path.name for path in served.folder.iterdir())
            served.kill()
        served.start()
        assert handed_in(served.client, file)["operations_known"] == 1
        assert sorted(path.name for path in served.folder.iterdir()) == names


def test_without_a_carrier_there_is_a_bound_over_all_devices() -> None:
    under_way = UnderWay()
    with ExitStack() as stack:
        for number in range(WITHOUT_CARRIER_MAX):
            stack.enter_context(under_way.one(None, f"d{number}"))
        with pytest.raises(ProblemError, match="server-busy"):
            stack.enter_context(under_way.one(None, "another"))
        stack.enter_context(under_way.one("a carrier", "another"))
    with under_way.one(None, "another"):
        pass


def test_a_silent_body_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescue_receiving, "STALL_SECONDS", 0.05)

    async def silent() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.sleep(5)

    async def read() -> list[bytes]:
        return [chunk async for chunk in chunks_of(silent())]

    with pytest.raises(RescueUnreadable):
        asyncio.run(read())
