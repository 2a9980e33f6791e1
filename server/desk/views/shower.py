"""Who may see whom: households and people as they are shown to one visitor.

Whoever may not read visits (`Action.VISIT_READ`: a supervisor) sees a household as its address with a masked name, and
of a visit where and when it was and what it counted for, not by whom nor what was said. No list names a visit class.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from functools import cache

import msgspec

from grid_map.days import count_day
from server.api.desk import masked
from server.desk.views.people import Person, person
from server.desk.views.published import calendar
from server.desk.views.visit_words import masked_name
from server.desk.visitor import Visitor
from server.keys import Keys
from server.roles import Action
from server.settings import Settings
from server.store.grid_shapes import grids_of
from server.store.places import village_range
from server.store.records import record_found
from sync.record import Record


class HouseholdShown(msgspec.Struct, frozen=True):
    """A household in a list: its name is masked for whoever may not read visits. `village` is where it is now."""

    id: str
    village: str
    name: str
    address: str


class Shower:
    """How this visitor may see households and people; `own`: what they look at is their own work."""

    def __init__(
        self, db: sqlite3.Connection, keys: Keys, settings: Settings, visitor: Visitor, *, own: bool = False
    ) -> None:
        self.db, self.keys, self.visitor, self.own = db, keys, visitor, own
        self._closes_on = settings.month_closes_on_working_day
        self.reads_visits = visitor.may(Action.VISIT_READ, owners=[visitor.account.id] if own else ())
        self.household = cache(self._household)
        self.person = cache(self._person)

    def _household(self, village: str, identifier: str) -> HouseholdShown | None:
        record = record_found(self.db, self.keys, village, identifier)
        if record is None or record.kind != "household":
            return None
        name = str(record.values.get("name", ""))
        shown = masked(name) if self.reads_visits else masked_name(name)
        return HouseholdShown(
            identifier, record.village, shown, masked(str(record.values.get("address", "")))
        )

    def _person(self, account: str) -> Person | None:
        return person(self.db, account) if self.reads_visits else None

    def grid_names(self, place: str) -> dict[str, str]:
        """The names of a place's grids."""
        return {shape.code: shape.name for shape in grids_of(self.db, self.keys, village_range(place))}

    def came_late(self, record: Record, day: date) -> bool:
        """Whether a record was received after the month of its day had closed (补录)."""
        due = calendar().month_closes_on(day.year, day.month, after_days=self._closes_on)
        return not due.tentative and count_day(record.received_ms) > due.day
