"""The scope of each worker's devices, with a number that grows whenever it changes."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from datetime import date

import msgspec

from server.store import withheld
from server.store.knowledge import Knowledge
from sync.kinds import REFERENCE_VILLAGE
from sync.scope import Scope, VillageScope

VILLAGE_DIGITS = 12
_decode = msgspec.json.Decoder(Scope).decode


def current(db: sqlite3.Connection, worker: str, today: date) -> Scope | None:
    """The stored scope if it was made for today; None if `refresh` has to look again."""
    row = db.execute(
        "SELECT body FROM scopes WHERE worker = ? AND day = ?", (worker, today.isoformat())
    ).fetchone()
    return None if row is None else _decode(row[0])


def stored(db: sqlite3.Connection, worker: str) -> Scope | None:
    """The scope as it was last worked out, for whatever day."""
    row = db.execute("SELECT body FROM scopes WHERE worker = ?", (worker,)).fetchone()
    return None if row is None else _decode(row[0])


def refresh(db: sqlite3.Connection, knowledge: Knowledge, worker: str, division: str, today: date) -> Scope:
    """Work the scope out and store it; its number grows if it differs from the last one."""
    grids: dict[str, list[str]] = defaultdict(list)
    if len(division) == VILLAGE_DIGITS:
        grids[division] = []
    for village in (*knowledge.villages_ever(db, worker), *_villages_in_hand(db, worker)):
        grids[village] = []
    for grid in knowledge.grids_on(db, worker, today) - withheld.on(db, worker, today):
        village_of = knowledge.village_of_grid(db, grid)
        if village_of is not None:
            grids[village_of].append(grid)
    villages = tuple(VillageScope(village, tuple(sorted(of))) for village, of in sorted(grids.items()))
    before = stored(db, worker)
    number = 1 if before is None else before.number + (before.villages != villages)
    scope = Scope(number=number, worker=worker, villages=villages)
    db.execute(
        "INSERT OR REPLACE INTO scopes VALUES (?, ?, ?, ?)",
        (worker, number, today.isoformat(), msgspec.json.encode(scope).decode()),
    )
    return scope


def _villages_in_hand(db: sqlite3.Connection, worker: str) -> list[str]:
    """Villages in which the worker has something in hand, or that has what the worker's cases need."""
    rows = db.execute(
        "SELECT village FROM villages v WHERE"
        " EXISTS (SELECT 1 FROM records r WHERE r.village = v.village AND r.holder = ?1)"
        " OR EXISTS (SELECT 1 FROM grants g WHERE g.village = v.village AND g.worker = ?1)",
        (worker,),
    )
    return [village for (village,) in rows if village != REFERENCE_VILLAGE]


def stale(db: sqlite3.Connection, worker: str) -> None:
    """The worker's assignments changed: the scope is worked out again when it is next asked for."""
    db.execute("UPDATE scopes SET day = '' WHERE worker = ?", (worker,))


def follows(scope: Scope, village: str) -> bool:
    """Whether a device with this scope follows the village (everybody follows `reference`)."""
    return village == REFERENCE_VILLAGE or any(of.village == village for of in scope.villages)
