"""Which epochs there were. The present one is in `meta`, where every reply reads it."""

from __future__ import annotations

import os
import sqlite3

import msgspec


class Epoch(msgspec.Struct, frozen=True):
    """`why`: founded, receipt, restore, log; elsewhere (known only from a receipt, as a restore lost it)."""

    epoch: str
    began_ms: int
    why: str


ELSEWHERE = "elsewhere"


def every(db: sqlite3.Connection) -> list[Epoch]:
    """All epochs, the present one last."""
    present = "(SELECT value FROM meta WHERE key = 'epoch')"
    rows = db.execute(f"SELECT epoch, began_ms, why FROM epochs ORDER BY epoch = {present}, rowid")
    return [Epoch(*row) for row in rows]


def is_known(db: sqlite3.Connection, epoch: str) -> bool:
    """Whether the server was ever in this epoch, or has heard of it."""
    return db.execute("SELECT 1 FROM epochs WHERE epoch = ?", (epoch,)).fetchone() is not None


def note(db: sqlite3.Connection, epoch: str, began_ms: int, why: str) -> None:
    """Put an epoch down; one that is known already stays as it is."""
    db.execute("INSERT OR IGNORE INTO epochs VALUES (?, ?, ?)", (epoch, began_ms, why))


def start(db: sqlite3.Connection, why: str, now_ms: int) -> str:
    """A new epoch from here on: every cursor is of another one."""
    epoch = os.urandom(6).hex()
    note(db, epoch, now_ms, why)
    db.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (epoch,))
    return epoch
