"""What one phone can make the server do in a push stays small, and nothing that it captures blocks its queue."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.sync_device import SyncDevice
from tests.server.sync_village import (
    GRID_1,
    GRID_2,
    TinyVillage,
    faults_of,
    household_id,
    resident_id,
    small_catalogue,
    tiny_village,
)

HOUSEHOLD = household_id(GRID_1, 0)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path) as village:
        yield village
        assert faults_of(village) == []


@pytest.fixture
def wang(village: TinyVillage) -> SyncDevice:
    device = SyncDevice(village.client, "wang", lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    device.sync()
    return device


def test_a_chain_of_followers_of_any_length_moves(village: TinyVillage, wang: SyncDevice) -> None:
    last = HOUSEHOLD
    for _ in range(1100):
        last = wang.create("resident", household=last, name="一串").record
    wang.capture(
        kind="household", action="change", record=HOUSEHOLD, seen={"grid": GRID_1}, fields={"grid": GRID_2}
    )
    assert {entry["outcome"] for entry in wang.push()} == {"applied"}
    assert village.record(last).grid == GRID_2


def test_many_open_cases_of_one_matter_are_a_few_suspicions_each(
    village: TinyVillage, wang: SyncDevice
) -> None:
    worker, cases = wang.worker["id"], 60
    for _ in range(cases):
        wang.create(
            "case",
            item="allowance",
            item_version=1,
            state="registered",
            captured_at=village.moment(),
            holder=worker,
            first_contact=worker,
            resident=resident_id(GRID_1, 0, 0),
        )
    assert {entry["outcome"] for entry in wang.push()} == {"applied"}
    ((suspicions,),) = village.rows("SELECT count(*) FROM records WHERE kind = 'duplicate'")
    assert cases - 1 <= suspicions <= 4 * cases


def test_thousands_of_unsettled_operations_do_not_slow_a_push_down(
    village: TinyVillage, wang: SyncDevice
) -> None:
    def seconds_a_push() -> float:
        for _ in range(500):
            wang.create("household", name="", address="缺名字", grid=GRID_1)
        started = time.process_time()
        wang.push()
        return time.process_time() - started

    first = min(seconds_a_push() for _ in range(3))
    for _ in range(8):
        seconds_a_push()
    assert min(seconds_a_push() for _ in range(3)) < 3 * first
