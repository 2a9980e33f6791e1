"""How many things wait for somebody: the numbers beside the pages, each one range of an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from server.store.places import VillageRange


def cases_waiting(
    db: sqlite3.Connection, villages: VillageRange, whom: str, departments: Collection[str] | None = None
) -> int:
    """Cases that `whom` (W, V or T) can take onward; of these departments, where they are given."""
    among = "" if departments is None else f" AND department IN ({','.join('?' * len(departments))})"
    (count,) = db.execute(
        "SELECT count(*) FROM cases WHERE village >= ? AND village < ? AND waits <> '' AND waits LIKE ?"
        f" AND void = 0{among}",
        (*villages, f"%{whom}%", *(departments or ())),
    ).fetchone()
    return int(count)


def operations_unsettled(db: sqlite3.Connection, village: str) -> int:
    """Operations that were rejected or are held."""
    (count,) = db.execute("SELECT count(*) FROM unsettled WHERE village = ?", (village,)).fetchone()
    return int(count)


def matters_open(db: sqlite3.Connection, village: str) -> int:
    """Open conflicts and suspected duplicates."""
    (count,) = db.execute("SELECT count(*) FROM matters WHERE village = ?", (village,)).fetchone()
    return int(count)
