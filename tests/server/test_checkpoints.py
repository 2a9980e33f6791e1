"""The log is folded into the database while the writer goes on, and never grows without bound."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from server.store.checkpoints import WRITES_BETWEEN
from server.store.connection import CHECKPOINT_PAGES
from server.store.engine import Store

PAGE_BYTES = 4096
ROW_BYTES = 3000


def _create(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)")


def _insert(db: sqlite3.Connection, rows: int = 1) -> None:
    db.executemany("INSERT INTO t (b) VALUES (?)", [(os.urandom(ROW_BYTES),)] * rows)


def test_the_log_is_folded_in_long_before_the_writer_would(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    store.write_now(_create)
    before = path.stat().st_size
    for _ in range(WRITES_BETWEEN):
        store.write_now(_insert)
    assert path.with_name("store.db-wal").stat().st_size < CHECKPOINT_PAGES * PAGE_BYTES
    deadline = time.monotonic() + 10
    while path.stat().st_size < before + WRITES_BETWEEN * ROW_BYTES // 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    grown = path.stat().st_size - before
    store.close()
    assert grown >= WRITES_BETWEEN * ROW_BYTES // 2


def test_the_log_stays_bounded_under_a_load_that_never_pauses(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    store.write_now(_create)
    rows = 500
    largest = 0
    for _ in range(3 * CHECKPOINT_PAGES // rows):
        store.write_now(lambda db: _insert(db, rows))
        largest = max(largest, path.with_name("store.db-wal").stat().st_size)
    there = store.read_now(lambda db: db.execute("SELECT count(*) FROM t").fetchone()[0])
    store.close()
    assert there == 3 * CHECKPOINT_PAGES // rows * rows
    assert largest < 1.2 * CHECKPOINT_PAGES * PAGE_BYTES


def test_a_checkpoint_does_not_look_like_a_commit_of_another_process(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    doubts: list[int] = []
    store.write_now(_create)
    store.on_doubt(lambda: doubts.append(1))
    for _ in range(3 * WRITES_BETWEEN):
        store.write_now(_insert)
    store.close()
    assert doubts == []
