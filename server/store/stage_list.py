"""Cases by the stages of their way: a page of those in some states, the earliest date first, and how many there are.

One indexed query a village (`cases_by_state`), merged: a town's queue costs what waits in it, however much is past.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any, Literal

import msgspec

from server.store.case_row import CASE_COLUMNS, CaseRow, read_case
from server.store.places import VillageRange, villages_in

NEVER = "9999-12-31"
LIMIT_MAX = 200


class StageFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases: in one of `states`; of one of `departments`, an item, a light on the day of the query."""

    villages: VillageRange
    states: tuple[str, ...]
    departments: tuple[str, ...] | None = None
    item: str | None = None
    light: Literal["late", "near"] | None = None


def cases_in_stage(
    db: sqlite3.Connection, of: StageFilter, today: str, after: str | None = None, limit: int = 50
) -> tuple[list[CaseRow], str | None]:
    """A page, the earliest date first (undated last), and the cursor behind it. ValueError for what is no cursor."""
    limit = max(1, min(limit, LIMIT_MAX))
    where, values = _where(of, today)
    beyond: tuple[Any, ...] = ()
    if after is not None:
        where += f" AND (coalesce(due_day, '{NEVER}'), captured_ms, record) > (?, ?, ?)"
        beyond = _decode(after)
    sql = (
        f"SELECT {CASE_COLUMNS} FROM cases WHERE village = ? AND {where}"
        f" ORDER BY coalesce(due_day, '{NEVER}'), captured_ms, record LIMIT ?"
    )
    found: list[tuple[Any, ...]] = []
    for village in villages_in(db, of.villages):
        found += db.execute(sql, (village, *values, *beyond, limit + 1)).fetchall()
    rows = sorted(map(read_case, found), key=_key)
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], msgspec.json.encode(_key(rows[limit - 1])).decode()


def counted(
    db: sqlite3.Connection, of: StageFilter, today: str, by: Literal["state", "item", "village"]
) -> dict[str, int]:
    """How many there are by a column."""
    where, values = _where(of, today)
    sql = f"SELECT {by}, count(*) FROM cases WHERE village = ? AND {where} GROUP BY 1"
    counts = Counter[str]()
    for village in villages_in(db, of.villages):
        counts.update(dict(db.execute(sql, (village, *values)).fetchall()))
    return dict(counts)


def _where(of: StageFilter, today: str) -> tuple[str, tuple[Any, ...]]:
    where, values = [f"state IN ({_marks(of.states)})", "void = 0"], list[Any](of.states)
    if of.departments is not None:
        where.append(f"department IN ({_marks(of.departments)})")
        values += of.departments
    if of.item is not None:
        where.append("item = ?")
        values.append(of.item)
    if of.light == "late":
        where.append("due_day < ?")
        values.append(today)
    elif of.light == "near":
        where.append("due_day >= ? AND near_day <= ?")
        values += (today, today)
    return " AND ".join(where), tuple(values)


def _marks(values: tuple[str, ...]) -> str:
    return ",".join("?" * len(values)) or "NULL"


def _key(row: CaseRow) -> tuple[str, int, str]:
    return row.due_day or NEVER, row.captured_ms, row.record


def _decode(after: str) -> tuple[str, int, str]:
    try:
        return msgspec.json.decode(after, type=tuple[str, int, str])
    except msgspec.MsgspecError as error:
        raise ValueError("not a cursor of this list") from error
