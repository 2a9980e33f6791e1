"""Operations that are held or rejected: what they wait for, and which fields they block for those behind them."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

import msgspec

from sync.ids import derived
from sync.operation import Action, Operation
from sync.protocol import OutcomeEntry

WHOLE_RECORD = "*"
NOTHING_READ = ""
"""The record of an operation that nobody could read; its id follows from its device and counter."""
RETRIED_CODES = frozenset(
    {"unknown-kind", "unknown-field", "unknown-item", "unknown-format", "unknown-action"}
)
"""Problems that a newer server or catalogue may not have: tried again after an upgrade or a publication."""
OVER_CODES = frozenset({"already-mended", "id-taken", "erased"})
"""Problems after which nothing is left to do: what they are about was settled by another operation."""


class Unsettled(msgspec.Struct, frozen=True):
    """One row: where the operation is, what it is about, and why it is not applied."""

    device: str
    counter: int
    village: str
    id: str
    record: str
    fields: list[str]
    outcome: str
    waits_for: str | None
    codes: list[str]
    since_ms: int


_COLUMNS = "device, counter, village, id, record, fields, outcome, waits_for, codes, since_ms"


def _row(values: tuple[str, int, str, str, str, str, str, str | None, str, int]) -> Unsettled:
    device, counter, village, identifier, record, fields, outcome, waits_for, codes, since_ms = values
    return Unsettled(
        device,
        counter,
        village,
        identifier,
        record,
        msgspec.json.decode(fields, type=list[str]),
        outcome,
        waits_for,
        msgspec.json.decode(codes, type=list[str]),
        since_ms,
    )


def blocked_fields(operation: Operation) -> list[str]:
    """The fields that an operation blocks while it is unsettled: its own, or all of the record's."""
    return sorted(operation.fields) if operation.action == Action.CHANGE else [WHOLE_RECORD]


def is_over(entry: OutcomeEntry) -> bool:
    """Whether an operation was rejected for nothing that anybody could settle: it is kept and told, not listed."""
    return bool(entry.problems) and all(problem.code in OVER_CODES for problem in entry.problems)


def keep(
    db: sqlite3.Connection,
    where: tuple[str, int, str],
    operation: Operation | None,
    entry: OutcomeEntry,
    since_ms: int,
) -> None:
    """Note an operation at `where` (device, counter, village) as unsettled, in place of what was noted of it before."""
    device, counter, village = where
    db.execute(
        "INSERT OR REPLACE INTO unsettled VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            device,
            counter,
            village,
            operation.id if operation is not None else derived("unreadable", device, str(counter)),
            operation.record if operation is not None else NOTHING_READ,
            msgspec.json.encode(blocked_fields(operation) if operation is not None else []).decode(),
            entry.outcome,
            entry.waits_for,
            msgspec.json.encode([problem.code for problem in entry.problems]).decode(),
            since_ms,
        ),
    )


def remove(db: sqlite3.Connection, device: str, counter: int) -> None:
    """The operation is settled."""
    db.execute("DELETE FROM unsettled WHERE device = ? AND counter = ?", (device, counter))


def about(db: sqlite3.Connection, device: str, records: Collection[str]) -> list[Unsettled]:
    """What a device has unsettled about these records, in its order."""
    marks = ",".join("?" * len(records))
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM unsettled WHERE device = ? AND record IN ({marks}) ORDER BY counter",
        (device, *records),
    )
    return [_row(row) for row in rows.fetchall()]


def of_village(db: sqlite3.Connection, village: str) -> list[Unsettled]:
    """What a village has unsettled, oldest first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM unsettled WHERE village = ? ORDER BY since_ms, device, counter",
        (village,),
    )
    return [_row(row) for row in rows.fetchall()]


def waiting_for(db: sqlite3.Connection, what: str) -> list[Unsettled]:
    """The held operations that wait for a record or an operation, each device's in its order."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM unsettled WHERE waits_for = ? ORDER BY device, counter",
        (what,),
    )
    return [_row(row) for row in rows.fetchall()]


def at(db: sqlite3.Connection, device: str, counter: int) -> Unsettled | None:
    """The unsettled operation of a device at a counter."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM unsettled WHERE device = ? AND counter = ?", (device, counter)
    ).fetchone()
    return None if row is None else _row(row)


def with_id(db: sqlite3.Connection, identifier: str) -> Unsettled | None:
    """The unsettled operation with this id."""
    row = db.execute(f"SELECT {_COLUMNS} FROM unsettled WHERE id = ?", (identifier,)).fetchone()
    return None if row is None else _row(row)


def retried(db: sqlite3.Connection) -> list[Unsettled]:
    """Rejected operations that a newer server or catalogue may take."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM unsettled WHERE outcome = 'rejected' ORDER BY since_ms, device, counter"
    )
    return [found for row in rows.fetchall() if RETRIED_CODES.intersection((found := _row(row)).codes)]
