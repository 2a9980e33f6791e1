"""The whole check, look after look, on one snapshot of the store."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.check.chains import chain_faults
from server.check.erased import erased_faults
from server.check.facts import Facts
from server.check.fault import Fault, Progress, limited
from server.check.filed import file_faults, name_faults
from server.check.replay import Replay
from server.check.stored import StoredVillage, grant_faults
from server.keys import Keys
from server.store.connection import open_writer
from server.store.migrations import migrate
from server.store.schema import MIGRATIONS
from sync.record import Record


def check_store(
    db: sqlite3.Connection,
    keys: Keys,
    data: Path,
    now_ms: int,
    closes_on: int,
    progress: Progress,
    *,
    replayed: bool = True,
) -> Iterator[Fault]:
    """Every fault of the store that `db` reads. `db` stands in a read transaction for as long as this runs.

    data            the data folder: files' bytes are there, and scratch stores are made in it, encrypted like the store
    closes_on       the working day on which a month closes (a setting)
    replayed        False leaves the replay out, which takes as long as taking everything in did
    """
    yield from limited(chain_faults(db, keys))
    villages = [
        village
        for (village,) in db.execute(
            "SELECT village FROM villages UNION SELECT DISTINCT village FROM records ORDER BY 1"
        ).fetchall()
    ]
    found: dict[str, dict[str, Record]] = {}
    altered = False
    for done, village in enumerate(villages):
        progress("记录", done, len(villages))
        stored = StoredVillage(db, keys, village)
        yield from limited(stored.faults())
        found[village] = stored.records
        altered |= bool(stored.unreadable)
        if not stored.unreadable:
            yield from limited(name_faults(db, village, stored.records))
    yield from limited(file_faults(db, keys, data))
    if not altered:
        yield from limited(grant_faults(db, found))
    yield from limited(erased_faults(db, found))
    with _scratch(data) as scratch:
        facts = Facts(db, scratch, keys, closes_on)
        yield from limited(facts.grids(found))
        for done, (village, records) in enumerate(found.items()):
            progress("计数", done, len(villages))
            yield from limited(facts.village(village, records, now_ms))
        yield from limited(facts.due(found))
    if replayed:
        with _scratch(data) as scratch:
            yield from limited(Replay(db, scratch, keys, closes_on).faults(progress))


@contextmanager
def _scratch(folder: Path) -> Iterator[sqlite3.Connection]:
    """An empty store in a folder of its own, gone afterwards; a crash may lose it, so nothing is synced to disk."""
    with tempfile.TemporaryDirectory(prefix="check-", dir=folder) as made:
        scratch = open_writer(Path(made) / "scratch.db")
        try:
            scratch.execute("PRAGMA synchronous=OFF")
            scratch.execute("BEGIN")
            migrate(scratch, MIGRATIONS)
            yield scratch
        finally:
            scratch.close()
