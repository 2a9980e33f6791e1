"""A server set back behind everybody's back (a snapshot) is noticed by one receipt, and nothing is lost or doubled.

Forged, foreign and old receipts begin nothing, and no device can begin epoch after epoch.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import copy
from pathlib import Path
from typing import Any

import pytest

from grid_map.days import count_day
from server.epochs import EpochBegan
from server.live import Live
from server.signing import reconciliation_of
from server.store import epochs
from server.store.changes import epoch_of
from tests.server.sync_device import Refused, SyncDevice
from tests.server.sync_village import (
    GRID_1,
    GRID_2,
    VILLAGE,
    faults_of,
    household_id,
    small_catalogue,
    tiny_village,
)

HOME, OTHER_HOME = household_id(GRID_1, 0), household_id(GRID_2, 0)


class Snapshots:
    """A village whose machine is brought back to an earlier state, as a virtual machine's snapshot is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open(None)
        self.devices: list[SyncDevice] = []

    def _open(self, now_ms: int | None) -> None:
        self._running = tiny_village(self.folder)
        self.village = self._running.__enter__()
        self.village.now_ms = now_ms or self.village.now_ms

    def close(self) -> None:
        self._running.__exit__(None, None, None)

    def now_ms(self) -> int:
        return self.village.now_ms

    def phone(self, username: str) -> SyncDevice:
        device = SyncDevice(self.village.client, username, self.now_ms, small_catalogue(self.village.today))
        device.enrol()
        device.sync()
        self.devices.append(device)
        return device

    def taken(self, name: str) -> Path:
        """A snapshot of the database as it is now."""
        path = self.folder / f"{name}.snapshot"
        with (
            closing(sqlite3.connect(self.village.settings.database_path)) as db,
            closing(sqlite3.connect(path)) as to,
        ):
            db.backup(to)
        return path

    def brought_back(self, snapshot: Path) -> None:
        """The machine comes up again with this database; nobody says so."""
        now_ms = self.village.now_ms
        self.close()
        path = self.village.settings.database_path
        path.unlink()
        path.write_bytes(snapshot.read_bytes())
        self._open(now_ms + 60_000)
        for device in self.devices:
            device.client = self.village.client

    def epochs(self) -> list[str]:
        return [one.why for one in self.village.store.read_now(epochs.every)]

    @property
    def epoch(self) -> str:
        return self.village.store.read_now(epoch_of)


@pytest.fixture
def snapshots(tmp_path: Path) -> Iterator[Snapshots]:
    running = Snapshots(tmp_path)
    yield running
    assert faults_of(running.village) == []
    running.close()


def notes(device: SyncDevice, *said: str, home: str = HOME) -> None:
    for note in said:
        device.change(home, note=note)
        device.push()


def test_one_receipt_is_enough_for_everybody(snapshots: Snapshots) -> None:
    wang, li = snapshots.phone("wang"), snapshots.phone("li")
    notes(wang, "一")
    before = snapshots.epoch
    snapshot = snapshots.taken("before")
    notes(wang, "二", "三")
    notes(li, "四", "五", home=OTHER_HOME)
    snapshots.brought_back(snapshot)

    wang.sync()
    assert snapshots.epoch not in (before,) and snapshots.epochs() == ["founded", "receipt"]
    li.sync()
    assert snapshots.epochs() == ["founded", "receipt"], "one loss, one epoch"
    assert wang.acknowledged == len(wang.captured) == 3 and li.acknowledged == 2
    assert snapshots.village.record(HOME).values["note"] == "三"
    assert snapshots.village.record(OTHER_HOME).values["note"] == "五"
    assert snapshots.village.record(HOME).revision == 4, "each applied once"
    audited = snapshots.village.rows("SELECT device, detail FROM audit WHERE action = 'epoch.began'")
    assert [device for device, _ in audited] == [wang.device]


def test_status_alone_notices_too(snapshots: Snapshots) -> None:
    wang = snapshots.phone("wang")
    snapshot = snapshots.taken("before")
    notes(wang, "一")
    snapshots.brought_back(snapshot)
    wang.status()
    assert snapshots.epochs() == ["founded", "receipt"] and wang.acknowledged == 0
    wang.sync()
    assert snapshots.village.record(HOME).values["note"] == "一"


def test_what_is_pushed_beside_the_receipt_is_left_to_the_next_push(snapshots: Snapshots) -> None:
    wang = snapshots.phone("wang")
    notes(wang, "一")
    snapshot = snapshots.taken("before")
    notes(wang, "二")
    snapshots.brought_back(snapshot)
    wang.change(HOME, note="三")
    reply = wang.push_body(
        wang.captured[2:]
    )  # counter 3, while the server has only 1: no refusal, its history
    assert (reply["acknowledged"], reply["outcomes"]) == (1, [])
    assert reply["epoch"] == snapshots.epoch != wang.epoch
    wang.take_reply(reply)
    wang.sync()
    assert snapshots.village.record(HOME).values["note"] == "三"


def test_the_same_counter_with_another_digest(snapshots: Snapshots) -> None:
    """The snapshot's own phone came back from its backup too, and captured otherwise."""
    wang = snapshots.phone("wang")
    snapshot = snapshots.taken("before")
    earlier = copy(wang)
    earlier.captured, earlier.operations, earlier.laid_over = [], [], []
    notes(wang, "一")
    snapshots.brought_back(snapshot)
    earlier.client = snapshots.village.client
    notes(earlier, "另一")
    wang.client, wang.receipt = snapshots.village.client, wang.receipt
    assert snapshots.epochs() == ["founded"]
    with pytest.raises(Refused, match="history-forked"):
        wang.push()
    assert snapshots.epochs() == ["founded", "receipt"]
    wang.enrol_anew()
    wang.sync()
    assert snapshots.epochs() == ["founded", "receipt"]


