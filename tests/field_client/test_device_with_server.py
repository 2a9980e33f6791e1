"""The device against the real server program, in processes of their own, killed where it hurts."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from field_client.device import Device
from field_client.exchange import Step
from server.data_folder import open_data
from tests.server.sync_village import GRID_1, PASSWORD, VILLAGE, Founded, fast_settings, household_id

HOME = household_id(GRID_1, 0)
SERVER_PROGRAM = [sys.executable, "-c", "from server.cli import app; app()", "run"]
SYNC_UNTIL = """
import os, signal, sys
from field_client.device import Device
def step(at):
    print(at.name, flush=True)
    if at.name == sys.argv[2] and at.done >= int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
with Device(sys.argv[1]) as device:
    device.sync(step)
"""


class ServedVillage:
    """The tiny village behind the server program, on a port that stays the same over restarts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = fast_settings(folder)
        store, keys = open_data(self.settings, exclusive=True)
        try:
            Founded(self.settings, store, keys, int(time.time() * 1000))
        finally:
            store.close()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the program and wait until it serves."""
        environment = {**os.environ, "ALLPOST_PASSWORD_MEMORY_KIB": "64", "ALLPOST_PASSWORD_PASSES": "1"}
        self.process = subprocess.Popen(
            [*SERVER_PROGRAM, "--data", str(self.folder), "--port", str(self.port)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(400):
            try:
                if httpx.get(f"{self.address}/ready").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server program did not start")

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def records(self, kind: str) -> set[str]:
        """The records of a kind that the server has; called while it is stopped."""
        store, _ = open_data(self.settings, exclusive=True)
        try:
            rows = store.read_now(
                lambda db: db.execute("SELECT id FROM records WHERE kind = ?", (kind,)).fetchall()
            )
        finally:
            store.close()
        return {identifier for (identifier,) in rows}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedVillage]:
    village = ServedVillage(tmp_path / "server")
    village.start()
    yield village
    if village.process is not None and village.process.poll() is None:
        village.kill()


def opened(path: Path) -> Device:
    return Device(path, sleep=lambda _: time.sleep(0.05), attempts=3)


def ask(device: Device, number: int) -> str:
    return device.households.ask(VILLAGE, f"第{number}件：" + "水" * 400).entry.id


def test_killed_in_the_middle_of_a_sync_it_goes_on_and_nothing_is_lost_or_doubled(
    served: ServedVillage, tmp_path: Path
) -> None:
    path = tmp_path / "wang.db"
    with opened(path) as device:
        device.enrol(served.address, "wang", PASSWORD)
    for name, done in (("segment", 1), ("store", 0), ("store", 1), ("page", 0)):
        ended = subprocess.run(
            [sys.executable, "-c", SYNC_UNTIL, str(path), name, str(done)], capture_output=True, check=False
        )
        assert ended.returncode == -signal.SIGKILL, (name, ended.stderr)
    with opened(path) as device:
        device.sync()
        assert {one.id for one in device.households.search()} == {
            household_id(GRID_1, number) for number in range(3)
        }
        captured = {ask(device, number) for number in range(1100)}
    for done in (0, 500, 500):
        ended = subprocess.run(
            [sys.executable, "-c", SYNC_UNTIL, str(path), "push", str(done)], capture_output=True, check=False
        )
        assert ended.returncode == -signal.SIGKILL, (done, ended.stderr)
    with opened(path) as device:
        device.sync()
        assert device.outbox.counts() == {"applied": 1100}
        assert not device.shown.world.changed
        assert {one.id for one in device.shown.of_kind("request")} == captured
    served.kill()
    assert served.records("request") == captured


def test_the_server_killed_in_mid_push_and_started_again_has_everything_once(
    served: ServedVillage, tmp_path: Path
) -> None:
    with opened(tmp_path / "wang.db") as device:
        device.enrol(served.address, "wang", PASSWORD)
        device.sync()
        captured = {ask(device, number) for number in range(600)}

        def kill_after_the_first_batch(at: Step) -> None:
            if (
                at.name == "push"
                and at.done >= 400
                and served.process is not None
                and served.process.poll() is None
            ):
                served.kill()

        with pytest.raises(Exception, match="连不上服务器"):
            device.sync(kill_after_the_first_batch)
        acknowledged = device.outbox.entries("acknowledged_ms IS NOT NULL")
        assert len(acknowledged) >= 400
        served.start()
        report = device.sync()
        assert report.counts == {"applied": 600} and not report.restored
    served.kill()
    assert served.records("request") == captured
