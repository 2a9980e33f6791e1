"""Folding the log into the database on a thread of its own, so that the writer need not stop for it.

SQLite copies and syncs outside of Python's lock, so this costs the writer next to nothing. It may lag behind: when the
log has grown to `CHECKPOINT_PAGES` all the same, the writer's own connection folds in what is left, which also lets the
log begin anew. So the log stays bounded whatever this thread does.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

from server.store.connection import open_writer

WRITES_BETWEEN = 100
"""A push writes some fifty pages, so this is about a third of `CHECKPOINT_PAGES`."""

_log = logging.getLogger(__name__)


class Checkpoints:
    """The thread that folds the log in; the writer tells it what it `wrote`, and closes it before itself."""

    def __init__(self, path: Path) -> None:
        self._db = open_writer(path)
        self._wake = threading.Event()
        self._closed = False
        self._writes = 0
        self._thread = threading.Thread(target=self._run, name="store-checkpoints", daemon=True)
        self._thread.start()

    def wrote(self, functions: int) -> None:
        """So many write functions more are durable."""
        self._writes += functions
        if self._writes >= WRITES_BETWEEN:
            self._writes = 0
            self._wake.set()

    def close(self) -> None:
        """Finish the checkpoint under way."""
        self._closed = True
        self._wake.set()
        self._thread.join()
        self._db.close()

    def _run(self) -> None:
        while self._wake.wait() and not self._closed:
            self._wake.clear()
            try:
                self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite3.Error:
                _log.exception("a checkpoint failed; the log is kept and the next one takes it along")
