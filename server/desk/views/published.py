"""The published catalogue and calendar for pages, which read on snapshots beside the writer.

`server.store.knowledge` is the writer's alone; here the catalogue is kept as long as the reference feed stands still.
"""

from __future__ import annotations

import sqlite3
from functools import lru_cache

from forms.catalogue import Catalogue
from forms.handling.calendar import WorkingCalendar, published_calendar
from server.keys import Keys
from server.store.changes import versions_of
from server.store.knowledge import read_catalogue
from sync.kinds import REFERENCE_VILLAGE

KEPT_MAX = 4
_kept: dict[tuple[str, int], Catalogue] = {}


def catalogue_of(db: sqlite3.Connection, keys: Keys) -> Catalogue:
    """The published catalogue in all its versions, as this snapshot has it."""
    file = next((path for _, name, path in db.execute("PRAGMA database_list") if name == "main"), "")
    at = file, versions_of(db, REFERENCE_VILLAGE)[0]
    found = _kept.get(at)
    if found is None:
        found = read_catalogue(db, keys)
        while len(_kept) >= KEPT_MAX:
            _kept.pop(next(iter(_kept)), None)
        _kept[at] = found
    return found


@lru_cache(maxsize=1)
def calendar() -> WorkingCalendar:
    """The calendar of every published year."""
    return published_calendar()
