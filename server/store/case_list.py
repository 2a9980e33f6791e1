"""Lists and counts of cases, by filters, a page at a time.

Every query takes one village after the other by an index and merges what comes first, so a page of a town costs the
same however many cases it has had; pages go on from the last row (a keyset), never by a number of rows to skip.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections import Counter
from typing import Any, Literal

import msgspec

from server.store.case_row import CaseRow, case_row
from server.store.places import VillageRange, villages_in

__all__ = ["CaseFilter", "CaseRow", "Page", "case_counts", "case_row", "cases_of"]

Order = Literal["newest", "due", "decided"]
CountedBy = Literal["state", "department", "mode", "item", "village", "light"]

NEVER = "9999-12-31"
LIMIT_MAX = 500
_DATE = f"coalesce(due_day, '{NEVER}')"  # as the index says it, or it is not used
_NEAR = f"open = 1 AND {_DATE} >= ? AND near_day <= ?"


class CaseFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases; what is None or empty is not asked for. Voided ones only with `void`.

    worker         who holds it
    waits          one of `W`, `V`, `T`: who can take it onward
    light          `late` or `near` on the day of the query; only open cases have one
    grid           the grid of its household
    captured_from, captured_to, decided_month   ISO days, both included; a month as `2026-11`
    """

    villages: VillageRange
    worker: str | None = None
    item: str | None = None
    department: tuple[str, ...] = ()
    mode: str | None = None
    state: str | None = None
    grid: str | None = None
    open: bool | None = None
    waits: Literal["W", "V", "T"] | None = None
    light: Literal["late", "near"] | None = None
    captured_from: str | None = None
    captured_to: str | None = None
    decided_month: str | None = None
    void: bool = False


class Page(msgspec.Struct, frozen=True):
    """A page of cases; `after` goes on behind it (None: this was the last). `total` only where counting is cheap."""

    rows: list[CaseRow]
    after: str | None = None
    total: int | None = None


def cases_of(
    db: sqlite3.Connection,
    wanted: CaseFilter,
    today: str,
    after: str | None = None,
    limit: int = 50,
    order: Order = "newest",
) -> Page:
    """A page of cases: the newest capture first; the earliest date first (`due`: open ones, undated last); or the
    latest decision first (`decided`: decided ones).

    `after` is a page's own; ValueError for what is none. `total` comes with the first page of what is still in hand.
    """
    limit = max(1, min(limit, LIMIT_MAX))
    where, values = _where(wanted, today)
    if order == "due" and wanted.open is None:
        where += " AND open = 1"
    if order == "decided" and wanted.decided_month is None:
        where += " AND decided_day IS NOT NULL"
    day, descends, sort = _ORDERS[order]
    bound, beyond = _beyond(after, order)
    sql = (
        f"SELECT {day}, captured_ms, record, village FROM cases WHERE village = ? AND {where}{beyond}"
        f" ORDER BY {sort} LIMIT ?"
    )
    found: list[tuple[str, int, str, str]] = []
    for village in villages_in(db, wanted.villages):
        found += db.execute(sql, (village, *values, *bound, limit + 1)).fetchall()
    best = (heapq.nlargest if descends else heapq.nsmallest)(limit + 1, found)
    rows = [row for *_, case, village in best[:limit] if (row := case_row(db, village, case)) is not None]
    more = msgspec.json.encode(best[limit - 1][:3]).decode() if len(best) > limit else None
    counted = after is None and (wanted.open is True or wanted.waits is not None or wanted.light is not None)
    return Page(rows, more, _total(db, wanted, today) if counted else None)


def case_counts(db: sqlite3.Connection, wanted: CaseFilter, today: str, by: CountedBy) -> dict[str, int]:
    """How many cases there are by a column; `light` by `late`, `near`, `on_time`, `none` of `forms.handling.light`.

    It reads every case that is wanted: for what is in hand. Over months and years the tallies count
    (`server.store.overview.cases_counted`).
    """
    where, values = _where(wanted, today)
    column, given = (_LIGHT, (today, today)) if by == "light" else (by, ())
    sql = f"SELECT {column}, count(*) FROM cases WHERE village = ? AND {where} GROUP BY 1"
    counts = Counter[str]()
    for village in villages_in(db, wanted.villages):
        counts.update(dict(db.execute(sql, (*given, village, *values)).fetchall()))
    return dict(counts)


_LIGHT = (
    "CASE WHEN timing IN ('on_time', 'late') THEN timing WHEN due_day IS NULL THEN 'none'"
    " WHEN ? > due_day THEN 'late' WHEN ? >= near_day THEN 'near' ELSE 'on_time' END"
)
_ORDERS: dict[Order, tuple[str, bool, str]] = {
    "newest": ("''", True, "captured_ms DESC, record DESC"),
    "due": (_DATE, False, f"{_DATE}, captured_ms, record"),
    "decided": ("decided_day", True, "decided_day DESC, captured_ms DESC, record DESC"),
}
"""The day of a row's key, whether the greatest key comes first, and the order of a village's rows."""
_decode = msgspec.json.Decoder(tuple[str, int, str]).decode


def _where(wanted: CaseFilter, today: str) -> tuple[str, tuple[Any, ...]]:
    """The conditions of a filter but for its village."""
    where, values = [f"void = {int(wanted.void)}"], list[Any]()
    for column, value in (
        ("holder = ?", wanted.worker),
        ("item = ?", wanted.item),
        ("mode = ?", wanted.mode),
        ("state = ?", wanted.state),
        ("grid = ?", wanted.grid),
        ("captured_day >= ?", wanted.captured_from),
        ("captured_day <= ?", wanted.captured_to),
    ):
        if value is not None:
            where.append(column)
            values.append(value)
    if wanted.department:
        where.append(f"department IN ({','.join('?' * len(wanted.department))})")
        values += wanted.department
    if wanted.open is not None:
        where.append(f"open = {int(wanted.open)}")
    if wanted.waits is not None:
        where.append("waits <> '' AND waits LIKE ?")
        values.append(f"%{wanted.waits}%")
    if wanted.light is not None:
        where.append(f"open = 1 AND {_DATE} < ?" if wanted.light == "late" else _NEAR)
        values += (today,) if wanted.light == "late" else (today, today)
    if wanted.decided_month is not None:
        where.append("decided_day >= ? AND decided_day <= ?")
        values += (f"{wanted.decided_month}-01", f"{wanted.decided_month}-31")
    return " AND ".join(where), tuple(values)


def _beyond(after: str | None, order: Order) -> tuple[tuple[Any, ...], str]:
    """Values and condition for the rows behind a cursor."""
    if after is None:
        return (), ""
    try:
        day, captured_ms, record = _decode(after)
    except msgspec.MsgspecError as error:
        raise ValueError("not a cursor of this list") from error
    match order:
        case "newest":
            return (captured_ms, record), " AND (captured_ms, record) < (?, ?)"
        case "due":
            return (day, captured_ms, record), f" AND ({_DATE}, captured_ms, record) > (?, ?, ?)"
        case "decided":
            return (day, captured_ms, record), " AND (decided_day, captured_ms, record) < (?, ?, ?)"


def _total(db: sqlite3.Connection, wanted: CaseFilter, today: str) -> int:
    return sum(case_counts(db, wanted, today, "village").values())
