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


class Duty(msgspec.Struct, frozen=True):
    """A day as it counts: everybody whom any of its records puts at the window or on leave."""

    window: frozenset[str] = frozenset()
    leave: frozenset[str] = frozenset()


def duties(db: sqlite3.Connection, village: str, first: str, last: str) -> dict[str, Duty]:
    """The days of a rota by day; two records of one day count together."""
    found: dict[str, Duty] = {}
    for one in between(db, village, first, last):
        had = found.get(one.day, Duty())
        found[one.day] = Duty(had.window.union(one.window), had.leave.union(one.leave))
    return found
