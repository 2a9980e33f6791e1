"""What rules ask again and again, kept in memory by the writer: catalogue, grids, assignments, rota, workers.

Invariant: it is read and changed on the writer's thread only, and forgotten (`forget`) whenever a function that might
have changed it was rolled back. Nothing here is a source of truth; each answer can be read from the store again.
"""

from __future__ import annotations

import sqlite3
from datetime import date

import msgspec

from forms.catalogue import Catalogue, Department, Item
from forms.definition import Form
from forms.handling.calendar import WorkingCalendar, published_calendar
from grid_map.days import count_day
from grid_map.visit_classes import VisitClasses, load_visit_classes
from server.keys import Keys
from server.store.bodies import opened
from sync.kinds import REFERENCE_VILLAGE


class Knowledge:
    """Facts for the rules. `db` is the connection of the transaction that asks."""

    def __init__(self, keys: Keys, month_closes_on_working_day: int = 5) -> None:
        self._keys = keys
        self._closes_on = month_closes_on_working_day
        self._closes: dict[tuple[int, int], date | None] = {}
        self.classes: VisitClasses = load_visit_classes()
        self.calendar: WorkingCalendar = published_calendar()
        self.forget()

    def forget(self) -> None:
        """Read everything from the store again when it is next asked for."""
        self._catalogue: Catalogue | None = None
        self._grids: dict[str, str] | None = None
        self._grids_ever: dict[str, frozenset[str]] = {}
        self._grids_now: dict[tuple[str, date], frozenset[str]] = {}
        self._villages_ever: dict[str, frozenset[str]] = {}
        self._duty: dict[tuple[str, str], frozenset[str]] = {}
        self._worker_of: dict[str, str | None] = {}
        self._waiting: set[str] | None = None
        self._names: dict[str, str] = {}

    def forget_assignments(self) -> None:
        """Read who has and had which grids again when it is next asked for."""
        self._grids_ever, self._grids_now, self._villages_ever = {}, {}, {}

    def forget_duty(self) -> None:
        """Read the rota again when it is next asked for."""
        self._duty = {}

    def catalogue(self, db: sqlite3.Connection) -> Catalogue:
        """The published catalogue, in all its versions."""
        if self._catalogue is None:
            self._catalogue = read_catalogue(db, self._keys)
        return self._catalogue

    def village_of_grid(self, db: sqlite3.Connection, grid: str) -> str | None:
        """The village of a grid; None if no such grid is known."""
        if self._grids is None:
            self._grids = dict(db.execute("SELECT grid, village FROM grids"))
        return self._grids.get(grid)

    def grids_ever(self, db: sqlite3.Connection, worker: str) -> frozenset[str]:
        """The grids that a worker has or ever had."""
        known = self._grids_ever.get(worker)
        if known is None:
            rows = db.execute("SELECT grid FROM assignments WHERE worker = ? AND NOT void", (worker,))
            known = self._grids_ever[worker] = frozenset(grid for (grid,) in rows)
        return known

    def grids_on(self, db: sqlite3.Connection, worker: str, day: date) -> frozenset[str]:
        """The grids that a worker has on a day, covered ones included."""
        known = self._grids_now.get((worker, day))
        if known is None:
            rows = db.execute(
                "SELECT grid FROM assignments WHERE worker = ? AND NOT void AND from_day <= ?"
                " AND (to_day IS NULL OR to_day >= ?)",
                (worker, day.isoformat(), day.isoformat()),
            )
            known = self._grids_now[worker, day] = frozenset(grid for (grid,) in rows)
        return known

    def villages_ever(self, db: sqlite3.Connection, worker: str) -> frozenset[str]:
        """The villages in which a worker has or had a grid."""
        known = self._villages_ever.get(worker)
        if known is None:
            rows = db.execute("SELECT DISTINCT village FROM assignments WHERE worker = ?", (worker,))
            known = self._villages_ever[worker] = frozenset(village for (village,) in rows)
        return known

    def window(self, db: sqlite3.Connection, village: str, day: date) -> frozenset[str]:
        """The workers whom the rota puts at a village's window on a day."""
        key = village, day.isoformat()
        known = self._duty.get(key)
        if known is None:
            rows = db.execute(
                "SELECT DISTINCT worker FROM rotas WHERE village = ? AND day = ? AND duty = 'window'", key
            )
            known = self._duty[key] = frozenset(worker for (worker,) in rows)
        return known

    def worker_of(self, db: sqlite3.Connection, device: str) -> str | None:
        """The worker of a device."""
        if device not in self._worker_of:
            row = db.execute("SELECT worker FROM devices WHERE id = ?", (device,)).fetchone()
            self._worker_of[device] = row and row[0]
        return self._worker_of[device]

    def name_of(self, db: sqlite3.Connection, worker: str) -> str | None:
        """The name of an account, open or closed; None if there is none with this id."""
        known = self._names.get(worker)
        if known is None:
            row = db.execute("SELECT name FROM accounts WHERE id = ?", (worker,)).fetchone()
            if row is None:
                return None
            known = self._names[worker] = row[0]
        return known

    def waiting(self, db: sqlite3.Connection) -> set[str]:
        """What held operations wait for: record ids and operation ids."""
        if self._waiting is None:
            rows = db.execute("SELECT DISTINCT waits_for FROM unsettled WHERE waits_for IS NOT NULL")
            self._waiting = {waits_for for (waits_for,) in rows}
        return self._waiting

    def month_closed(self, day: date, now_ms: int) -> bool:
        """Whether the month of a day is closed; one whose closing day is not published yet is open."""
        month = day.year, day.month
        if month not in self._closes:
            due = self.calendar.month_closes_on(*month, after_days=self._closes_on)
            self._closes[month] = None if due.tentative else due.day
        closes = self._closes[month]
        return closes is not None and count_day(now_ms) > closes


def read_catalogue(db: sqlite3.Connection, keys: Keys) -> Catalogue:
    """The published catalogue, in all its versions, read anew."""
    found: dict[str, list[object]] = {"item": [], "form": [], "department": []}
    rows = db.execute(
        "SELECT id, kind, body FROM records WHERE village = ? AND kind IN ('item', 'form', 'department')",
        (REFERENCE_VILLAGE,),
    )
    types: dict[str, type] = {"item": Item, "form": Form, "department": Department}
    version = 0
    for identifier, kind, body in rows:
        record = opened(keys, identifier, body)
        if record.void is None:
            found[kind].append(msgspec.convert(record.values["definition"], types[kind]))
            version += 1
    return Catalogue(
        version=version,
        departments=tuple(found["department"]),  # type: ignore[arg-type]
        items=tuple(found["item"]),  # type: ignore[arg-type]
        forms=tuple(found["form"]),  # type: ignore[arg-type]
    )
