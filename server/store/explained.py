"""What a signature explained: for each device with a stated reason, how much was missing then.

So a lost phone is explained once, and again only when more turns out to be missing.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from server.store.world import StoreWorld
from sync.record import Record

REASONS = "reasons/"


def index_signature(world: StoreWorld, record: Record) -> None:
    """Bring the explanations of a village's day in step with its signature."""
    where = record.village, record.values["day"]
    world.db.execute("DELETE FROM explained WHERE village = ? AND day = ?", where)
    if record.void is None:
        missing = _missing_by_device(record.values.get("figures"))
        world.db.executemany(
            "INSERT INTO explained VALUES (?, ?, ?, ?)",
            [
                (record.village, device, record.values["day"], missing.get(device, 0))
                for field in record.values
                if (device := field.removeprefix(REASONS)) != field
            ],
        )


def missing_explained(
    db: sqlite3.Connection, village: str, device: str, first_day: str, last_day: str
) -> int | None:
    """The most that was missing of a device when a signature of these days explained it; None if none did."""
    row = db.execute(
        "SELECT max(missing) FROM explained WHERE village = ? AND device = ? AND day BETWEEN ? AND ?",
        (village, device, first_day, last_day),
    ).fetchone()
    return None if row[0] is None else int(row[0])


def _missing_by_device(figures: Any) -> dict[str, int]:
    """Figures come from whoever signed: what has not the form of a day's figures explains nothing."""
    rows = figures.get("rows") if isinstance(figures, dict) else None
    return {
        str(row.get("device")): row["missing"]
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and isinstance(row.get("missing"), int)
    }
