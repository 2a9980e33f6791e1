"""The device's one file: SQLite, WAL, every commit on the disk before it returns.

Invariants
- One process owns the file (an flock on a file beside it, given back by the kernel however the process ends).
- A damaged file is never written to, moved or overwritten here; `salvage` does that at a person's word.
- `transaction` is one SQLite transaction: all of it is on the disk when it returns, or none of it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from field_client.errors import DiskFull, StoreDamaged, StoreInUse

APPLICATION_ID = 0x41504644  # "APFD", so that another program's database is not taken for a store
SCHEMA_VERSION = 1
T = TypeVar("T")

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE outbox (
    counter INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    exact BLOB NOT NULL,
    digest TEXT NOT NULL,
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    village TEXT NOT NULL,
    captured_ms INTEGER NOT NULL,
    acknowledged_ms INTEGER,
    outcome TEXT,
    revision INTEGER,
    detail BLOB,
    laid INTEGER NOT NULL DEFAULT 1,
    mended_by TEXT
);
CREATE INDEX outbox_record ON outbox (record);
CREATE INDEX outbox_laid ON outbox (counter) WHERE laid = 1;
CREATE INDEX outbox_waiting ON outbox (counter) WHERE acknowledged_ms IS NULL;
CREATE TABLE copy (
    id TEXT PRIMARY KEY,
    home TEXT NOT NULL,
    kind TEXT NOT NULL,
    part TEXT NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    parent TEXT,
    search TEXT,
    body BLOB NOT NULL
);
CREATE INDEX copy_home ON copy (home, part);
CREATE INDEX copy_kind ON copy (kind);
CREATE INDEX copy_parent ON copy (parent) WHERE parent IS NOT NULL;
CREATE TABLE segment (
    digest TEXT PRIMARY KEY,
    village TEXT NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE draft (name TEXT PRIMARY KEY, saved_ms INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
"""


class Store:
    """An open store. Safe to share between threads; each transaction excludes the others."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = own(path)
        try:
            self._connection = _open(path)
        except BaseException:
            os.close(self._lock_file)
            raise

    def close(self) -> None:
        """Give the file back; a second time does nothing."""
        with self._turn:
            self._connection.close()
            if self._lock_file >= 0:
                os.close(self._lock_file)
                self._lock_file = -1

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside, or nothing. May be nested; the outermost one commits."""
        with self._turn, _explained(self.path):
            if self._nested():
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._nested():
                    self._connection.execute("ROLLBACK")
                raise

    def _nested(self) -> bool:
        return self._connection.in_transaction

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """All rows of a query."""
        with self._turn, _explained(self.path):
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: tuple[Any, ...] = ()) -> Any | None:
        """The first row of a query; None if there is none."""
        with self._turn, _explained(self.path):
            return self._connection.execute(sql, parameters).fetchone()

    def meta(self, key: str, kind: type[T]) -> T | None:
        """A value kept under a key, as its type; None if there is none."""
        row = self.row("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else msgspec.json.decode(row[0], type=kind)

    def set_meta(self, key: str, value: Any) -> None:
        """Keep a value under a key; None forgets it."""
        with self.transaction() as connection:
            if value is None:
                connection.execute("DELETE FROM meta WHERE key = ?", (key,))
            else:
                connection.execute(
                    "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    (key, msgspec.json.encode(value)),
                )

    def check(self) -> list[str]:
        """What SQLite finds wrong with the file; empty where all is well. Reads the whole of it."""
        try:
            found = [row[0] for row in self.rows("PRAGMA integrity_check(20)")]
        except StoreDamaged as error:
            return [error.message_en]
        return [] if found == ["ok"] else found


def own(path: Path) -> int:
    """Take the file for this process. StoreInUse if another one has it."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreInUse(str(path)) from error
    return descriptor


def _open(path: Path) -> sqlite3.Connection:
    if not path.exists():
        # the file holds residents' data and the device's keys: nobody else's to read
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    with _explained(path):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if not empty and application != APPLICATION_ID:
        raise StoreDamaged(str(path), "not a store of this program")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = FAST")
    if empty:
        connection.executescript(
            f"BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID};"
            f"PRAGMA user_version = {SCHEMA_VERSION}; {SCHEMA} COMMIT;"
        )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """SQLite's errors in words that say what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT) or "no such table" in str(error):
            raise StoreDamaged(str(path), str(error)) from error
        if code == sqlite3.SQLITE_FULL:
            raise DiskFull() from error
        raise
