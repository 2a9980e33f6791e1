"""A full disk, a foreign lock, a killed process, a second server, a newer database."""

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store.engine import Store, announce
from server.store.errors import StoreBusy, StoreError, StoreFull, StoreInUse, StoreTooNew
from server.store.migrations import migrate, pending
from server.store.schema import MIGRATIONS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "test.db")
    store.write_now(lambda db: db.execute("CREATE TABLE t (v)"))
    yield store
    store.close()


def insert(size: int):
    def function(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO t VALUES (zeroblob(?))", (size,))
        announce(size)

    return function


def count(db: sqlite3.Connection) -> int:
    return db.execute("SELECT count(*) FROM t").fetchone()[0]


def test_a_database_at_its_limit_is_store_full_and_the_store_goes_on(store: Store) -> None:
    store.write_now(lambda db: db.execute("PRAGMA max_page_count=50").fetchone() and None)
    with pytest.raises(StoreFull):
        store.write_now(insert(1_000_000))
    store.write_now(insert(10))
    assert store.read_now(count) == 1


def test_a_commit_that_cannot_be_written_acknowledges_nobody_of_the_group(store: Store) -> None:
    """A file size limit makes the write of the COMMIT itself fail, as a disk that fills up does."""
    heard: list[object] = []
    store.on_commit(heard.extend)
    release, started = threading.Event(), threading.Event()

    def wait(db: sqlite3.Connection) -> None:
        started.set()
        release.wait(10)

    async def story() -> list[object]:
        threading.Thread(target=store.write_now, args=(wait,), daemon=True).start()
        started.wait(10)
        waiting = [asyncio.ensure_future(store.write(insert(400_000))) for _ in range(3)]
        await asyncio.sleep(0.05)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
        try:
            release.set()
            return await asyncio.gather(*waiting, return_exceptions=True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    results = asyncio.run(story())
    assert [type(result) for result in results] in ([StoreError] * 3, [StoreFull] * 3)
    assert heard == [] and store.read_now(count) == 0
    store.write_now(insert(400_000))
    assert store.read_now(count) == 1 and heard == [400_000]


def test_a_foreign_lock_is_told_as_busy(store: Store) -> None:
    store.write_now(lambda db: db.execute("PRAGMA busy_timeout=50").fetchone() and None)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        store.write_now(insert(1))
    other.execute("ROLLBACK")
    other.close()
    store.write_now(insert(1))


def test_a_second_server_on_the_same_database_is_refused_with_its_process_number(store: Store) -> None:
    with pytest.raises(StoreInUse, match=str(os.getpid())):
        Store(store.path)
    script = "import sys,pathlib;from server.store.engine import Store;Store(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", script, store.path]
    other = subprocess.run(command, check=False, capture_output=True, text=True)
    assert other.returncode == 1 and "StoreInUse" in other.stderr


def test_a_command_may_write_beside_a_running_server(store: Store) -> None:
    beside = Store(store.path, exclusive=False)
    beside.write_now(insert(1))
    beside.close()
    assert store.read_now(count) == 1


def test_what_was_acknowledged_before_a_kill_is_there_and_the_lock_is_free(tmp_path: Path) -> None:
    path = tmp_path / "kill.db"
    script = """if True:
        import sys, pathlib
        from server.store.engine import Store
        store = Store(pathlib.Path(sys.argv[1]))
        store.write_now(lambda db: db.execute("CREATE TABLE t (v INTEGER)"))
        value = 0
        while True:
            store.write_now(lambda db: db.execute("INSERT INTO t VALUES (?)", (value,)) and None)
            print(value, flush=True)
            value += 1
    """
    process = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    acknowledged = [int(process.stdout.readline()) for _ in range(50)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in process.stdout.read().splitlines()]
    process.wait()
    process.stdout.close()
    store = Store(path)
    kept = store.read_now(lambda db: {row[0] for row in db.execute("SELECT v FROM t")})
    store.close()
    assert kept >= set(acknowledged)


def test_migrations_are_applied_once_and_in_order(tmp_path: Path) -> None:
    store = Store(tmp_path / "schema.db")
    assert store.read_now(lambda db: pending(db, MIGRATIONS)) == [name for name, _ in MIGRATIONS]
    applied = store.write_now(lambda db: migrate(db, MIGRATIONS))
    assert applied == [name for name, _ in MIGRATIONS] == sorted(applied)
    assert store.write_now(lambda db: migrate(db, MIGRATIONS)) == []
    assert store.read_now(lambda db: pending(db, MIGRATIONS)) == []
    store.close()


def test_a_failing_migration_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    def broken(database: object) -> None:
        raise ValueError("broken")

    store = Store(tmp_path / "schema.db")
    with pytest.raises(ValueError, match="broken"):
        store.write_now(lambda db: migrate(db, [*MIGRATIONS, ("9999_broken", broken)]))
    assert store.read_now(lambda db: db.execute("SELECT count(*) FROM sqlite_master").fetchone()) == (0,)
    store.close()


def test_a_database_of_a_newer_software_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "schema.db")
    store.write_now(lambda db: migrate(db, [*MIGRATIONS, ("9999_newer", lambda database: None)]))
    with pytest.raises(StoreTooNew, match="9999_newer"):
        store.write_now(lambda db: migrate(db, MIGRATIONS))
    store.close()
