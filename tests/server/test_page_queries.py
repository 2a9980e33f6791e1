"""Lists and counts of cases against the same rows sorted and filtered by hand, and what SQLite does for them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from server.store import overview, requests_list, signed_days, task_list, visit_list
from server.store.case_list import CaseFilter, CaseRow, Order, case_counts, cases_of
from tests.server.page_rows import (
    CITY,
    TODAY,
    TOWN,
    VILLAGES,
    invented_cases,
    page_store,
    plans_of,
    put_cases,
)

TEXT = TODAY.isoformat()
NEVER = "9999-12-31"
ROWS = invented_cases(240, seed=10)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    with page_store(tmp_path_factory.mktemp("pages")) as found:
        put_cases(found, ROWS)
        yield found


FILTERS: dict[str, tuple[dict[str, Any], Callable[[CaseRow], bool]]] = {
    "everything of a town": ({}, lambda row: True),
    "a village": ({"villages": (VILLAGES[1], "330481106223")}, lambda row: row.village == VILLAGES[1]),
    "the city": ({"villages": CITY}, lambda row: True),
    "a worker": ({"worker": "a"}, lambda row: row.holder == "a"),
    "an item": ({"item": "permit"}, lambda row: row.item == "permit"),
    "departments": ({"department": ("civil", "x")}, lambda row: row.department == "civil"),
    "a mode and a state": (
        {"mode": "proxy", "state": "granted"},
        lambda row: row.mode == "proxy" and row.state == "granted",
    ),
    "a grid": ({"grid": "001"}, lambda row: row.grid == "001"),
    "open": ({"open": True}, lambda row: row.open),
    "settled": ({"open": False}, lambda row: not row.open),
    "waits for the window": ({"waits": "V"}, lambda row: "V" in row.waits),
    "late": ({"light": "late"}, lambda row: row.due_day is not None and row.light(TEXT) == "late"),
    "near": ({"light": "near"}, lambda row: row.due_day is not None and row.light(TEXT) == "near"),
    "days of capture": (
        {"captured_from": "2026-10-28", "captured_to": "2026-10-30"},
        lambda row: "2026-10-28" <= row.captured_day <= "2026-10-30",
    ),
    "a month of decision": (
        {"decided_month": "2026-11"},
        lambda row: row.decided_day is not None and row.decided_day[:7] == "2026-11",
    ),
    "voided": ({"void": True}, lambda row: True),
}
SORTED: dict[Order, Callable[[CaseRow], Any]] = {
    "newest": lambda row: (row.captured_ms, row.record),
    "due": lambda row: (row.due_day or NEVER, row.captured_ms, row.record),
    "decided": lambda row: (row.decided_day, row.captured_ms, row.record),
}


def by_hand(given: dict[str, Any], says: Callable[[CaseRow], bool], order: Order) -> list[CaseRow]:
    first, end = given.get("villages", TOWN)
    found = [
        row
        for row in ROWS
        if first <= row.village < end and says(row) and row.void == given.get("void", False)
        if order != "due" or row.open == given.get("open", True)
        if order != "decided" or row.decided_day is not None
    ]
    return sorted(found, key=SORTED[order], reverse=order != "due")


@pytest.mark.parametrize("order", ["newest", "due", "decided"])
@pytest.mark.parametrize("name", FILTERS)
def test_pages_put_together_are_the_rows_that_a_filter_names(
    db: sqlite3.Connection, name: str, order: Order
) -> None:
    given, says = FILTERS[name]
    wanted = CaseFilter(**{"villages": TOWN, **given})
    right = by_hand(given, says, order)
    found: list[CaseRow] = []
    after: str | None = None
    while True:
        page = cases_of(db, wanted, TEXT, after, limit=7, order=order)
        found += page.rows
        after = page.after
        if after is None:
            break
    assert found == right
    assert order != "newest" or name == "voided" or right, "a filter that finds nothing proves nothing"


@pytest.mark.parametrize("name", ["open", "waits for the window", "late"])
def test_the_first_page_of_what_is_in_hand_says_how_many(db: sqlite3.Connection, name: str) -> None:
    given, says = FILTERS[name]
    page = cases_of(db, CaseFilter(**{"villages": TOWN, **given}), TEXT, limit=3)
    assert page.total == len(by_hand(given, says, "newest"))
    assert cases_of(db, CaseFilter(villages=TOWN), TEXT).total is None


@pytest.mark.parametrize("by", ["state", "department", "mode", "item", "village"])
def test_counts_by_a_column(db: sqlite3.Connection, by: Any) -> None:
    right = Counter(getattr(row, by) for row in by_hand({}, lambda row: row.open, "newest"))
    assert case_counts(db, CaseFilter(villages=TOWN, open=True), TEXT, by) == right


def test_counts_by_light(db: sqlite3.Connection) -> None:
    right = Counter(row.light(TEXT).value for row in by_hand({}, lambda row: True, "newest"))
    assert case_counts(db, CaseFilter(villages=TOWN), TEXT, "light") == right
    assert {"late", "near", "on_time", "none"} == right.keys()


@pytest.mark.parametrize("cursor", ["", "{}", "[1,2,3]", '["a","b","c"]', "x" * 100])
def test_a_cursor_that_is_none_is_refused(db: sqlite3.Connection, cursor: str) -> None:
    for ask in (
        lambda: cases_of(db, CaseFilter(villages=TOWN), TEXT, cursor),
        lambda: task_list.tasks_of(db, TOWN, after=cursor if cursor != '["a","b","c"]' else "[]"),
        lambda: visit_list.visits_on(
            db, TOWN, TEXT, TEXT, after=cursor if cursor != '["a","b","c"]' else "[]"
        ),
    ):
        with pytest.raises(ValueError, match="cursor"):
            ask()


WHOLE = {"villages": TOWN}
IN_HAND = {
    "newest": (lambda db: cases_of(db, CaseFilter(**WHOLE), TEXT), "cases_by_capture"),
    "open, newest": (lambda db: cases_of(db, CaseFilter(**WHOLE, open=True), TEXT), "cases_open"),
    "open, by date": (lambda db: cases_of(db, CaseFilter(**WHOLE), TEXT, order="due"), "cases_by_date"),
    "late": (lambda db: cases_of(db, CaseFilter(**WHOLE, light="late"), TEXT), "cases_by_date"),
    "of an item": (lambda db: cases_of(db, CaseFilter(**WHOLE, item="permit"), TEXT), "cases_by_item"),
    "of a state": (lambda db: cases_of(db, CaseFilter(**WHOLE, state="granted"), TEXT), "cases_by_state"),
    "of a worker": (lambda db: cases_of(db, CaseFilter(**WHOLE, worker="a"), TEXT), "cases_by_holder"),
    "awaited": (lambda db: cases_of(db, CaseFilter(**WHOLE, waits="T"), TEXT), "cases_waiting"),
    "decided in a month": (
        lambda db: cases_of(db, CaseFilter(**WHOLE, decided_month="2026-11"), TEXT, order="decided"),
        "cases_decided",
    ),
    "tasks": (lambda db: task_list.tasks_of(db, TOWN), "tasks_open"),
    "tasks of a case": (lambda db: task_list.tasks_of_case(db, VILLAGES[0], "x"), "tasks_by_case"),
    "requests": (lambda db: requests_list.requests_of(db, TOWN, TEXT, TEXT), "requests_by_day"),
    "visits of days": (lambda db: visit_list.visits_on(db, TOWN, TEXT, TEXT, grid="g"), "PRIMARY KEY"),
    "visits of a household": (
        lambda db: visit_list.visits_on(db, TOWN, "2026-01-01", TEXT, household="h"),
        "visit_days_by_household",
    ),
    "signed days": (lambda db: signed_days.unsigned_between(db, TOWN, TEXT, TEXT), "PRIMARY KEY"),
    "overdue by class": (lambda db: overview.overdue_by(db, TOWN, TEXT, "class"), "households_by_next_due"),
    "overdue households": (lambda db: overview.overdue_rows(db, TOWN, TEXT), "households_by_next_due"),
    "rounds": (lambda db: overview.rounds_counted(db, TOWN, ["2026-11"]), "PRIMARY KEY"),
    "silent devices": (lambda db: overview.silent_devices(db, TOWN, 1), "devices_by_village"),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_HAND)
def test_every_list_is_found_by_an_index(db: sqlite3.Connection, name: str) -> None:
    ask, index = IN_HAND[name]
    statements: list[str] = []
    db.set_trace_callback(statements.append)
    try:
        ask(db)
    finally:
        db.set_trace_callback(None)
    plan = plans_of(db, statements)
    assert any(index in line for line in plan), plan
    assert not [line for line in plan if line.startswith("SCAN") and "villages" not in line], plan
    if name in (
        "newest",
        "open, newest",
        "open, by date",
        "of an item",
        "of a state",
        "of a worker",
        "visits of days",
    ):
        assert not [line for line in plan if "TEMP B-TREE" in line], plan


def test_a_row_is_read_as_it_was_written(db: sqlite3.Connection) -> None:
    page = cases_of(db, CaseFilter(villages=CITY, void=True), TEXT, limit=1)
    (row,) = page.rows
    assert isinstance(row.void, bool) and msgspec.structs.asdict(row) in map(msgspec.structs.asdict, ROWS)
