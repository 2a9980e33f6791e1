"""The numbers beside the pages: how many things wait there for this visitor."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from server.desk.navigation import Entry
from server.desk.visitor import Visitor
from server.roles import Role
from server.store.places import village_range
from server.store.waiting_counts import cases_waiting, matters_open, operations_unsettled


def waiting_counts(db: sqlite3.Connection, visitor: Visitor, entries: Iterable[Entry]) -> dict[str, int]:
    """By the name in `Entry.waiting`; only of pages that this visitor has."""
    wanted = {entry.waiting for entry in entries if entry.waiting}
    return {name: _count(db, visitor, name) for name in sorted(wanted)}


def _count(db: sqlite3.Connection, visitor: Visitor, name: str) -> int:
    match name:
        case "waiting":
            return cases_waiting(db, village_range(visitor.place), "V")
        case "unsettled":
            return operations_unsettled(db, visitor.place)
        case "open":
            return matters_open(db, visitor.place)
        case "to-decide":
            account = visitor.account
            departments = account.departments if account.role is Role.TOWN_CLERK else None
            return cases_waiting(db, village_range(visitor.place), "T", departments)
    raise ValueError(name)
