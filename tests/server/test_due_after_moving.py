"""A household that moves to another village was visited where it was: it does not start there as never counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.sync_device import SyncDevice
from tests.server.sync_village import (
    DAY_MS,
    GRID_1,
    NEXT_GRID,
    NEXT_VILLAGE,
    VILLAGE,
    TinyVillage,
    faults_of,
    household_id,
    small_catalogue,
    tiny_village,
)

HOUSEHOLD = household_id(GRID_1, 0)
TODAY, TOMORROW = "2026-11-23", "2026-11-24"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path) as village:
        yield village
        assert faults_of(village) == []


def enrolled(village: TinyVillage, username: str) -> SyncDevice:
    device = SyncDevice(village.client, username, lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    device.sync()
    return device


def visit(village: TinyVillage, device: SyncDevice, grid: str = GRID_1) -> str:
    """Somebody was met at the household now; the visit's record."""
    fields = {"worker": device.worker["id"], "grid": grid, "household": HOUSEHOLD, "outcome": "met"}
    return device.create("visit", grid[:12], started_at=village.moment(), **fields).record


def move(device: SyncDevice) -> None:
    device.change(HOUSEHOLD, grid=NEXT_GRID, village=NEXT_VILLAGE)


def due(village: TinyVillage) -> tuple[str, str | None, str]:
    """Village, last counted day and next due day of the household, in its one row."""
    sql = "SELECT village, last_counted, next_due FROM households_due WHERE household = ?"
    ((home, last, day),) = village.rows(sql, HOUSEHOLD)
    return home, last, day


def test_what_was_counted_goes_along(village: TinyVillage) -> None:
    wang = enrolled(village, "wang")
    never = due(village)[2]
    visit(village, wang)
    wang.sync()
    home, last, day = due(village)
    assert (home, last) == (VILLAGE, TODAY) and day > never
    move(wang)
    wang.sync()
    assert due(village) == (NEXT_VILLAGE, TODAY, day)


def test_a_visit_and_the_move_in_one_push(village: TinyVillage) -> None:
    wang = enrolled(village, "wang")
    visit(village, wang)
    move(wang)
    wang.sync()
    assert due(village)[:2] == (NEXT_VILLAGE, TODAY)


def test_a_visit_before_the_move_that_arrives_after_it(village: TinyVillage) -> None:
    wang, other = enrolled(village, "wang"), enrolled(village, "wang")
    visit(village, other)
    move(wang)
    wang.sync()
    assert due(village)[:2] == (NEXT_VILLAGE, None)
    other.sync()
    assert due(village)[:2] == (NEXT_VILLAGE, TODAY)


def test_a_visit_taken_back_after_the_move_counts_no_more(village: TinyVillage) -> None:
    wang, neighbour = enrolled(village, "wang"), enrolled(village, "neighbour")
    taken_back = visit(village, wang)
    wang.sync()
    move(wang)
    wang.sync()
    village.later(DAY_MS)
    neighbour.pull_all()
    there = visit(village, neighbour, NEXT_GRID)
    neighbour.sync()
    assert due(village)[:2] == (NEXT_VILLAGE, TOMORROW)
    neighbour.void(there)
    neighbour.sync()
    assert due(village)[:2] == (NEXT_VILLAGE, TODAY)
    wang.void(taken_back)
    wang.sync()
    assert due(village)[:2] == (NEXT_VILLAGE, None)


def test_another_class_in_the_new_village_forgets_no_visit(village: TinyVillage) -> None:
    wang, neighbour = enrolled(village, "wang"), enrolled(village, "neighbour")
    visit(village, wang)
    move(wang)
    wang.sync()
    neighbour.pull_all()
    neighbour.change(HOUSEHOLD, visit_class="high_risk", visit_class_reason="独居")
    neighbour.sync()
    assert due(village)[:2] == (NEXT_VILLAGE, TODAY)


def test_the_check_finds_a_last_day_that_is_not_the_visits(village: TinyVillage) -> None:
    wang = enrolled(village, "wang")
    visit(village, wang)
    move(wang)
    wang.sync()
    alter = "UPDATE households_due SET last_counted = ? WHERE household = ?"
    village.store.write_now(lambda db: db.execute(alter, (TOMORROW, HOUSEHOLD)))
    assert "households-due" in {fault.code for fault in faults_of(village, replayed=False)}
    village.store.write_now(lambda db: db.execute(alter, (TODAY, HOUSEHOLD)))
