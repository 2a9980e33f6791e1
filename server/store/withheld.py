"""Grids that a worker lost by an operation which a restore lost too: withheld until somebody assigns them anew."""

from __future__ import annotations

import sqlite3
from datetime import date


def withhold(db: sqlite3.Connection, worker: str, grid: str, after_day: str | None, lost_ms: int) -> None:
    """From the day after `after_day` on; None: the loss was taken back before the restore, too."""
    if after_day is None:
        db.execute("DELETE FROM withheld WHERE worker = ? AND grid = ?", (worker, grid))
    else:
        db.execute("INSERT OR REPLACE INTO withheld VALUES (?, ?, ?, ?)", (worker, grid, after_day, lost_ms))


def assigned_anew(db: sqlite3.Connection, worker: str, grid: str, written_ms: int) -> None:
    """An assignment written later than the loss settles the matter, whatever it says."""
    db.execute(
        "DELETE FROM withheld WHERE worker = ? AND grid = ? AND lost_ms < ?", (worker, grid, written_ms)
    )


def on(db: sqlite3.Connection, worker: str, today: date) -> frozenset[str]:
    """The grids withheld from a worker on a day."""
    rows = db.execute(
        "SELECT grid FROM withheld WHERE worker = ? AND after_day < ?", (worker, today.isoformat())
    )
    return frozenset(grid for (grid,) in rows)


def every(db: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Worker, grid and last day of everything withheld."""
    return db.execute("SELECT worker, grid, after_day FROM withheld ORDER BY worker, grid").fetchall()
