"""A migrated store with invented rows of cases, visits and tasks in three villages, drawn from a seed."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import msgspec

from forms.handling.states import State
from server.store.case_row import CASE_COLUMNS, CaseRow
from server.store.connection import open_writer
from server.store.migrations import migrate
from server.store.schema import MIGRATIONS
from sync.ids import derived

VILLAGES = ("330481106201", "330481106222", "330481107201")
TOWN = ("330481106", "330481107")
CITY = ("330481", "330482")
TODAY = date(2026, 11, 23)
DAY_MS = 86_400_000
FIRST_MS = 1_793_000_000_000
WORKERS, ITEMS, DEPARTMENTS = ("a", "b", "c"), ("permit", "allowance", "report"), ("civil", "labour")


@contextmanager
def page_store(folder: Path) -> Iterator[sqlite3.Connection]:
    """An empty store in a file, and its villages."""
    db = open_writer(folder / "pages.db")
    try:
        db.execute("BEGIN")
        migrate(db, MIGRATIONS)
        db.executemany("INSERT INTO villages VALUES (?, 1, 0)", [(village,) for village in VILLAGES])
        db.execute("COMMIT")
        yield db
    finally:
        db.close()


def invented_cases(count: int, seed: int) -> list[CaseRow]:
    """Rows whose columns agree with one another as those of real cases do."""
    drawn = random.Random(seed)
    return [_case(drawn, number) for number in range(count)]


def _case(drawn: random.Random, number: int) -> CaseRow:
    captured_ms = FIRST_MS + drawn.randrange(20) * DAY_MS // 2  # many at the same instant
    captured = date(2026, 10, 26) + timedelta(days=(captured_ms - FIRST_MS) // DAY_MS)
    open_, void = drawn.random() < 0.5, drawn.random() < 0.1
    open_ = open_ and not void
    due = TODAY + timedelta(days=drawn.randint(-9, 9)) if open_ and drawn.random() < 0.7 else None
    decided = None if open_ or drawn.random() < 0.2 else captured + timedelta(days=drawn.randint(0, 40))
    return CaseRow(
        village=drawn.choice(VILLAGES),
        record=derived("case", str(number)),
        item=drawn.choice(ITEMS),
        item_version=1,
        department=drawn.choice(DEPARTMENTS),
        mode=drawn.choice(("direct", "proxy")),
        state=drawn.choice((State.REGISTERED, State.GRANTED)).value,
        holder=drawn.choice((*WORKERS, None)),
        first_contact=None,
        grid=drawn.choice(("001", "002", None)),
        captured_day=captured.isoformat(),
        captured_ms=captured_ms,
        received_ms=captured_ms,
        open=open_,
        final=void,
        void=void,
        waits="" if void else drawn.choice(("", "V", "WV", "T")),
        clock="item" if due else "",
        stopped=False,
        near_day=None if due is None else (due - timedelta(days=2)).isoformat(),
        due_day=None if due is None else due.isoformat(),
        tentative=False,
        handed_up_day=None,
        accepted_day=None,
        decided_day=None if decided is None or void else decided.isoformat(),
        timing="" if decided is None or void else drawn.choice(("on_time", "late", "untimed")),
        conflicts=0,
        changed_ms=captured_ms,
    )


def put_cases(db: sqlite3.Connection, rows: list[CaseRow]) -> None:
    """Insert rows as they are."""
    marks = ",".join("?" * len(CaseRow.__struct_fields__))
    db.executemany(f"INSERT INTO cases ({CASE_COLUMNS}) VALUES ({marks})", map(msgspec.structs.astuple, rows))


def plans_of(db: sqlite3.Connection, statements: list[str]) -> list[str]:
    """What SQLite says it does for statements that were run (their values in them)."""
    return [
        str(row[3])
        for statement in statements
        for row in db.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    ]
