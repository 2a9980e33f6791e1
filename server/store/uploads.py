"""Uploads under way: how much of each is durable, and until when it is kept."""

from __future__ import annotations

import sqlite3

import msgspec

OPEN, DONE, ENDED = "open", "done", "ended"
"""`done`: its file is whole and durable. `ended`: refused, cancelled, or given up for a newer one."""

_COLUMNS = "id, device, digest, length, received, stored, state, expires_ms"


class Upload(msgspec.Struct, frozen=True):
    """One upload. `received` plain bytes are durable, in the first `stored` bytes of its file on the disk."""

    id: str
    device: str
    digest: str
    length: int
    received: int
    stored: int
    state: str
    expires_ms: int


def begin(db: sqlite3.Connection, upload: Upload, open_max: int) -> list[str]:
    """Begin an upload; the ids of those that end for it: earlier ones of the same file, the oldest beyond the bound."""
    rows = db.execute(
        "SELECT id, digest FROM uploads WHERE device = ? AND state = 'open' ORDER BY expires_ms, id",
        (upload.device,),
    ).fetchall()
    same = [identifier for identifier, digest in rows if digest == upload.digest]
    others = [identifier for identifier, digest in rows if digest != upload.digest]
    ended = same + others[: max(0, len(others) - open_max + 1)]
    db.executemany("UPDATE uploads SET state = 'ended' WHERE id = ?", [(one,) for one in ended])
    db.execute(f"INSERT INTO uploads ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _row(upload))
    return ended


def _row(upload: Upload) -> tuple[object, ...]:
    return msgspec.structs.astuple(upload)


def upload_of(db: sqlite3.Connection, device: str, identifier: str) -> Upload | None:
    """The upload with this id, if it is the device's."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM uploads WHERE id = ? AND device = ?", (identifier, device)
    ).fetchone()
    return None if row is None else Upload(*row)


def advance(db: sqlite3.Connection, identifier: str, received: int, stored: int, expires_ms: int) -> None:
    """More of an open upload is durable."""
    db.execute(
        "UPDATE uploads SET received = ?, stored = ?, expires_ms = ? WHERE id = ? AND state = 'open'",
        (received, stored, expires_ms, identifier),
    )


def finish(db: sqlite3.Connection, identifier: str) -> None:
    """Its file is whole and durable."""
    db.execute("UPDATE uploads SET state = 'done', received = length, stored = 0 WHERE id = ?", (identifier,))


def end(db: sqlite3.Connection, identifier: str) -> None:
    """Nothing more is taken in for it."""
    db.execute("UPDATE uploads SET state = 'ended', stored = 0 WHERE id = ?", (identifier,))


def expired(db: sqlite3.Connection, now_ms: int) -> list[str]:
    """Uploads whose time is over, whatever became of them."""
    rows = db.execute("SELECT id FROM uploads WHERE expires_ms <= ?", (now_ms,))
    return [identifier for (identifier,) in rows.fetchall()]


def under_way(db: sqlite3.Connection) -> set[str]:
    """Uploads that have bytes on the disk to keep."""
    return {
        identifier for (identifier,) in db.execute("SELECT id FROM uploads WHERE state = 'open'").fetchall()
    }


def remove(db: sqlite3.Connection, identifier: str) -> None:
    """Forget an upload; its bytes are the caller's to remove."""
    db.execute("DELETE FROM uploads WHERE id = ?", (identifier,))
