"""The divisions as they are published in the reference feed."""

from __future__ import annotations

import sqlite3

import msgspec

from grid_map.divisions import Division, Divisions
from server.keys import Keys
from server.store.bodies import opened
from sync.kinds import REFERENCE_VILLAGE


def published_divisions(db: sqlite3.Connection, keys: Keys) -> Divisions:
    """The newest version of each, read anew."""
    newest: dict[str, tuple[int, Division]] = {}
    rows = db.execute(
        "SELECT id, body FROM records WHERE village = ? AND kind = 'division'", (REFERENCE_VILLAGE,)
    )
    for identifier, body in rows:
        record = opened(keys, identifier, body)
        if record.void is None:
            found = int(record.values["version"]), msgspec.convert(record.values["definition"], Division)
            key = str(record.values["key"])
            newest[key] = max(newest.get(key, found), found, key=lambda one: one[0])
    return Divisions(division for _, division in newest.values())
