"""The files that are whole, checked and durable, and who brought them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from server.store.feeds import flush
from server.store.file_names import naming
from server.store.world import StoreWorld


class File(msgspec.Struct, frozen=True):
    """A file: the SHA-256 of its plain bytes, its media type by content, its size, the picture's size in pixels."""

    digest: str
    type: str
    bytes: int
    width: int
    height: int
    brought_ms: int


def file_of(db: sqlite3.Connection, digest: str) -> File | None:
    """The file with this digest, if it is here."""
    row = db.execute("SELECT * FROM files WHERE digest = ?", (digest,)).fetchone()
    return None if row is None else File(*row)


def arrive(world: StoreWorld, file: File, device: str) -> bool:
    """Note a file that is on the disk now; the records that name it are sent again. Whether it is new here."""
    db = world.db
    added = db.execute(
        "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING",
        (file.digest, file.type, file.bytes, file.width, file.height, file.brought_ms),
    )
    new = added.rowcount == 1
    if not new:  # brought again: its time unnamed begins anew
        db.execute("UPDATE files SET brought_ms = ? WHERE digest = ?", (file.brought_ms, file.digest))
    db.execute("INSERT OR IGNORE INTO file_givers VALUES (?, ?, ?)", (file.digest, device, file.brought_ms))
    if new:
        for village, record in naming(db, file.digest):
            world.village = village
            found = world.get(record)
            if found is not None:
                world.touch(found)
        flush(world)
    return new


def brought_by(db: sqlite3.Connection, digest: str, worker: str) -> bool:
    """Whether a device of this worker brought the file."""
    row = db.execute(
        "SELECT 1 FROM file_givers g JOIN devices d ON d.id = g.device WHERE g.digest = ? AND d.worker = ?",
        (digest, worker),
    ).fetchone()
    return row is not None


def present(db: sqlite3.Connection, digests: Sequence[str]) -> list[str]:
    """Those of the digests that have a row, in their order."""
    marks = ",".join("?" * len(digests))
    rows = db.execute(f"SELECT digest FROM files WHERE digest IN ({marks})", list(digests)).fetchall()
    found = {digest for (digest,) in rows}
    return [digest for digest in dict.fromkeys(digests) if digest in found]


def unnamed(db: sqlite3.Connection, before_ms: int) -> list[str]:
    """Files that no operation has ever named, last brought before a moment."""
    rows = db.execute(
        "SELECT digest FROM files f WHERE brought_ms < ?"
        " AND NOT EXISTS (SELECT 1 FROM file_names n WHERE n.digest = f.digest)",
        (before_ms,),
    )
    return [digest for (digest,) in rows.fetchall()]


def remove(db: sqlite3.Connection, digest: str) -> None:
    """Forget a file; its bytes are the caller's to remove."""
    db.execute("DELETE FROM files WHERE digest = ?", (digest,))
    db.execute("DELETE FROM file_givers WHERE digest = ?", (digest,))
