"""The rota as the desk asks for it: who is at a village's window, and who is on leave."""

from __future__ import annotations

import sqlite3
from collections import defaultdict

import msgspec


class RotaDay(msgspec.Struct, frozen=True):
    """One day of a village's rota: account ids at the window and on leave, and the record that says so."""

    day: str
    window: list[str]
    leave: list[str]
    record: str


def at_window(db: sqlite3.Connection, village: str, day: str, worker: str) -> bool:
    """Whether the rota puts a worker at the window of a village on a day."""
    row = db.execute(
        "SELECT 1 FROM rotas WHERE village = ? AND day = ? AND worker = ? AND duty = 'window'",
        (village, day, worker),
    ).fetchone()
    return row is not None


def between(db: sqlite3.Connection, village: str, first: str, last: str) -> list[RotaDay]:
    """The days of a rota, in order; a day that nobody is on is not there."""
    days: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: {"window": [], "leave": []})
    rows = db.execute(
        "SELECT day, record, duty, worker FROM rotas WHERE village = ? AND day BETWEEN ? AND ?"
        " ORDER BY day, record, worker",
        (village, first, last),
    )
    for day, record, duty, worker in rows:
        days[day, record][duty].append(worker)
    return [RotaDay(day, of["window"], of["leave"], record) for (day, record), of in days.items()]
