"""Which records name which files, kept in the transaction that writes the records.

Invariants
- `standing` rows are exactly the files that records name now; a row that no longer stands, or stands for an operation
  that was held or rejected, stays: a file that any operation names is kept.
- A record's `arrived` is what it names and `files` has, sorted; it is no part of what operations say, so it counts no
  revision.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from sync.files import NAMING, files_named
from sync.operation import Operation
from sync.record import Record


def note_operations(db: sqlite3.Connection, operations: Iterable[Operation]) -> None:
    """Keep what operations name, whatever becomes of them."""
    rows = [
        (operation.village, operation.record, digest)
        for operation in operations
        if operation.kind in NAMING
        for digest in files_named(operation.kind, operation.fields)
    ]
    if rows:
        db.executemany("INSERT OR IGNORE INTO file_names VALUES (?, ?, ?, 0)", rows)


def keep_names(db: sqlite3.Connection, record: Record, village_before: str | None) -> None:
    """Bring the rows of a record that is about to be written in step, and its `arrived`.

    village_before: where its row is in the store, None for a new record.
    """
    if record.kind not in NAMING:
        return
    named = files_named(record.kind, record.values)
    if village_before is None and not named:
        return
    if village_before not in (None, record.village):
        db.execute(
            "UPDATE OR REPLACE file_names SET village = ? WHERE village = ? AND record = ?",
            (record.village, village_before, record.id),
        )
    where = record.village, record.id
    rows = db.execute(
        "SELECT digest FROM file_names WHERE village = ? AND record = ? AND standing", where
    ).fetchall()
    present = {digest for (digest,) in rows}
    db.executemany(
        "UPDATE file_names SET standing = 0 WHERE village = ? AND record = ? AND digest = ?",
        [(*where, digest) for digest in present - named],
    )
    db.executemany(
        "INSERT INTO file_names VALUES (?, ?, ?, 1) ON CONFLICT (village, record, digest) DO UPDATE SET standing = 1",
        [(*where, digest) for digest in named - present],
    )
    record.arrived = arrived(db, named) if named else []


def arrived(db: sqlite3.Connection, named: Iterable[str]) -> list[str]:
    """Those of the files named that are whole and durable here, sorted."""
    wanted = sorted(named)
    marks = ",".join("?" * len(wanted))
    rows = db.execute(f"SELECT digest FROM files WHERE digest IN ({marks}) ORDER BY digest", wanted)
    return [digest for (digest,) in rows.fetchall()]


def naming(db: sqlite3.Connection, digest: str) -> list[tuple[str, str]]:
    """Village and id of every record that names a file now."""
    return db.execute(
        "SELECT village, record FROM file_names WHERE digest = ? AND standing ORDER BY village, record",
        (digest,),
    ).fetchall()
