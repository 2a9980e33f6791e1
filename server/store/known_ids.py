"""The ids of operations that were taken in, and under which identity each is known: what comes again changes nothing.

A creation that was applied is known by its record's key instead; so here stand changes, mends and what is unsettled.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence


def among(db: sqlite3.Connection, village: str, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Device and counter of those of the ids that a device's village knows."""
    marks = ",".join("?" * len(ids))
    rows = db.execute(
        f"SELECT id, device, counter FROM known_ids WHERE village = ? AND id IN ({marks})", (village, *ids)
    )
    return {identifier: (device, counter) for identifier, device, counter in rows}


def note(db: sqlite3.Connection, village: str, device: str, counters: Mapping[str, int]) -> None:
    """From now on these ids are known under this device, each by its counter."""
    db.executemany(
        "INSERT OR REPLACE INTO known_ids VALUES (?, ?, ?, ?)",
        [(village, identifier, device, counter) for identifier, counter in counters.items()],
    )
