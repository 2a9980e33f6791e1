"""The SQLite store: one writer that commits in groups, a few readers on snapshots.

Invariants
- A write returns only after the COMMIT (WAL, synchronous=FULL) that holds it has returned.
- One writer thread: functions run one after the other, so a write function may read, decide and write.
- A function that raises undoes its own changes only; its neighbours in the group are committed.
- When the commit itself fails, no function of the group is durable and every caller is told so.
- An announcement (`announce`) is handed on after the commit that makes it true, or not at all.
- What is kept in memory is in doubt (`on_doubt`) before the next write function runs, once another process has
  committed something or a group was undone.
"""

import asyncio
import concurrent.futures
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from server.store.announcements import Announced, announce, collect_on_this_thread
from server.store.checkpoints import Checkpoints
from server.store.connection import Ownership, open_reader, open_writer
from server.store.errors import (
    StoreBusy,
    StoreClosed,
    StoreError,
    StoreFull,
    StoreInUse,
    engine_failure,
    is_full,
)

__all__ = [
    "GROUP_FUNCTIONS_MAX",
    "Store",
    "StoreBusy",
    "StoreClosed",
    "StoreError",
    "StoreFull",
    "StoreInUse",
    "announce",
]

GROUP_FUNCTIONS_MAX = 64
READERS = 2

T = TypeVar("T")
_AnyFuture = asyncio.Future[Any] | concurrent.futures.Future[Any]

_log = logging.getLogger(__name__)


