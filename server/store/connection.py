"""How a SQLite connection is opened, and how one process owns the database."""

import fcntl
import os
import sqlite3
from pathlib import Path
from types import TracebackType

from server.store.errors import StoreInUse

BUSY_TIMEOUT_MS = 5_000
CACHED_STATEMENTS = 512
WRITER_CACHE_KIB = 64 * 1024
READER_CACHE_KIB = 16 * 1024
# A checkpoint on the writer's thread copies what `server.store.checkpoints` has left and costs two more fsyncs;
# SQLite's default of 1,000 pages (4 MB) would do that every few dozen groups under load.
CHECKPOINT_PAGES = 16_000


class StoreConnection(sqlite3.Connection):
    """A connection whose `executescript` stays inside the transaction (the inherited one commits first)."""

    def executescript(self, sql_script: str, /) -> sqlite3.Cursor:
        cursor, statement = self.cursor(), ""
        for part in sql_script.split(";"):
            statement += part + ";"
            if sqlite3.complete_statement(statement):
                cursor.execute(statement)
                statement = ""
        if statement:
            cursor.execute(statement)  # an unfinished one: SQLite says what is wrong with it
        return cursor


def open_writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes: WAL, every commit is on the disk before it returns."""
    connection = _open(path, WRITER_CACHE_KIB)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read."""
    connection = _open(path, READER_CACHE_KIB)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _open(path: Path, cache_kib: int) -> sqlite3.Connection:
    # autocommit: the store says BEGIN and COMMIT itself; a connection is used by one thread at a time
    connection = sqlite3.connect(
        path,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=CACHED_STATEMENTS,
        factory=StoreConnection,
    )
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute(f"PRAGMA cache_size=-{cache_kib}")
    connection.execute("PRAGMA temp_store=MEMORY")
    return connection


class Ownership:
    """A lock on `<database>.lock` for as long as the process lives; a kill -9 frees it.

    Raises StoreInUse when another process has it.
    """

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(self._descriptor, 20).decode("ascii", "replace").strip() or "?"
            os.close(self._descriptor)
            raise StoreInUse(
                f"另一个服务进程（进程号 {owner}）正在使用 {database}，请先停止它，或换一个数据文件夹 / "
                f"process {owner} already serves this database: stop it or use another data folder"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> "Ownership":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
