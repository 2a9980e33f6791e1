"""What has been erased: rows without content, by which the same thing is known again when somebody brings it.

Invariant: once a record stands here, no operation on it is stored with its bytes any more, whoever brings it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

from sync.operation import Operation

_IDS_MAX = 10_000
BELONGS_BY = {
    "case": ("resident",),
    "task": ("resident", "case"),
    "reading": ("subject",),
    "resident": ("merged_into",),
}
"""Fields by which a record belongs to the resident, or to a case of the resident, that they name."""
LISTS = {"visit": ("met", "cases"), "case": ("linked_cases",)}
"""Fields that name several records beside what their own record is about: an erased one is taken out of them."""


def any_erased(db: sqlite3.Connection) -> bool:
    """Whether anything was ever erased here."""
    return db.execute("SELECT 1 FROM erased_records LIMIT 1").fetchone() is not None


def is_erased(db: sqlite3.Connection, record: str) -> bool:
    """Whether a record is nowhere any more."""
    row = db.execute("SELECT 1 FROM erased_records WHERE record = ? AND NOT kept", (record,)).fetchone()
    return row is not None


def among(db: sqlite3.Connection, records: Collection[str]) -> dict[str, bool]:
    """Those of the records that were erased; True for one that arrived only after its erasure."""
    wanted, found = list(records), dict[str, bool]()
    for start in range(0, len(wanted), _IDS_MAX):
        part = wanted[start : start + _IDS_MAX]
        marks = ",".join("?" * len(part))
        rows = db.execute(f"SELECT record, late FROM erased_records WHERE record IN ({marks})", part)
        found |= {record: bool(late) for record, late in rows}
    return found


def ids_named(operation: Operation) -> set[str]:
    """The records that an operation is about, or names where an erasure has to look."""
    fields = operation.fields
    named = [operation.record, *(fields.get(field) for field in BELONGS_BY.get(operation.kind, ()))]
    for field in LISTS.get(operation.kind, ()):
        value = fields.get(field)
        value = value.get("add") if isinstance(value, dict) else value
        named += value if isinstance(value, list) else ()
    return {one for one in named if isinstance(one, str)}


def names_erased(operation: Operation, erased: Collection[str]) -> bool:
    """Whether an operation is on an erased record, or would make another one belong to it."""
    if operation.record in erased:
        return True
    fields = operation.fields
    return any(
        fields.get(field) in erased for field in BELONGS_BY.get(operation.kind, ()) if fields.get(field)
    )


def note_records(
    db: sqlite3.Connection, records: Iterable[tuple[str, str]], *, kept: bool, late: bool
) -> None:
    """Note (id, kind) of records as erased."""
    (batches,) = db.execute("SELECT count(*) FROM batches").fetchone()
    db.executemany(
        "INSERT OR IGNORE INTO erased_records VALUES (?, ?, ?, ?, ?)",
        [(record, kind, kept, late, batches) for record, kind in records],
    )


def note_operations(db: sqlite3.Connection, operations: Iterable[tuple[str, int, str]]) -> None:
    """Note (device, counter, id) of operations whose bytes are gone."""
    db.executemany("INSERT OR IGNORE INTO erased_operations VALUES (?, ?, ?)", operations)


def note_lost(db: sqlite3.Connection, operations: Iterable[tuple[str, int, str]]) -> None:
    """Note (device, counter, id) of operations that were erased, and then lost with what a restore lost."""
    db.executemany("INSERT OR IGNORE INTO erased_lost VALUES (?, ?, ?)", operations)


def lost_after(db: sqlite3.Connection, device: str, acknowledged: int) -> int:
    """How many of a device's operations after a counter were erased, then lost by a restore, and came from nobody."""
    row = db.execute(
        "SELECT count(*) FROM erased_lost l WHERE device = ? AND counter > ?"
        " AND NOT EXISTS (SELECT 1 FROM erased_operations e WHERE e.id = l.id)",
        (device, acknowledged),
    )
    return int(row.fetchone()[0])


def note_files(db: sqlite3.Connection, digests: Iterable[str]) -> None:
    """Note files that were named by what was erased."""
    db.executemany("INSERT OR IGNORE INTO erased_files VALUES (?)", [(digest,) for digest in digests])


def erased_files(db: sqlite3.Connection, digests: Collection[str]) -> set[str]:
    """Those of the digests that were named by erased records, and are named by nothing else."""
    marks = ",".join("?" * len(digests))
    rows = db.execute(
        f"SELECT digest FROM erased_files e WHERE digest IN ({marks})"
        " AND NOT EXISTS (SELECT 1 FROM file_names n WHERE n.digest = e.digest)",
        tuple(digests),
    )
    return {digest for (digest,) in rows}
