"""Who has which grid, from when to when."""

from __future__ import annotations

import sqlite3

import msgspec

_COLUMNS = "record, village, worker, grid, from_day, to_day"


class Assignment(msgspec.Struct, frozen=True):
    """One assignment; without a last day it goes on."""

    id: str
    village: str
    worker: str
    grid: str
    from_day: str
    to_day: str | None


def of_village(db: sqlite3.Connection, village: str, day: str) -> list[Assignment]:
    """The assignments that hold on a day or begin later, by grid."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM assignments WHERE village = ? AND NOT void AND (to_day IS NULL OR to_day >= ?)"
        " ORDER BY grid, from_day, worker",
        (village, day),
    )
    return [Assignment(*row) for row in rows]


def by_id(db: sqlite3.Connection, village: str, identifier: str) -> Assignment | None:
    """One assignment that stands."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM assignments WHERE record = ? AND village = ? AND NOT void",
        (identifier, village),
    ).fetchone()
    return None if row is None else Assignment(*row)
