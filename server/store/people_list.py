"""The households and residents of a village as they change, for an index that is kept in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from server.keys import Keys
from server.store.bodies import opened
from sync.record import Record


def people_count(db: sqlite3.Connection, village: str) -> int:
    """How many records of households and residents a village has, voided ones included."""
    row = db.execute(
        "SELECT count(*) FROM records WHERE village = ? AND kind IN ('household', 'resident')", (village,)
    ).fetchone()
    return int(row[0])


def people_since(
    db: sqlite3.Connection, keys: Keys, village: str, version: int
) -> Iterator[tuple[int, Record]]:
    """Those that changed after a version of the village, oldest change first, each with its version."""
    rows = db.execute(
        "SELECT version, id, body FROM records WHERE village = ? AND kind IN ('household', 'resident')"
        " AND version > ? ORDER BY version",
        (village, version),
    )
    for of, identifier, body in rows:
        yield of, opened(keys, identifier, body)


def belonging(db: sqlite3.Connection, keys: Keys, village: str, parent: str, kind: str) -> list[Record]:
    """The records of a kind that belong to another: a household's residents, a household's or resident's cases."""
    rows = db.execute(
        "SELECT id, body FROM records WHERE village = ? AND parent = ? AND kind = ? ORDER BY version DESC",
        (village, parent, kind),
    )
    return [opened(keys, identifier, body) for identifier, body in rows]


def residents_with(db: sqlite3.Connection, lookup: bytes, village: str) -> list[str]:
    """The residents of a village by the keyed hash of an identity number."""
    rows = db.execute(
        "SELECT record FROM identity_lookup WHERE hash = ? AND village = ? ORDER BY record", (lookup, village)
    )
    return [record for (record,) in rows]
