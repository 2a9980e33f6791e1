"""What lies in a grid now: households, open cases and open tasks, and how many of those somebody has in hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import msgspec


class GridLoad(msgspec.Struct, frozen=True):
    """Counts of a grid. `cases_held` and `tasks_held`: by account, those open ones that it has in hand."""

    households: int = 0
    cases: int = 0
    tasks: int = 0
    cases_held: Mapping[str, int] = {}
    tasks_held: Mapping[str, int] = {}


def households_by_grid(db: sqlite3.Connection, village: str) -> dict[str, int]:
    """How many households that are visited each grid of a village has."""
    rows = db.execute(
        "SELECT grid, count(*) FROM households_due WHERE village = ? AND grid IS NOT NULL GROUP BY grid",
        (village,),
    )
    return dict(rows.fetchall())


def load_of(db: sqlite3.Connection, village: str, grid: str) -> GridLoad:
    """What goes along when the grid is given to somebody else; what somebody has in hand stays there."""
    (households,) = db.execute(
        "SELECT count(*) FROM households_due WHERE village = ? AND grid = ?", (village, grid)
    ).fetchone()
    cases = db.execute(
        "SELECT coalesce(holder, ''), count(*) FROM cases WHERE village = ? AND open = 1 AND void = 0 AND grid = ?"
        " GROUP BY 1",
        (village, grid),
    ).fetchall()
    tasks = db.execute(
        "SELECT t.holder, count(*) FROM tasks t JOIN households_due h"
        " ON h.village = t.village AND h.household = t.household"
        " WHERE t.village = ? AND t.state = 'open' AND h.grid = ? GROUP BY t.holder",
        (village, grid),
    ).fetchall()
    return GridLoad(
        households=households,
        cases=sum(count for _, count in cases),
        tasks=sum(count for _, count in tasks),
        cases_held=dict(cases),
        tasks_held=dict(tasks),
    )


class HouseholdRow(msgspec.Struct, frozen=True):
    """A household that is visited: its class since a day, the last day that counted, and when it is next due."""

    record: str
    grid: str | None
    visit_class: str
    since: str
    last_counted: str | None
    next_due: str


def households_of(
    db: sqlite3.Connection,
    village: str,
    *,
    grid: str | None = None,
    visit_class: str | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[HouseholdRow]:
    """A page of households, the earliest due first, and one more where there is a next page.

    `after`: next_due and record of the last row of the page before.
    """
    where, values = "", [village]
    if grid is not None:
        where, values = where + " AND grid = ?", [*values, grid]
    if visit_class is not None:
        where, values = where + " AND class = ?", [*values, visit_class]
    if after is not None:
        where, values = where + " AND (next_due, household) > (?, ?)", [*values, *after]
    rows = db.execute(
        "SELECT household, grid, class, since, last_counted, next_due FROM households_due"
        f" WHERE village = ?{where} ORDER BY next_due, household LIMIT ?",
        (*values, limit + 1),
    )
    return [HouseholdRow(*row) for row in rows]


def classes_counted(db: sqlite3.Connection, village: str, grid: str | None) -> dict[str, int]:
    """How many households of each class there are, in a grid or the whole village."""
    where, values = ("", [village]) if grid is None else (" AND grid = ?", [village, grid])
    rows = db.execute(
        f"SELECT class, count(*) FROM households_due WHERE village = ?{where} GROUP BY class",
        values,
    )
    return dict(rows.fetchall())
