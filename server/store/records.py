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


def has_record(db: sqlite3.Connection, village: str, identifier: str) -> bool:
    """Whether a village has a record with this id."""
    query = "SELECT 1 FROM records WHERE village = ? AND id = ?"
    return db.execute(query, (village, identifier)).fetchone() is not None


def record_found(db: sqlite3.Connection, keys: Keys, village: str, identifier: str) -> Record | None:
    """The record with this id, in the village where it is believed to be or in the one to which it has moved."""
    found = record_in(db, keys, village, identifier)
    if found is None:
        moved = db.execute("SELECT village FROM moved WHERE id = ?", (identifier,)).fetchone()
        found = None if moved is None else record_in(db, keys, moved[0], identifier)
    return found


def note_moved(db: sqlite3.Connection, identifier: str, village: str) -> None:
    """The record has left a village: from now on it is looked for in this one."""
    db.execute(
        "INSERT INTO moved VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET village = excluded.village",
        (identifier, village),
    )
