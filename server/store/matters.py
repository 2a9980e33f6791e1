"""What awaits a person in a village: open conflicts, suspected duplicates, and (in `cases`) what is at its window.

Invariant: a row of `matters` stands exactly as long as its matter is open, written in the transaction that opens or
settles it.
"""

from __future__ import annotations

import sqlite3

import msgspec

from server.store.world import StoreWorld
from sync.clock import moment_ms
from sync.record import Record

CONFLICT, DUPLICATE = "conflict", "duplicate"


class OpenMatters(msgspec.Struct, frozen=True):
    """How many matters of each kind were open; `cases_at_window` those that the window can take onward."""

    conflicts: int = 0
    duplicates: int = 0
    cases_at_window: int = 0


def index_matter(world: StoreWorld, record: Record, before: Record | None) -> None:
    """Bring the list of open matters in step with a conflict or duplicate that was put."""
    now, was = _open_state(record), None if before is None else _open_state(before)
    if now == was and (before is None or before.village == record.village):
        return
    if before is not None and was is not None:
        world.db.execute(
            "DELETE FROM matters WHERE village = ? AND kind = ? AND record = ?",
            (before.village, record.kind, record.id),
        )
    if now is not None:
        since_ms = moment_ms(record.created.clock[:24])
        world.db.execute(
            "INSERT OR REPLACE INTO matters VALUES (?, ?, ?, ?, ?, ?)",
            (record.village, record.kind, record.id, *now, since_ms),
        )


def _open_state(record: Record) -> tuple[str, int] | None:
    """The state of an open matter and whether the window can take it onward; None for one that is settled."""
    if record.void is not None:
        return None
    match record.kind:
        case "conflict":
            return None if "choice" in record.values else ("open", 1)
        case "duplicate":
            return None if "decision" in record.values else ("open", 1)
    return None


def open_records(db: sqlite3.Connection, village: str, kind: str) -> list[str]:
    """The open matters of a kind, oldest first."""
    rows = db.execute(
        "SELECT record FROM matters WHERE village = ? AND kind = ? ORDER BY since_ms, record", (village, kind)
    )
    return [record for (record,) in rows]


def open_before(db: sqlite3.Connection, village: str, at_ms: int) -> OpenMatters:
    """What is open now of what arose before an instant."""
    rows = db.execute(
        "SELECT kind, count(*) FROM matters WHERE village = ? AND since_ms < ? GROUP BY kind",
        (village, at_ms),
    )
    found = dict(rows.fetchall())
    at_window = db.execute(
        "SELECT count(*) FROM cases WHERE village = ? AND captured_ms < ? AND waits <> '' AND waits LIKE '%V%'",
        (village, at_ms),
    ).fetchone()
    return OpenMatters(
        conflicts=found.get(CONFLICT, 0), duplicates=found.get(DUPLICATE, 0), cases_at_window=at_window[0]
    )
