"""What awaits a person in a village: open conflicts, suspected duplicates, cases that are not at their end.

Invariant: there is a row exactly as long as the matter is open, written in the transaction that opens or settles it.
"""

from __future__ import annotations

import sqlite3

import msgspec

from forms.handling.states import Actor, State
from forms.handling.workflow import awaited, is_final
from server.store.world import StoreWorld
from sync.clock import moment_ms
from sync.record import Record

CASE, CONFLICT, DUPLICATE = "case", "conflict", "duplicate"
_STATES = frozenset(State)


class OpenMatters(msgspec.Struct, frozen=True):
    """How many matters of each kind were open; `cases_at_window` those that the window can take onward."""

    conflicts: int = 0
    duplicates: int = 0
    cases_at_window: int = 0


def index_matter(world: StoreWorld, record: Record, before: Record | None) -> None:
    """Bring the list of open matters in step with a case, conflict or duplicate that was put."""
    now, was = _open_state(world, record), None if before is None else _open_state(world, before)
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


def _open_state(world: StoreWorld, record: Record) -> tuple[str, int] | None:
    """The state of an open matter and whether the window can take it onward; None for one that is settled."""
    if record.void is not None:
        return None
    match record.kind:
        case "conflict":
            return None if "choice" in record.values else ("open", 1)
        case "duplicate":
            return None if "decision" in record.values else ("open", 1)
        case "case":
            item = world.catalogue.item(record.values["item"], record.values["item_version"])
            state = record.values["state"]
            if item is None or state not in _STATES or is_final(item.mode, State(state)):
                return None
            waits = state != State.ARCHIVED and Actor.WINDOW in awaited(item.mode, item.finish, State(state))
            return state, int(waits)  # after archiving only a follow-up call is left: nobody waits for it
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
        "SELECT kind, count(*), sum(at_window) FROM matters WHERE village = ? AND since_ms < ? GROUP BY kind",
        (village, at_ms),
    )
    found = {kind: (count, at_window) for kind, count, at_window in rows}
    return OpenMatters(
        conflicts=found.get(CONFLICT, (0, 0))[0],
        duplicates=found.get(DUPLICATE, (0, 0))[0],
        cases_at_window=found.get(CASE, (0, 0))[1],
    )
