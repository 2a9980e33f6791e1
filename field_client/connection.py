"""One connection to one SQLite file of a device, with the clear file beside it attached: transactions, errors in words.

Every commit is on the disk before it returns (WAL, `synchronous=FULL`). Where two files are attached, SQLite commits
the first before the second, each whole; `store` puts the second right when a crash came between.
"""

from __future__ import annotations

import importlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from field_client.errors import DiskFull, FieldError, StoreDamaged

_MISSING = ("no such table", "no such column")


def _sqlcipher() -> Any | None:
    """The module of SQLCipher; None where the extra `sqlcipher` is not installed."""
    try:
        return importlib.import_module("sqlcipher3.dbapi2")
    except ImportError:
        return None


SQLCIPHER: Any | None = _sqlcipher()
DATABASE_ERRORS: tuple[type[Exception], ...] = (
    sqlite3.DatabaseError,
    *((SQLCIPHER.DatabaseError,) if SQLCIPHER is not None else ()),
)


class Connection:
    """An open file. Safe to share between threads; each transaction excludes the others."""

    def __init__(self, path: Path, key: bytes | None = None, beside: Path | None = None) -> None:
        """`key`: 32 bytes under which SQLCipher keeps the whole file. `beside`: a clear file to attach."""
        self.path = path
        self._turn = threading.RLock()
        self.ended: Exception | None = None
        """Why nothing more can be read or written here, though the program goes on (a wipe)."""
        if not path.exists():
            # nobody else's to read, not even what is sealed
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with explained(path):
            self._connection = _connected(path, key)
            try:
                for name, file in (("main", path), ("head", beside)):
                    if file is not None:
                        self._begin_with(name, file, key)
            except BaseException:
                self._connection.close()
                raise

    def _begin_with(self, name: str, file: Path, key: bytes | None) -> None:
        run = self._connection.execute
        if name != "main":
            run("ATTACH ? AS head" + (" KEY ''" if key is not None else ""), (str(file),))
        run(f"SELECT count(*) FROM {name}.sqlite_master").fetchone()  # noqa: S608
        run(f"PRAGMA {name}.journal_mode = WAL")
        run(f"PRAGMA {name}.synchronous = FULL")
        run(f"PRAGMA {name}.secure_delete = ON")

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        with self._turn:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside, or nothing. May be nested; the outermost one commits."""
        with self._turn, explained(self.path):
            self._check_open()
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def alone(self) -> threading.RLock:  # the lock is its own context
        """The turn of this connection, for several transactions in a row that no other thread may come between."""
        return self._turn

    def script(self, sql: str) -> None:
        """Several statements, one after the other, as a transaction of their own."""
        with self._turn, explained(self.path):
            self._connection.executescript(f"BEGIN IMMEDIATE; {sql} COMMIT;")

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """All rows of a query."""
        with self._turn, explained(self.path):
            self._check_open()
            found: list[Any] = self._connection.execute(sql, parameters).fetchall()
            return found

    def row(self, sql: str, parameters: tuple[Any, ...] = ()) -> Any | None:
        """The first row of a query; None if there is none."""
        with self._turn, explained(self.path):
            self._check_open()
            return self._connection.execute(sql, parameters).fetchone()

    def each(self, sql: str) -> Iterator[Any]:
        """Rows one by one, so that those before a damaged page are given."""
        with self._turn, explained(self.path):
            yield from self._connection.execute(sql)

    def _check_open(self) -> None:
        if self.ended is not None:
            raise self.ended

    def settle(self) -> None:
        """Bring the log into the file and empty it, so that nothing deleted stays in it."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")


def _connected(path: Path, key: bytes | None) -> Any:
    how: dict[str, Any] = {"isolation_level": None, "check_same_thread": False, "timeout": 5}
    if key is None:
        return sqlite3.connect(path, **how)
    if SQLCIPHER is None:
        # no damage: the doctor must not take it for one and move a sound file aside
        raise FieldError(
            f"数据文件由 SQLCipher 加密，这台机器没有安装它：{path}",
            f"SQLCipher is needed to read {path}",
            "请安装：pip install 'allpost[sqlcipher]'",
            "install it: pip install 'allpost[sqlcipher]'",
        )
    connection = SQLCIPHER.connect(str(path), **how)
    connection.execute("PRAGMA cipher_log_level = NONE")
    # a raw key: it is random already, and needs no stretching
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """SQLite's errors in words that say what to do."""
    try:
        yield
    except DATABASE_ERRORS as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        text = str(error)
        damaged = code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
        if damaged or any(words in text for words in _MISSING):
            raise StoreDamaged(str(path), text) from error
        if code == sqlite3.SQLITE_FULL:
            raise DiskFull() from error
        raise
