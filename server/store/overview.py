"""Figures of a village, a town or the city, from tallies and indexes; no visit and no case is read for them.

Each function says by which rule it counts (`server.tally_rules.TALLY_RULES` has the words). A month's figure has two
parts: `closed` never changes once the month has closed, `late` came after that (补录); the present figure is their sum.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from grid_map.counting_rules import HOUSEHOLD_DAY, ROUND_ATTEMPTED
from server.store.places import VillageRange, villages_in
from server.store.tally_keys import CASE_CAPTURED, CASE_DECIDED, VISIT_RECORDED

Dimension = Literal["village", "month", "grid", "worker", "class", "outcome", "mode", "item"]
_COLUMNS: dict[str, str] = {"class": "class", "outcome": "mode"}


class Figure(msgspec.Struct, frozen=True):
    """A number by what `by` named, in its order; counted by `rule`."""

    rule: str
    key: tuple[str, ...]
    closed: int
    late: int

    @property
    def count(self) -> int:
        """The present figure."""
        return self.closed + self.late


class DueHouseholds(msgspec.Struct, frozen=True):
    """How many households are to be visited by their class, and how many of them are overdue on the day."""

    households: int
    overdue: int


class OverdueRow(msgspec.Struct, frozen=True):
    """A household whose visit was due on `next_due` and has not been made."""

    village: str
    household: str
    grid: str | None
    visit_class: str
    last_counted: str | None
    next_due: str


class SilentDevice(msgspec.Struct, frozen=True):
    """A phone in use that has not been in contact since an instant; `pending` as it said last."""

    village: str
    device: str
    name: str
    worker: str
    worker_name: str
    contact_ms: int
    enrolled_ms: int
    pending: int | None
    oldest_pending: str | None


def counted(
    db: sqlite3.Connection,
    villages: VillageRange,
    months: Sequence[str],
    rule: str,
    by: Sequence[Dimension],
    *,
    grid: str | None = None,
    worker: str | None = None,
    item: str | None = None,
) -> list[Figure]:
    """The figures of some months (`2026-11`) by a rule, split by `by`, ordered by its keys; zeros are left out.

    A town's pages never ask for `worker` (domain notes: no list of workers by a count).
    """
    if not months:
        return []
    columns = ", ".join(_COLUMNS.get(name, name) for name in by)
    place = ", ".join(str(1 + number) for number in range(len(by)))
    where, values = "", list[Any]()
    for column, value in (("grid", grid), ("worker", worker), ("item", item)):
        if value is not None:
            where += f" AND {column} = ?"
            values.append(value)
    sums: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])
    of_villages = villages_in(db, villages)
    sql = (
        f"SELECT {columns}, late, sum(count) FROM tallies WHERE village IN ({_marks(of_villages)})"
        f" AND month IN ({_marks(months)}) AND rule = ?{where} GROUP BY {place}, late"
    )
    for *key, late, number in db.execute(sql, (*of_villages, *months, rule, *values)):
        sums[tuple(key)][late] += number
    return [Figure(rule, key, *both) for key, both in sorted(sums.items()) if any(both)]


def visits_counted(
    db: sqlite3.Connection,
    villages: VillageRange,
    months: Sequence[str],
    rule: Literal["household.day", "visit.recorded"] = "household.day",
    by: Sequence[Dimension] = ("village",),
    **only: str | None,
) -> list[Figure]:
    """Household visits by coverage (`household.day`) or all that were recorded (`visit.recorded`, by `outcome` too)."""
    if rule not in (HOUSEHOLD_DAY.key, VISIT_RECORDED):
        raise ValueError(rule)
    return counted(db, villages, months, rule, by, **only)


def rounds_counted(
    db: sqlite3.Connection,
    villages: VillageRange,
    months: Sequence[str],
    by: Sequence[Dimension] = ("village", "month"),
    **only: str | None,
) -> list[Figure]:
    """Rounds by `round.attempted`."""
    return counted(db, villages, months, ROUND_ATTEMPTED.key, by, **only)


def cases_counted(
    db: sqlite3.Connection,
    villages: VillageRange,
    months: Sequence[str],
    rule: Literal["case.captured", "case.decided"] = "case.captured",
    by: Sequence[Dimension] = ("mode",),
    **only: str | None,
) -> list[Figure]:
    """Cases by the month of their capture (`case.captured`) or of their decision (`case.decided`).

    Of those decided, the dimension `class` is the timing: `on_time`, `late`, `untimed`; their `worker` is empty.
    """
    if rule not in (CASE_CAPTURED, CASE_DECIDED):
        raise ValueError(rule)
    return counted(db, villages, months, rule, by, **only)


def item_volumes(
    db: sqlite3.Connection,
    villages: VillageRange,
    months: Sequence[str],
    by: Sequence[Dimension] = ("item",),
    **only: str | None,
) -> list[Figure]:
    """How often items were asked for, by `case.captured`; an item that is missing here was never used."""
    return counted(db, villages, months, CASE_CAPTURED, by, **only)


def overdue_by(
    db: sqlite3.Connection,
    villages: VillageRange,
    today: str,
    by: Literal["village", "grid", "class"] = "village",
) -> dict[str, DueHouseholds]:
    """Households to be visited, and those overdue on a day, by a place or a class.

    Overdue: the last day by which the class asks for a visit (counted by `household.day`) lies before the day.
    """
    columns = "h.village, h.grid" if by == "grid" else f"h.{by}"
    totals = db.execute(
        f"SELECT {columns}, count(*) FROM households_due h WHERE h.village >= ? AND h.village < ? GROUP BY {columns}",
        villages,
    )
    overdue = db.execute(
        f"SELECT {columns}, count(*) FROM villages v CROSS JOIN households_due h WHERE h.village = v.village"
        f" AND h.next_due < ? AND v.village >= ? AND v.village < ? GROUP BY {columns}",
        (today, *villages),
    )
    of, late = _summed(totals), _summed(overdue)
    return {key: DueHouseholds(total, late.get(key, 0)) for key, total in sorted(of.items())}


def _summed(rows: Iterable[tuple[Any, ...]]) -> dict[str, int]:
    """Counts by what stands before them; households without a grid go by an empty one."""
    sums: dict[str, int] = defaultdict(int)
    for *_, key, number in rows:
        sums[key or ""] += number
    return sums


def overdue_rows(
    db: sqlite3.Connection,
    villages: VillageRange,
    today: str,
    *,
    grid: str | None = None,
    visit_class: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[OverdueRow], str | None]:
    """A page of overdue households, the longest overdue first, and the cursor behind it (None: the last page).

    By the rule of `overdue_by`. ValueError for a cursor that is none.
    """
    where, values = "", list[Any]()
    for column, value in (("h.grid = ?", grid), ("h.class = ?", visit_class)):
        if value is not None:
            where += f" AND {column}"
            values.append(value)
    if after is not None:
        try:
            behind = msgspec.json.decode(after, type=tuple[str, str, str])
        except msgspec.MsgspecError as error:
            raise ValueError("not a cursor of this list") from error
        where += " AND (h.next_due, h.village, h.household) > (?, ?, ?)"
        values += behind
    rows = db.execute(
        "SELECT h.village, h.household, h.grid, h.class, h.last_counted, h.next_due FROM villages v"
        " CROSS JOIN households_due h WHERE h.village = v.village AND h.next_due < ?"
        f" AND v.village >= ? AND v.village < ?{where}"
        " ORDER BY h.next_due, h.village, h.household LIMIT ?",
        (today, *villages, *values, limit + 1),
    ).fetchall()
    found = [OverdueRow(*row) for row in rows[:limit]]
    if len(rows) <= limit:
        return found, None
    end = found[-1]
    return found, msgspec.json.encode((end.next_due, end.village, end.household)).decode()


def silent_devices(db: sqlite3.Connection, villages: VillageRange, before_ms: int) -> list[SilentDevice]:
    """Phones in use (not revoked, not continued by another identity) last in contact before an instant, by village."""
    rows = db.execute(
        "SELECT d.village, d.id, d.name, d.worker, coalesce(a.name, d.name), d.contact_ms, d.enrolled_ms"
        " FROM devices d LEFT JOIN accounts a ON a.id = d.worker WHERE d.village >= ? AND d.village < ?"
        " AND d.nature = 'phone' AND d.revoked_ms IS NULL AND d.closed_ms IS NULL AND d.contact_ms < ?"
        " ORDER BY d.village, d.contact_ms, d.id",
        (*villages, before_ms),
    ).fetchall()
    return [SilentDevice(*(*row, *_last_told(db, row[1]))) for row in rows]


def _last_told(db: sqlite3.Connection, device: str) -> tuple[int | None, str | None]:
    row = db.execute(
        "SELECT pending, oldest_pending FROM statuses WHERE device = ? ORDER BY day DESC LIMIT 1", (device,)
    ).fetchone()
    return (None, None) if row is None else row


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
