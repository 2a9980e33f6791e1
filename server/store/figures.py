"""Reading tallies, and the households that are overdue."""

from __future__ import annotations

import sqlite3

import msgspec

from server.store.tally_keys import VISIT_RECORDED


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number, counted by `rule`. `late`: came after its month had closed (补录), beside the closed figure.

    `worker` is empty where the number is not one worker's, or may not be told.
    """

    rule: str
    grid: str
    worker: str
    visit_class: str
    outcome: str
    mode: str
    item: str
    late: bool
    count: int


class OverdueHousehold(msgspec.Struct, frozen=True):
    """A household whose visit was due on `next_due` and has not been made."""

    household: str
    grid: str | None
    visit_class: str
    last_counted: str | None
    next_due: str


class Overdue(msgspec.Struct, frozen=True):
    """How many households of a village are overdue on a day, and the longest overdue of them."""

    village: str
    day: str
    rule: str
    total: int
    households: list[OverdueHousehold]


def figures_of(
    db: sqlite3.Connection, village: str, month: str, rule: str | None, worker: str | None, by_worker: bool
) -> list[Figure]:
    """The numbers of a village's month; of one worker where named; the worker told only with `by_worker`."""
    worker_column = "worker" if by_worker else "''"
    rows = db.execute(
        f"SELECT rule, grid, {worker_column}, class, mode, item, late, sum(count) FROM tallies"
        " WHERE village = ?1 AND month = ?2 AND (?3 IS NULL OR rule = ?3) AND (?4 IS NULL OR worker = ?4)"
        " GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(count) <> 0 ORDER BY 1, 2, 4, 5, 6, 7, 3",
        (village, month, rule, worker),
    )
    return [
        Figure(
            rule=counted_by,
            grid=grid,
            worker=of,
            visit_class=visit_class,
            outcome=mode if counted_by == VISIT_RECORDED else "",
            mode="" if counted_by == VISIT_RECORDED else mode,
            item=item,
            late=bool(late),
            count=count,
        )
        for counted_by, grid, of, visit_class, mode, item, late, count in rows
    ]


def overdue_households(
    db: sqlite3.Connection, village: str, day: str, limit: int
) -> tuple[int, list[OverdueHousehold]]:
    """How many households should have been visited before a day, and the longest overdue of them."""
    where = village, day
    total = db.execute(
        "SELECT count(*) FROM households_due WHERE village = ? AND next_due < ?", where
    ).fetchone()
    rows = db.execute(
        "SELECT household, grid, class, last_counted, next_due FROM households_due"
        " WHERE village = ? AND next_due < ? ORDER BY next_due, household LIMIT ?",
        (*where, limit),
    )
    return int(total[0]), [OverdueHousehold(*row) for row in rows]
