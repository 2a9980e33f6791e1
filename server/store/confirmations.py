"""Devices that nobody has confirmed since the revocation log was lost: they hand over, and read nothing."""

from __future__ import annotations

import sqlite3

_OPEN = "confirming"


def is_confirmed(db: sqlite3.Connection, device: str) -> bool:
    """Whether a device may read."""
    return db.execute("SELECT 1 FROM unconfirmed WHERE device = ?", (device,)).fetchone() is None


def confirm(db: sqlite3.Connection, device: str) -> bool:
    """Let a device read again; False if it may already."""
    return db.execute("DELETE FROM unconfirmed WHERE device = ?", (device,)).rowcount == 1


def waiting(db: sqlite3.Connection) -> list[str]:
    """The devices that wait to be confirmed."""
    return [device for (device,) in db.execute("SELECT device FROM unconfirmed ORDER BY device")]


def doubt_all(db: sqlite3.Connection, now_ms: int) -> int:
    """Every phone waits to be confirmed, and whatever enrols until all are; how many there are."""
    db.execute(
        "INSERT OR IGNORE INTO unconfirmed SELECT id, ? FROM devices WHERE nature = 'phone'", (now_ms,)
    )
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_OPEN, str(now_ms)))
    return len(waiting(db))


def doubt_enrolled(db: sqlite3.Connection, device: str, now_ms: int, continues: str | None) -> None:
    """A new enrolment waits too while the doubt lasts, or where it continues a device that waits."""
    if is_in_doubt(db) or (continues is not None and not is_confirmed(db, continues)):
        db.execute("INSERT OR IGNORE INTO unconfirmed VALUES (?, ?)", (device, now_ms))


def is_in_doubt(db: sqlite3.Connection) -> bool:
    """Whether an account that was closed may be open again, as nobody has said that all is in order."""
    return db.execute("SELECT 1 FROM meta WHERE key = ?", (_OPEN,)).fetchone() is not None


def end_doubt(db: sqlite3.Connection) -> None:
    """All devices are confirmed: what enrols from here on may read at once."""
    db.execute("DELETE FROM meta WHERE key = ?", (_OPEN,))
