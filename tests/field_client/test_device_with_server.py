"""The device against the real server program, in processes of their own, killed where it hurts."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from field_client.device import Device
from field_client.errors import Unreachable
from field_client.exchange import Step
from server.store.engine import Store
from tests.field_client import field_world
from tests.server.served_village import ServedVillage
from tests.server.sync_village import (
    GRID_1,
    PASSWORD,
    VILLAGE,
    fast_settings,
    founded_folder,
    household_id,
)

SYNC_UNTIL = """
import os, signal, sys
from field_client.device import Device
def step(at):
    print(at.name, flush=True)
    if at.name == sys.argv[2] and at.done >= int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
with Device(sys.argv[1], "246813") as device:
    device.sync(step)
"""


class Served(ServedVillage):
    """The server program on a founded folder, and what devices handed over to it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(founded_folder(folder))
        self.handed_over: set[str] = set()
        self.alive = False

    def start(self) -> None:
        super().start()
        self.alive = True

    def kill(self) -> None:
        super().kill()
        self.alive = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def records(self, kind: str) -> set[str]:
        """The records of a kind that the server has; called while it is stopped."""
        store = Store(fast_settings(self.folder).database_path)
        try:
            rows = store.read_now(
                lambda db: db.execute("SELECT id FROM records WHERE kind = ?", (kind,)).fetchall()
            )
        finally:
            store.close()
        return {identifier for (identifier,) in rows}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    village = Served(tmp_path_factory.mktemp("served"))
    village.start()
    yield village
    village.stop()
    village.client.close()


def opened(path: Path) -> Device:
    return field_world.opened(path, sleep=lambda _: time.sleep(0.05), attempts=3)


def ask(device: Device, number: int) -> str:
    return device.households.ask(VILLAGE, f"第{number}件：" + "水" * 400).entry.id


def test_killed_in_the_middle_of_a_sync_it_goes_on_and_nothing_is_lost_or_doubled(
    served: Served, tmp_path: Path
) -> None:
    path = tmp_path / "wang.db"
    with opened(path) as device:
        device.enrol(served.address, "wang", PASSWORD)
    for name, done in (("segment", 1), ("store", 1)):
        ended = subprocess.run(
            [sys.executable, "-c", SYNC_UNTIL, str(path), name, str(done)], capture_output=True, check=False
        )
        assert ended.returncode == -signal.SIGKILL, (name, ended.stderr)
    with opened(path) as device:
        device.sync()
        assert {one.id for one in device.households.search()} == {
            household_id(GRID_1, number) for number in range(3)
        }
        captured = {ask(device, number) for number in range(700)}
    ended = subprocess.run(
        [sys.executable, "-c", SYNC_UNTIL, str(path), "push", "500"], capture_output=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    with opened(path) as device:
        device.sync()
        assert device.outbox.counts() == {"applied": 700}
        assert not device.shown.world.changed
        assert {one.id for one in device.shown.of_kind("request")} == captured
    served.handed_over |= captured
    served.kill()
    assert served.records("request") == served.handed_over
    served.start()


def test_the_server_killed_in_mid_push_and_started_again_has_everything_once(
    served: Served, tmp_path: Path
) -> None:
    with opened(tmp_path / "wang.db") as device:
        device.enrol(served.address, "wang", PASSWORD)
        device.sync()
        captured = {ask(device, number) for number in range(600)}

        def kill_after_the_first_batch(at: Step) -> None:
            if at.name == "push" and at.done >= 400 and served.alive:
                served.kill()

        with pytest.raises(Unreachable):
            device.sync(kill_after_the_first_batch)
        acknowledged = device.outbox.entries("acknowledged_ms IS NOT NULL")
        assert len(acknowledged) >= 400
        served.start()
        report = device.sync()
        assert report.counts == {"applied": 600} and not report.restored
    served.handed_over |= captured
    served.kill()
    assert served.records("request") == served.handed_over
