"""Which operations were on which record: its history, without looking through every batch.

Invariants
- There is a row for each change and voiding that was taken in, whatever became of it, of kinds in `FOLLOWED`; a
  record's creation is named by the record itself. What came again under another identity has one row: that of the
  identity under which its id is known (`known_ids`).
- `village` is where the record is; where the operation says, for one that was not there when it came.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from server.store.world import StoreWorld
from sync.ids import is_uuid
from sync.kinds import KINDS
from sync.operation import Action, Operation

NOT_FOLLOWED = frozenset({"visit", "round", "reading"})
FOLLOWED = frozenset(KINDS) - NOT_FOLLOWED

Row = tuple[str, str, str, int]
"""Village, record, device, counter."""
_WHERE = "WHERE village = ? AND record = ? AND device = ? AND counter = ?"


def is_followed(operation: Operation) -> bool:
    """Whether an operation stands in the history of its record beside its creation."""
    if operation.action == Action.CREATE and operation.mends is None:
        return False
    return operation.kind in FOLLOWED and is_uuid(operation.record)


def note(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Put operations into the histories of their records."""
    db.executemany("INSERT INTO record_operations VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)


def note_taken(world: StoreWorld, device: str, operations: Iterable[Operation]) -> None:
    """Put what a device brought into the histories of its records, where those are by now."""
    note(world.db, [_row(world, one, device, one.counter) for one in operations if is_followed(one)])


def take_out(world: StoreWorld, operation: Operation, device: str, counter: int) -> None:
    """What came with this identity before goes on under another one, which notes it anew."""
    world.db.execute(f"DELETE FROM record_operations {_WHERE}", _row(world, operation, device, counter))


def found(world: StoreWorld, operation: Operation, device: str) -> None:
    """An operation that came before its record goes into the history where that is now."""
    village, *which = _row(world, operation, device, operation.counter)
    if village != operation.village:
        world.db.execute(
            f"UPDATE record_operations SET village = ? {_WHERE}", (village, operation.village, *which)
        )


def _row(world: StoreWorld, operation: Operation, device: str, counter: int) -> Row:
    record = world.get(operation.record)
    village = operation.village if record is None else record.village
    return village, operation.record, device, counter


def moved(db: sqlite3.Connection, record: str, before: str, village: str) -> None:
    """A record left a village for another; its history goes along."""
    db.execute(
        "UPDATE record_operations SET village = ? WHERE village = ? AND record = ?", (village, before, record)
    )


def remove(db: sqlite3.Connection, record: str) -> None:
    """A record was erased, or what would have made it."""
    db.execute(
        "DELETE FROM record_operations WHERE record = ? AND village IN (SELECT village FROM villages)",
        (record,),
    )
