"""What a person settled lately: conflicts and suspected duplicates of a village, the latest first."""

from __future__ import annotations

import sqlite3

from server.keys import Keys
from server.store.bodies import opened
from sync.record import Record

LISTED_MAX = 100
SETTLED_BY = {"conflict": "choice", "duplicate": "decision"}


def settled_lately(db: sqlite3.Connection, keys: Keys, village: str, limit: int = LISTED_MAX) -> list[Record]:
    """Of the last `limit` conflicts and suspected duplicates that changed, those that somebody has settled."""
    rows = db.execute(
        "SELECT id, body FROM records WHERE village = ? AND kind IN ('conflict', 'duplicate')"
        " ORDER BY version DESC LIMIT ?",
        (village, limit),
    )
    found = [opened(keys, identifier, body) for identifier, body in rows]
    return [one for one in found if one.void is None and SETTLED_BY[one.kind] in one.values]
