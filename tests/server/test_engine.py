"""The store's promises: durable when it returns, alone in its failure, one fsync for many."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store.engine import GROUP_FUNCTIONS_MAX, Store, announce
from server.store.errors import StoreClosed, StoreError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "test.db")
    store.write_now(lambda db: db.execute("CREATE TABLE t (v INTEGER PRIMARY KEY)"))
    yield store
    store.close()


def put(value: int):
    def function(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO t VALUES (?)", (value,))
        return value * 10

    return function


def values(db: sqlite3.Connection) -> list[int]:
    return [row[0] for row in db.execute("SELECT v FROM t ORDER BY v")]


def held(store: Store) -> threading.Event:
    """Keep the writer busy until the event is set, so that what comes next forms one group."""
    release, started = threading.Event(), threading.Event()

    def wait(db: sqlite3.Connection) -> None:
        started.set()
        release.wait(10)

    threading.Thread(target=store.write_now, args=(wait,), daemon=True).start()
    started.wait(10)
    return release


def test_a_write_returns_its_result_and_is_seen_by_another_connection(store: Store) -> None:
    assert asyncio.run(store.write(put(1))) == 10
    with sqlite3.connect(store.path) as other:
        assert values(other) == [1]
    other.close()


def test_a_failing_function_in_a_group_is_undone_alone(store: Store) -> None:
    async def story() -> list[object]:
        release = held(store)
        waiting = [asyncio.ensure_future(store.write(put(v))) for v in (1, 2, 2, 3)]
        await asyncio.sleep(0.05)
        release.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    results = asyncio.run(story())
    assert results[:2] == [10, 20] and results[3] == 30
    assert isinstance(results[2], sqlite3.IntegrityError)
    assert store.read_now(values) == [1, 2, 3]


def test_a_function_that_fails_halfway_leaves_nothing_alone_or_in_a_group(store: Store) -> None:
    def halfway(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO t VALUES (7)")
        raise KeyError("halfway")

    with pytest.raises(KeyError):
        store.write_now(halfway)

    async def story() -> list[object]:
        release = held(store)
        waiting = [asyncio.ensure_future(store.write(f)) for f in (put(1), halfway)]
        await asyncio.sleep(0.05)
        release.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert isinstance(asyncio.run(story())[1], KeyError)
    assert store.read_now(values) == [1]


def test_what_waits_is_committed_in_few_groups(store: Store) -> None:
    commits: list[int] = []
    store.on_commit(lambda notes: commits.append(len(notes)))

    def noted(value: int):
        def function(db: sqlite3.Connection) -> None:
            put(value)(db)
            announce(value)

        return function

    async def story() -> None:
        release = held(store)
        waiting = [asyncio.ensure_future(store.write(noted(v))) for v in range(100)]
        await asyncio.sleep(0.05)
        release.set()
        await asyncio.gather(*waiting)

    asyncio.run(story())
    assert commits == [GROUP_FUNCTIONS_MAX, 100 - GROUP_FUNCTIONS_MAX]


def test_announcements_of_an_undone_function_are_dropped(store: Store) -> None:
    heard: list[object] = []
    store.on_commit(heard.extend)

    def noted(value: int, fail: bool):
        def function(db: sqlite3.Connection) -> None:
            announce(value)
            if fail:
                raise ValueError(value)

        return function

    async def story() -> None:
        release = held(store)
        waiting = [asyncio.ensure_future(store.write(noted(v, v % 2 == 0))) for v in range(5)]
        await asyncio.sleep(0.05)
        release.set()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(story())
    with pytest.raises(ValueError):
        store.write_now(noted(9, True))
    assert heard == [1, 3]


def test_a_failing_listener_does_not_fail_the_write(store: Store) -> None:
    def broken(notes: object) -> None:
        raise RuntimeError("listener")

    store.on_commit(broken)
    store.write_now(lambda db: announce("x"))
    assert store.write_now(put(1)) == 10


def test_announce_outside_a_write_is_refused() -> None:
    with pytest.raises(RuntimeError):
        announce("x")


def test_a_read_sees_one_moment(store: Store) -> None:
    store.write_now(put(1))

    def twice(db: sqlite3.Connection) -> tuple[list[int], list[int]]:
        before = values(db)
        store_writes_meanwhile()
        return before, values(db)

    def store_writes_meanwhile() -> None:
        other = threading.Thread(target=store.write_now, args=(put(2),))
        other.start()
        other.join()

    assert store.read_now(twice) == ([1], [1])
    assert store.read_now(values) == [1, 2]


def test_a_read_cannot_write(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.read_now(put(1))


def test_a_cancelled_caller_does_not_disturb_the_group(store: Store) -> None:
    async def story() -> int:
        release = held(store)
        cancelled = asyncio.ensure_future(store.write(put(1)))
        other = asyncio.ensure_future(store.write(put(2)))
        await asyncio.sleep(0.05)
        cancelled.cancel()
        release.set()
        return await other

    assert asyncio.run(story()) == 20
    assert store.read_now(values) == [1, 2]


def test_a_function_that_commits_by_itself_is_reported(store: Store) -> None:
    def commits(db: sqlite3.Connection) -> None:
        put(1)(db)
        db.execute("COMMIT")

    with pytest.raises(StoreError, match="ended"):
        store.write_now(commits)
    assert store.write_now(put(2)) == 20


def test_a_store_function_that_calls_the_store_is_refused_not_stuck(store: Store) -> None:
    with pytest.raises(StoreError, match="itself"):
        store.write_now(lambda db: store.write_now(put(1)))


def test_close_finishes_what_waits_and_refuses_the_rest(tmp_path: Path) -> None:
    store = Store(tmp_path / "close.db")
    store.write_now(lambda db: db.execute("CREATE TABLE t (v INTEGER PRIMARY KEY)"))

    async def story() -> list[int]:
        release = held(store)
        waiting = [asyncio.ensure_future(store.write(put(v))) for v in range(5)]
        await asyncio.sleep(0.05)
        release.set()
        await asyncio.to_thread(store.close)
        return await asyncio.gather(*waiting)

    assert asyncio.run(story()) == [0, 10, 20, 30, 40]
    with pytest.raises(StoreClosed):
        store.write_now(put(9))
    assert not (tmp_path / "close.db-wal").exists()


def test_several_event_loops_share_one_store(store: Store) -> None:
    def worker(first: int) -> None:
        async def story() -> None:
            await asyncio.gather(*(store.write(put(first + n)) for n in range(20)))

        asyncio.run(story())

    threads = [threading.Thread(target=worker, args=(first,)) for first in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.read_now(values)) == 60


def test_the_database_is_durable_by_configuration(store: Store) -> None:
    def pragmas(db: sqlite3.Connection) -> tuple[object, ...]:
        return tuple(db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous"))

    assert store.write_now(pragmas) == ("wal", 2)


def test_a_script_stays_inside_the_transaction(store: Store) -> None:
    script = """
        CREATE TABLE made (v);  -- a comment; with a semicolon
        CREATE TRIGGER twice AFTER INSERT ON made BEGIN INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); END;
        INSERT INTO made VALUES (';');
    """

    def fails(db: sqlite3.Connection) -> None:
        db.executescript(script)
        raise ValueError("after the script")

    with pytest.raises(ValueError, match="after the script"):
        store.write_now(fails)
    assert store.read_now(values) == []
    store.write_now(lambda db: db.executescript(script) and None)
    assert store.read_now(values) == [1, 2]
    for broken in ("INSERT INTO t VALUES (8); INSERT INTO t", "INSERT INTO t VALUES (8); SELECT 'x"):
        with pytest.raises(sqlite3.OperationalError):
            store.write_now(lambda db, broken=broken: db.executescript(broken))
    assert store.read_now(values) == [1, 2]
