"""kill -9 of the server in mid-push, several times under load: nothing acknowledged is lost, and the store is whole."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

import httpx
from typer.testing import CliRunner

from grid_map.days import count_day
from server.cli import app
from server.clock import unix_ms
from server.keys import load_keys
from server.store import batches
from server.store.connection import open_reader
from tests.server.served_village import ServedVillage, served_village
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import GRID_1, GRID_2, founded_folder, household_id, small_catalogue

ROUNDS = 3
PHONES = (("wang", GRID_1), ("wang", GRID_1), ("li", GRID_2))


class Worker(threading.Thread):
    """A phone that captures and pushes for as long as the server answers."""

    def __init__(self, served: ServedVillage, username: str, grid: str) -> None:
        super().__init__()
        client = httpx.Client(base_url=served.client.base_url, timeout=10)
        self.device = SyncDevice(client, username, unix_ms, small_catalogue(count_day(unix_ms())))
        self.device.enrol()
        self.device.sync()
        self.household = household_id(grid, 0)

    def run(self) -> None:
        with contextlib.suppress(httpx.TransportError):
            while True:
                for _ in range(5):
                    self.device.change(self.household, note=f"{time.monotonic_ns()}")
                self.device.laid_over = self.device.laid_over[-1:]
                self.device.push(limit=5)

    def again(self) -> Worker:
        """The same phone in the next round."""
        other = object.__new__(Worker)
        threading.Thread.__init__(other)
        other.device, other.household = self.device, self.household
        return other


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    with served_village(founded_folder(tmp_path)) as served:
        phones = [Worker(served, username, grid) for username, grid in PHONES]
        for _ in range(ROUNDS):
            for phone in phones:
                phone.start()
            time.sleep(0.7)
            served.kill()
            for phone in phones:
                phone.join()
            assert all(phone.device.acknowledged > 0 for phone in phones)
            _every_acknowledged_one_is_there(tmp_path, phones)
            served.start()
            phones = [phone.again() for phone in phones]
        for phone in phones:
            phone.device.push(limit=50)
            assert phone.device.acknowledged == len(phone.device.captured)
            phone.device.client.close()
    _every_acknowledged_one_is_there(tmp_path, phones)
    checked = CliRunner().invoke(app, ["check", "--data", str(tmp_path)])
    assert checked.exit_code == 0, checked.output


def _every_acknowledged_one_is_there(folder: Path, phones: list[Worker]) -> None:
    db, keys = open_reader(folder / "allpost.db"), load_keys(folder / "keys.json")
    for phone in phones:
        device = phone.device
        stored = batches.every(db, keys, device.worker["division"], device.device)
        exact = [one.exact for batch in stored for one in batch.operations()]
        assert exact[: device.acknowledged] == device.captured[: device.acknowledged]
        assert len(exact) >= device.acknowledged
    db.close()
