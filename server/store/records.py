"""One record, or a few, as they are now, for the desk."""

from __future__ import annotations

import sqlite3

from server.keys import Keys
from server.store.bodies import opened
from sync.record import Record


def record_in(db: sqlite3.Connection, keys: Keys, village: str, identifier: str) -> Record | None:
    """The record of a village with this id."""
    row = db.execute(
        "SELECT body FROM records WHERE village = ? AND id = ?", (village, identifier)
    ).fetchone()
    return None if row is None else opened(keys, identifier, row[0])


def record_anywhere(db: sqlite3.Connection, keys: Keys, identifier: str) -> Record | None:
    """The record with this id, wherever it is."""
    row = db.execute("SELECT body FROM records WHERE id = ?", (identifier,)).fetchone()
    return None if row is None else opened(keys, identifier, row[0])
