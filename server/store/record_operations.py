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


def take_out(db: sqlite3.Connection, row: Row) -> None:
    """An operation goes on under another identity, which notes it anew."""
    db.execute(f"DELETE FROM record_operations {_WHERE}", row)


def found_in(db: sqlite3.Connection, row: Row, village: str) -> None:
    """The record of an operation that came before it is in this village."""
    db.execute(f"UPDATE record_operations SET village = ? {_WHERE}", (village, *row))


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
