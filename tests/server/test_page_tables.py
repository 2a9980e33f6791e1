"""The tables behind the pages follow what is pushed, move and go with their records, and can be written again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.check.checking import check_store
from server.data_folder import open_data
from server.store.case_history import HistoryEntry, history_of
from server.store.case_list import CaseFilter, CaseRow, case_row, cases_of
from server.store.knowledge import Knowledge
from server.store.matters import open_before
from server.store.pages_rebuilding import META, TABLES, keep_in_step
from server.store.places import village_range
from server.store.requests_list import request_counts, requests_of
from server.store.signed_days import signed_between, unsigned_between
from server.store.task_list import tasks_of, tasks_of_case
from server.store.visit_list import visits_on
from tests.server.erasing_village import erased, phone_of, tell_all
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import (
    DAY_MS,
    GRID_1,
    HOUR_MS,
    NEXT_GRID,
    NEXT_VILLAGE,
    TOWN,
    VILLAGE,
    TinyVillage,
    faults_of,
    household_id,
    resident_id,
    tiny_village,
)

HOUSEHOLD, RESIDENT = household_id(GRID_1, 0), resident_id(GRID_1, 0, 0)
HERE, TODAY = village_range(VILLAGE), "2026-11-23"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path) as village:
        yield village
        assert faults_of(village) == []


def captured(device: SyncDevice, village: TinyVillage, item: str = "permit", **more: Any) -> str:
    worker = device.worker["id"]
    fields = {
        "item": item,
        "item_version": 1,
        "state": "entrusted" if item == "permit" else "registered",
        "captured_at": village.moment(),
        "household": HOUSEHOLD,
        "resident": RESIDENT,
        "applicant_name": "申请人",
        "holder": worker,
        "first_contact": worker,
    }
    return device.create("case", **(fields | more)).record


def row_of(village: TinyVillage, case: str, where: str = VILLAGE) -> CaseRow:
    found = village.store.read_now(lambda db: case_row(db, where, case))
    assert found is not None
    return found


def history(village: TinyVillage, record: str, where: str = VILLAGE) -> list[HistoryEntry]:
    return village.store.read_now(lambda db: history_of(db, village.keys, where, record))


def dump(db: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
    found = {table: sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in TABLES}
    rows = db.execute("SELECT * FROM tallies WHERE count <> 0").fetchall()
    return found | {"tallies": sorted(rows)}


def lived(village: TinyVillage) -> SyncDevice:
    """Visits, cases in many states, a request, a task, a rejected and a voided operation, a late decision."""
    device = phone_of(village, "wang")
    known = tell_all(device, village)
    device.change(known.case, state="received", received_at=village.moment())
    device.change(known.walk_in, state="withdrawn", reason="不办了")
    device.void(known.visit)
    asked = {"text": "想问路灯", "worker": device.worker["id"], "asked_at": village.moment(-DAY_MS)}
    device.create("request", household=HOUSEHOLD, **asked)
    finished = captured(device, village, "allowance")
    device.change(finished, state="finished", decided_at=village.moment())
    captured(device, village, "report", captured_at=village.moment(-40 * DAY_MS))
    voided = captured(device, village, "allowance")
    device.void(voided)
    old = captured(device, village, "allowance", captured_at=village.moment(-60 * DAY_MS))
    device.change(old, state="finished", decided_at=village.moment(-50 * DAY_MS))  # of a month that is closed
    device.change(HOUSEHOLD, phone="12")
    device.sync()
    return device


def test_a_case_has_its_row_from_its_capture_to_its_end(village: TinyVillage) -> None:
    device = phone_of(village, "wang")
    case = captured(device, village)
    device.sync()
    row = row_of(village, case)
    assert (row.mode, row.state, row.clock, row.waits, row.holder) == (
        "proxy", "entrusted", "handover", "WV", device.worker["id"],
    )  # fmt: skip
    assert (row.near_day, row.due_day, row.grid, row.department) == (
        "2026-11-26",
        "2026-11-30",
        GRID_1,
        "civil",
    )
    village.later(HOUR_MS)
    device.change(case, state="withdrawn", reason="不办了")
    device.sync()
    now = row_of(village, case)
    assert (now.open, now.final, now.due_day, now.changed_ms - row.changed_ms >= HOUR_MS) == (
        False,
        True,
        None,
        True,
    )
    assert village.rows("SELECT count(*) FROM tallies WHERE rule = 'case.decided'") == [(0,)]


def test_a_decision_counts_once_in_its_month_and_is_taken_back_with_its_case(village: TinyVillage) -> None:
    device = phone_of(village, "wang")
    case = captured(device, village, "allowance")
    device.change(case, state="finished", decided_at=village.moment())
    device.sync()
    sql = (
        "SELECT month, grid, worker, class, mode, item, late, count FROM tallies WHERE rule = 'case.decided'"
    )
    assert village.rows(sql) == [("2026-11", GRID_1, "", "untimed", "direct", "allowance", 0, 1)]
    device.void(case)
    device.sync()
    assert village.rows(f"{sql} AND count <> 0") == []
    assert row_of(village, case).void


def test_tasks_requests_and_visits_are_listed_where_they_are(village: TinyVillage) -> None:
    device = phone_of(village, "wang")
    known = tell_all(device, village)
    device.create("request", text="路灯", worker=device.worker["id"], asked_at=village.moment(-DAY_MS))
    device.sync()
    read = village.store.read_now
    (task,) = read(lambda db: tasks_of_case(db, VILLAGE, known.case))
    assert (task.record, task.type, task.state) == (known.task, "other", "open")
    assert read(lambda db: tasks_of(db, village_range(TOWN)))[0] == [task]
    assert [one.asked_day for one in read(lambda db: requests_of(db, HERE, "2026-11-01", TODAY))[0]] == [
        "2026-11-22"
    ]
    assert read(lambda db: request_counts(db, HERE, "2026-11-22", TODAY)) == {VILLAGE: 1}
    seen, more = read(lambda db: visits_on(db, HERE, TODAY, TODAY, grid=GRID_1, household=HOUSEHOLD, limit=1))
    assert more is not None
    seen += read(lambda db: visits_on(db, HERE, TODAY, TODAY, household=HOUSEHOLD, after=more))[0]
    assert {one.record for one in seen} == {known.visit, known.note_visit}
    assert read(lambda db: visits_on(db, HERE, "2026-11-24", "2026-12-24")) == ([], None)
    device.change(known.task, state="done")
    device.void(known.visit)
    device.sync()
    assert read(lambda db: tasks_of(db, HERE)) == ([], None)
    assert [one.record for one in read(lambda db: visits_on(db, HERE, TODAY, TODAY))[0]] == [known.note_visit]


def test_a_day_is_to_be_signed_where_somebody_was_at_the_window(village: TinyVillage) -> None:
    device, read = phone_of(village, "wang"), village.store.read_now
    device.change(HOUSEHOLD, note="来过")
    device.sync()
    (unsigned,) = read(lambda db: unsigned_between(db, HERE, TODAY, TODAY))
    assert (unsigned.day, unsigned.window, unsigned.arrived) == (TODAY, 1, 1)
    assert len(read(lambda db: unsigned_between(db, village_range(TOWN), "2026-11-20", TODAY))) == 8
    lead = phone_of(village, "lead")
    signature = {"day": TODAY, "outgoing": lead.worker["id"], "signed_at": village.moment()}
    lead.create("day-signature", **signature, figures={"rows": []})
    outcomes = lead.sync()
    if outcomes[0]["outcome"] != "applied":
        pytest.fail(str(outcomes))
    (signed,) = read(lambda db: signed_between(db, HERE, TODAY, TODAY))
    assert (signed.outgoing, signed.signed_ms, signed.incoming) == (lead.worker["id"], village.now_ms, None)
    assert read(lambda db: unsigned_between(db, HERE, TODAY, TODAY)) == []


def test_a_case_that_moves_with_its_household_takes_row_and_history_along(village: TinyVillage) -> None:
    device = phone_of(village, "wang")
    case = captured(device, village)
    device.change(case, note="先登记")
    device.sync()
    device.change(HOUSEHOLD, grid=NEXT_GRID, village=NEXT_VILLAGE)
    device.sync()
    assert village.rows("SELECT village FROM cases") == [(NEXT_VILLAGE,)]
    assert [one.operation.action for one in history(village, case, NEXT_VILLAGE) if one.operation] == [
        "create",
        "change",
    ]
    assert history(village, case) == []
    assert row_of(village, case, NEXT_VILLAGE).grid == NEXT_GRID


def test_a_history_tells_who_when_there_and_when_here(village: TinyVillage) -> None:
    device = phone_of(village, "wang")
    device.offset_ms = -90_000  # its clock is a minute and a half behind
    case = captured(device, village)
    village.later(HOUR_MS)
    device.change(case, state="granted")
    device.push()
    first, refused = history(village, case)
    assert (first.worker_name, first.device, first.outcome) == ("wang", device.device, "applied")
    assert first.offset_ms == -90_000 and first.captured_said != first.captured
    assert first.received_ms == village.now_ms
    assert refused.outcome == "rejected" and refused.problems[0].code == "move-forbidden"
    device.change(case, note="改好")
    device.enrol_anew()
    device.push()
    assert len(history(village, case)) == 3  # what came again under the new identity stands once


def test_what_is_at_the_window_is_counted_from_the_cases(village: TinyVillage) -> None:
    device = phone_of(village, "wang")
    captured(device, village)
    captured(device, village, "report", captured_at=village.moment(-DAY_MS), resident=None)
    device.sync()
    counted = village.store.read_now(lambda db: open_before(db, VILLAGE, village.now_ms + 1).cases_at_window)
    page = village.store.read_now(lambda db: cases_of(db, CaseFilter(villages=HERE, waits="V"), TODAY))
    assert counted == page.total == len(page.rows) == 2
    before = village.now_ms - HOUR_MS
    assert village.store.read_now(lambda db: open_before(db, VILLAGE, before).cases_at_window) == 1


def test_all_of_it_can_be_written_again(village: TinyVillage) -> None:
    device = lived(village)
    device.change(HOUSEHOLD, grid=NEXT_GRID, village=NEXT_VILLAGE)
    device.sync()
    right = village.store.read_now(dump)
    assert all(right[table] for table in TABLES if table != "signed_days")
    assert {row[8] for row in right["tallies"] if row[2] == "case.decided"} == {0, 1}

    def spoil(db: sqlite3.Connection) -> None:
        db.execute(
            "INSERT INTO meta VALUES (?, 'stale') ON CONFLICT (key) DO UPDATE SET value = 'stale'", (META,)
        )
        for table in TABLES:
            db.execute(f"DELETE FROM {table}")
        db.execute("DELETE FROM tallies WHERE rule = 'case.decided'")

    village.store.write_now(spoil)
    knowledge = Knowledge(village.keys, village.settings.month_closes_on_working_day)
    again = [
        village.store.write_now(lambda db: keep_in_step(db, village.keys, knowledge, village.now_ms))
        for _ in range(2)
    ]
    assert again == [True, False]
    assert village.store.read_now(dump) == right


def test_an_older_store_is_brought_in_step_when_it_is_opened(tmp_path: Path) -> None:
    with tiny_village(tmp_path) as village:
        lived(village)
        right = village.store.read_now(dump)
        settings = village.settings
    with sqlite3.connect(settings.database_path) as db:
        db.execute("DELETE FROM cases")
        db.execute("DELETE FROM meta WHERE key = ?", (META,))
    db.close()
    store, _ = open_data(settings, exclusive=True)
    try:
        assert store.read_now(dump) == right
    finally:
        store.close()


def test_what_is_erased_leaves_the_tables(village: TinyVillage) -> None:
    device = phone_of(village, "wang")
    known = tell_all(device, village)
    device.change(known.case, state="received")
    device.sync()
    assert village.rows("SELECT count(*) FROM record_operations WHERE record = ?", known.case) == [(1,)]
    erased(village)
    gone = (known.case, known.walk_in, known.rejected, known.task, RESIDENT, known.double)
    for table in TABLES:
        left = {record for (record,) in village.rows(f"SELECT record FROM {table}")}
        assert left.isdisjoint(gone), table
    assert village.rows("SELECT record FROM cases") == [(known.other_case,)]
    assert (
        len(village.rows("SELECT record FROM visit_days")) == 2
    )  # that they were made stays, as figures count it


SPOILED = {
    "cases": "UPDATE cases SET due_day = '2027-01-01'",
    "tasks": "DELETE FROM tasks",
    "requests": "UPDATE requests SET asked_day = '2026-01-01'",
    "visit_days": "DELETE FROM visit_days",
    "record_operations": "DELETE FROM record_operations",
    "tallies": "UPDATE tallies SET count = count + 1 WHERE rule = 'case.decided'",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path_factory.mktemp("whole")) as village:
        lived(village)
        assert faults_of(village) == []
        yield village


@pytest.mark.parametrize("table", SPOILED)
def test_a_wrong_row_is_found_by_the_check(whole: TinyVillage, table: str) -> None:
    def spoiled(db: sqlite3.Connection) -> list[str]:
        db.execute("SAVEPOINT spoiled")
        changed = db.execute(SPOILED[table]).rowcount
        assert changed, "nothing was spoiled"
        progress = lambda what, done, total: None  # noqa: E731
        found = check_store(db, whole.keys, whole.settings.data, whole.now_ms, 5, progress, replayed=False)
        codes = [fault.code for fault in found]
        db.execute("ROLLBACK TO spoiled")
        db.execute("RELEASE spoiled")
        return codes

    assert set(whole.store.write_now(spoiled)) == {table.replace("_", "-")}