def test_an_older_counter_with_another_digest(snapshots: Snapshots) -> None:
    wang = snapshots.phone("wang")
    snapshot = snapshots.taken("before")
    earlier = copy(wang)
    earlier.captured, earlier.operations, earlier.laid_over = [], [], []
    notes(wang, "一")
    snapshots.brought_back(snapshot)
    earlier.client = snapshots.village.client
    notes(earlier, "另一", "另二")
    with pytest.raises(Refused, match="history-forked"):
        wang.push()
    assert snapshots.epochs() == ["founded", "receipt"]


def test_a_phone_enrolled_after_the_snapshot(snapshots: Snapshots) -> None:
    snapshot = snapshots.taken("before")
    wang = snapshots.phone("wang")
    notes(wang, "一", "二")
    snapshots.brought_back(snapshot)
    with pytest.raises(Refused, match="unknown-device"):
        wang.push()
    wang.enrol_anew()
    wang.sync()
    assert snapshots.epochs() == ["founded", "receipt"], "the identity that it continues has a receipt"
    assert snapshots.village.record(HOME).values["note"] == "二"
    wang.sync()
    assert snapshots.epochs() == ["founded", "receipt"]


def test_set_back_to_before_an_epoch_that_is_thereby_unknown(snapshots: Snapshots) -> None:
    wang = snapshots.phone("wang")
    first = snapshots.taken("first")
    notes(wang, "一")
    snapshots.brought_back(first)
    wang.sync()
    second_epoch = snapshots.epoch
    snapshots.brought_back(first)
    wang.sync()
    assert snapshots.epochs() == ["founded", "elsewhere", "receipt"] and snapshots.epoch != second_epoch
    for _ in range(3):
        notes(wang, "又")
    assert len(snapshots.epochs()) == 3, "an epoch that is unknown is known from then on"


def test_a_hostile_phone_begins_no_second_epoch(snapshots: Snapshots) -> None:
    wang = snapshots.phone("wang")
    snapshot = snapshots.taken("before")
    notes(wang, "一", "二")
    ahead = wang.receipt
    snapshots.brought_back(snapshot)
    for _ in range(5):
        wang.receipt = ahead
        wang.push_body([])
    assert snapshots.epochs() == ["founded", "receipt"]


def test_what_no_phone_keeps_any_more_is_missing_with_its_numbers(snapshots: Snapshots) -> None:
    """Five were delivered, the server is set back to the second, the phone keeps only the last: two are missing."""
    wang = snapshots.phone("wang")
    notes(wang, "一", "二")
    snapshot = snapshots.taken("before")
    notes(wang, "三", "四", "五")
    snapshots.brought_back(snapshot)
    wang.status()
    assert wang.acknowledged == 2
    first, wang.operations = wang.device, wang.operations[4:]  # 30 days later
    wang.enrol_anew()
    wang.sync()
    now_ms = snapshots.village.now_ms
    day = snapshots.village.store.read_now(
        lambda db: reconciliation_of(
            db,
            snapshots.village.keys,
            snapshots.village.settings.report_after,
            VILLAGE,
            count_day(now_ms),
            now_ms,
        )
    )
    row = next(row for row in day.rows if row.device == first)
    assert (row.captured, row.arrived, row.missing) == (5, 3, 2)


Change = Callable[[dict[str, Any], SyncDevice, SyncDevice], dict[str, Any]]
FORGED: dict[str, Change] = {
    "a counter ahead": lambda own, wang, li: own | {"counter": 99},
    "another digest": lambda own, wang, li: own | {"digest": "0" * 64},
    "an unknown epoch": lambda own, wang, li: own | {"epoch": "0" * 12},
    "an unknown key": lambda own, wang, li: own | {"counter": 99, "key": "0" * 16},
    "a colleague's": lambda own, wang, li: dict(li.receipt or {}) | {"counter": 99},
    "a colleague's in its own name": lambda own, wang, li: dict(li.receipt or {}) | {"device": wang.device},
    "counter 0": lambda own, wang, li: own | {"counter": 0},
    "a huge counter": lambda own, wang, li: own | {"counter": 2**62},
}


@pytest.mark.parametrize("how", FORGED)
def test_forged_receipts_begin_nothing(snapshots: Snapshots, how: str) -> None:
    wang, li = snapshots.phone("wang"), snapshots.phone("li")
    notes(wang, "一")
    notes(li, "二", home=OTHER_HOME)
    assert wang.receipt is not None
    wang.receipt = FORGED[how](wang.receipt, wang, li)
    wang.push_body([])
    wang.receipt = FORGED[how](wang.receipt or {}, wang, li)
    wang.status()
    assert snapshots.epochs() == ["founded"]


def test_who_continues_a_colleagues_phone_wrongly(snapshots: Snapshots) -> None:
    """A genuine receipt of a lost colleague's identity, shown by somebody who does not continue it, begins nothing."""
    li = snapshots.phone("li")
    snapshot = snapshots.taken("before")
    notes(li, "一", home=OTHER_HOME)
    snapshots.brought_back(snapshot)
    wang = snapshots.phone("wang")
    wang.receipt = li.receipt
    wang.push_body([])
    assert snapshots.epochs() == ["founded"]
    wang.device = li.device
    with pytest.raises(Refused, match="forbidden"):
        wang.enrol(continues=True)


def test_listeners_of_live_are_told() -> None:
    async def listening() -> None:
        live = Live()
        events = live.events("330481106222", 7, asyncio.Event())
        assert b'"version":7' in await anext(events)
        live.committed([EpochBegan("e", "receipt", None)])
        assert b'"version":7' in await asyncio.wait_for(anext(events), 5)
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(listening())
