"""Divisions as ranges of village codes, so that a town is one range of every index that begins with the village."""

from __future__ import annotations

import sqlite3

from grid_map.divisions import short_code

VillageRange = tuple[str, str]
"""First code, and the one after the last: `village >= first AND village < end`."""


def village_range(division: str) -> VillageRange:
    """The villages of a city, town or village, by a code of 6, 9 or 12 digits. ValueError for what is none."""
    first = short_code(division)
    if not (first.isascii() and first.isdigit()):
        raise ValueError(f"不是区划代码：{division!r} (no division code)")
    return first, str(int(first) + 1).zfill(len(first))


def villages_in(db: sqlite3.Connection, villages: VillageRange) -> list[str]:
    """The villages of a range in which there is anything, in the order of their codes."""
    rows = db.execute(
        "SELECT village FROM villages WHERE village >= ? AND village < ? ORDER BY village", villages
    )
    return [village for (village,) in rows]


def newest_version(db: sqlite3.Connection, villages: VillageRange) -> int:
    """The versions of a range of villages together: a number that grows with every change in any of them."""
    query = "SELECT coalesce(sum(version), 0) FROM villages WHERE village >= ? AND village < ?"
    (version,) = db.execute(query, villages).fetchone()
    return int(version)
