"""After an erasure is committed: no page, no log and no file on the disk holds what was erased.

What the disk itself, a copy of the folder or a backup still holds is beyond this program (docs/erasure.md).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from server.files.folder import FileFolder
from server.keys import Keys
from server.settings import Settings
from server.store.connection import open_writer

TRIES = 3
"""Each waits as long as the database's busy timeout for reads that are under way."""


def clear_away(settings: Settings, keys: Keys) -> bool:
    """Remove the bytes of erased files, fold SQLite's log into the database and cut it to nothing.

    False where long reads kept the log from being cut; erase once more, which does nothing else. It blocks.
    """
    return clear_folder(settings.database_path, FileFolder(settings.data, keys))


def clear_folder(database: Path, folder: FileFolder) -> bool:
    """The same for a store that is no server's yet, as while a backup is brought back."""
    db = open_writer(database)
    try:
        _remove_files(db, folder)
        return any(_cut_log(db) for _ in range(TRIES))
    finally:
        db.close()


def _cut_log(db: sqlite3.Connection) -> bool:
    busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _remove_files(db: sqlite3.Connection, folder: FileFolder) -> None:
    if db.execute("SELECT 1 FROM erased_files LIMIT 1").fetchone() is None:
        return
    with folder.placing():
        rows = db.execute("SELECT digest FROM erased_files WHERE digest NOT IN (SELECT digest FROM files)")
        for (digest,) in rows.fetchall():
            folder.remove(digest)
