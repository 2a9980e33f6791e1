"""What hangs on a case: the suspected duplicates that name it."""

from __future__ import annotations

import sqlite3

from server.keys import Keys
from server.store.matters import DUPLICATE, open_records
from server.store.records import record_in
from sync.record import Record


def duplicates_of(db: sqlite3.Connection, keys: Keys, village: str, case: str) -> list[Record]:
    """The undecided duplicates that a case may be one of, as their first case or their second."""
    found = (record_in(db, keys, village, identifier) for identifier in open_records(db, village, DUPLICATE))
    return [one for one in found if one is not None and case in (one.values["first"], one.values["second"])]