class _Job:
    """A function that waits for its turn, and where its result goes."""

    __slots__ = ("error", "function", "future", "loop", "result")

    def __init__(
        self,
        function: Callable[[sqlite3.Connection], Any],
        future: _AnyFuture,
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        self.function = function
        self.future = future
        self.loop = loop
        self.result: Any = None
        self.error: BaseException | None = None


class Store:
    """A database file and the threads that work on it.

    path       the database file; created when missing
    exclusive  whether this process serves the database (a second such process is refused with StoreInUse);
               a command that writes a row beside a running server says False
    """

    def __init__(self, path: Path, *, exclusive: bool = True, readers: int = READERS) -> None:
        self.path = path
        self._ownership = Ownership(path) if exclusive else None
        try:
            self._writer = open_writer(path)
            self._readers = [open_reader(path) for _ in range(readers)]
            self._checkpoints = Checkpoints(path)
        except BaseException:
            if self._ownership:
                self._ownership.release()
            raise
        self._writes: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._notes: list[object] = []
        self._listeners: list[Announced] = []
        self._doubting: list[Callable[[], None]] = []
        self._data_version = _data_version(self._writer)
        self._closed = False
        self._door = threading.Lock()
        self._threads = [threading.Thread(target=self._write_forever, name="store-writer", daemon=True)]
        self._threads += [
            threading.Thread(target=self._read_forever, args=(db,), name=f"store-reader-{n}", daemon=True)
            for n, db in enumerate(self._readers)
        ]
        for thread in self._threads:
            thread.start()

    async def write(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function(db)` in a transaction; return its result once that is durable.

        A cancelled caller does not undo the write. Raises what the function raised, or a StoreError.
        """
        return await self._enqueue(self._writes, function)

    async def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function(db)` on a snapshot: it sees one moment, whatever is committed meanwhile."""
        return await self._enqueue(self._reads, function)

    def write_now(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """`write` for commands and tests without an event loop; it blocks the calling thread."""
        return self._enqueue_now(self._writes, function)

    def read_now(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """`read` for commands and tests without an event loop; it blocks the calling thread."""
        return self._enqueue_now(self._reads, function)

    def on_commit(self, callback: Announced) -> None:
        """Have `callback(values)` called on the writer's thread after each commit that announced something.

        It must be short (hand the values to a loop with `call_soon_threadsafe`). It is called before the
        writes return; what it raises is logged and changes nothing.
        """
        self._listeners.append(callback)

    def on_doubt(self, callback: Callable[[], None]) -> None:
        """Have `callback()` called on the writer's thread when what is kept in memory may not be what the store holds.

        That is before the next write function, once another process (a command beside a running server) has
        committed something, and when a whole group of writes was undone.
        """
        self._doubting.append(callback)

    def close(self) -> None:
        """Finish what was asked for so far, fold the log into the database, free the lock."""
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._writes.put(None)
            for _ in self._readers:
                self._reads.put(None)
        for thread in self._threads:
            thread.join()
        for reader in self._readers:
            reader.close()
        self._checkpoints.close()
        self._writer.close()  # the last connection of the database: SQLite checkpoints and removes the log
        if self._ownership:
            self._ownership.release()

    async def _enqueue(
        self, waiting: queue.SimpleQueue[_Job | None], function: Callable[[sqlite3.Connection], T]
    ) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._put(waiting, _Job(function, future, loop))
        return await future

    def _enqueue_now(
        self, waiting: queue.SimpleQueue[_Job | None], function: Callable[[sqlite3.Connection], T]
    ) -> T:
        if threading.current_thread() in self._threads:
            raise StoreError("a store function may not call the store: it would wait for itself")
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._put(waiting, _Job(function, future, None))
        return future.result()

    def _put(self, waiting: queue.SimpleQueue[_Job | None], job: _Job) -> None:
        with self._door:
            if self._closed:
                raise StoreClosed("服务正在停止，请稍后重试 / the server is stopping")
            waiting.put(job)

    def _write_forever(self) -> None:
        self._notes = collect_on_this_thread()
        closing = False
        while not closing:
            group, closing = self._take_group()
            if group:
                self._commit_group(group)
                _resolve(group)
                self._checkpoints.wrote(len(group))

    def _take_group(self) -> tuple[list[_Job], bool]:
        """Wait for a job, then take whatever else waits; True when the store closes behind it."""
        group: list[_Job] = []
        job = self._writes.get()
        while job is not None:
            group.append(job)
            if len(group) == GROUP_FUNCTIONS_MAX:
                return group, False
            try:
                job = self._writes.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit_group(self, group: list[_Job]) -> None:
        db, notes = self._writer, self._notes
        try:
            db.execute("BEGIN IMMEDIATE")
            self._notice_foreign_commits()
            if len(group) == 1:
                self._run_alone(group[0])
            else:
                for job in group:
                    self._run_in_savepoint(job)
            db.execute("COMMIT")
        except BaseException as error:
            self._undo_group(group, error)
        if notes:
            self._hand_on(notes.copy())
            notes.clear()

    def _notice_foreign_commits(self) -> None:
        """SQLite's data version of a connection moves when another connection commits; asking costs no I/O."""
        version = _data_version(self._writer)
        if version != self._data_version:
            self._data_version = version
            self._doubt()

    def _doubt(self) -> None:
        for callback in self._doubting:
            callback()

    def _run_alone(self, job: _Job) -> None:
        """A group of one needs no savepoint: its failure is the transaction's."""
        job.result = job.function(self._writer)
        if not self._writer.in_transaction:
            raise StoreError("a write function ended the store's transaction")

    def _run_in_savepoint(self, job: _Job) -> None:
        db, notes = self._writer, self._notes
        mark = len(notes)
        db.execute("SAVEPOINT f")
        try:
            job.result = job.function(db)
        except BaseException as error:
            if not db.in_transaction:  # SQLite undid the whole transaction (disk full, I/O error)
                raise
            del notes[mark:]
            db.execute("ROLLBACK TO f")
            job.error = engine_failure(error) if is_full(error) else error
        db.execute("RELEASE f")

    def _undo_group(self, group: list[_Job], error: BaseException) -> None:
        self._notes.clear()
        self._doubt()
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        except sqlite3.Error:
            _log.exception("rollback failed")
        own_fault = len(group) == 1 and not _is_engine_error(error)
        failure = error if own_fault or isinstance(error, StoreError) else engine_failure(error)
        for job in group:
            job.error = job.error or failure

    def _hand_on(self, values: Sequence[object]) -> None:
        for listener in self._listeners:
            try:
                listener(values)
            except Exception:
                _log.exception("a commit listener failed")

    def _read_forever(self, db: sqlite3.Connection) -> None:
        while (job := self._reads.get()) is not None:
            try:
                db.execute("BEGIN")
                job.result = job.function(db)
            except BaseException as error:
                job.error = error
            if db.in_transaction:
                db.execute("ROLLBACK")
            _resolve([job])


def _data_version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA data_version").fetchone()[0])


def _is_engine_error(error: BaseException) -> bool:
    """Whether SQLite itself could not go on, as opposed to a constraint or a wrong statement."""
    primary = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    return primary in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_NOMEM,
    )


def _resolve(jobs: list[_Job]) -> None:
    """Wake the callers: one call into each event loop, however many of its writes were in the group."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in jobs:
        if job.loop is None:
            _settle(job)
        else:
            by_loop.setdefault(job.loop, []).append(job)
    for loop, of_loop in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle_all, of_loop)
        except RuntimeError:
            _log.warning("an event loop closed before its writes returned")


def _settle_all(jobs: list[_Job]) -> None:
    for job in jobs:
        _settle(job)


def _settle(job: _Job) -> None:
    if job.future.done():  # its caller was cancelled; the write stands
        return
    if job.error is None:
        job.future.set_result(job.result)
    elif isinstance(job.error, StopIteration):  # a future refuses it
        job.future.set_exception(RuntimeError("a store function raised StopIteration"))
    else:
        job.future.set_exception(job.error)
