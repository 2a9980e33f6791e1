"""Prepared segments of a first sync: a part's records at one version, compressed once and shared by all in scope.

Invariant: a segment's digest is that of its compressed bytes and never names other bytes. A segment may be older than
its village; the list's cursor is not later than any of its segments, and the changes since it bring the rest.
"""

from __future__ import annotations

import hashlib
import sqlite3

import zstandard

from server.keys import Keys
from server.store.changes import Feed, versions_of
from sync.protocol import SegmentEntry
from sync.scope import COMMON, OWN, Scope, VillageScope

LEVEL = 15
STALE_VERSIONS_MIN = 500
STALE_SHARE = 0.1
_SERVER_READER = ""


def listed(db: sqlite3.Connection, keys: Keys, scope: Scope, village: str) -> tuple[list[SegmentEntry], int]:
    """Every segment of a village for a scope, made now where missing or far behind, and the version to go on from.

    Runs in a write. A part without records has no segment.
    """
    newest, _ = versions_of(db, village)
    feed = Feed(db, keys, scope, village)
    entries = [prepared(db, keys, village, part, newest) for part in feed.parts]
    own = _made(db, keys, feed, OWN, scope.worker, newest)
    found = [entry for entry in (*entries, own) if entry is not None]
    return found, min((entry.version for entry in found), default=newest)


def prepared(db: sqlite3.Connection, keys: Keys, village: str, part: str, newest: int) -> SegmentEntry | None:
    """The shared segment of a grid or of the common part, made anew where it is missing or far behind."""
    row = db.execute(
        "SELECT digest, bytes, records, version FROM segments WHERE village = ? AND part = ? AND holder = ''",
        (village, part),
    ).fetchone()
    if row is not None:
        entry = SegmentEntry(part, *row)
        if newest - entry.version <= max(STALE_VERSIONS_MIN, STALE_SHARE * entry.records):
            return entry
    grids = () if part == COMMON else (part,)
    feed = Feed(db, keys, Scope(0, _SERVER_READER, (VillageScope(village, grids),)), village)
    return _made(db, keys, feed, part, "", newest)


def _made(
    db: sqlite3.Connection, keys: Keys, feed: Feed, part: str, holder: str, newest: int
) -> SegmentEntry | None:
    lines = [line for _, line in feed.part_records(part)]
    where = feed.village, part, holder
    if not lines:
        db.execute("DELETE FROM segments WHERE village = ? AND part = ? AND holder = ?", where)
        return None
    body = zstandard.ZstdCompressor(level=LEVEL).compress(b"\n".join(lines))
    digest = hashlib.sha256(body).hexdigest()
    db.execute(
        "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*where, digest, newest, len(lines), len(body), keys.encrypt_blob(body, digest.encode())),
    )
    return SegmentEntry(part, digest, len(body), len(lines), newest)


def prepare_village(db: sqlite3.Connection, keys: Keys, village: str) -> int:
    """Make every shared segment of a village ahead of time; how many there are."""
    newest, _ = versions_of(db, village)
    rows = db.execute("SELECT grid FROM grids WHERE village = ? ORDER BY grid", (village,)).fetchall()
    parts = [COMMON, *(grid for (grid,) in rows)]
    return sum(prepared(db, keys, village, part, newest) is not None for part in parts)


def segment_bytes(db: sqlite3.Connection, keys: Keys, scope: Scope, digest: str) -> bytes | None:
    """A segment's compressed bytes, if it is still there and in scope."""
    rows = db.execute(
        "SELECT village, part, holder, body FROM segments WHERE digest = ?", (digest,)
    ).fetchall()
    for village, part, holder, body in rows:
        shared = holder == "" and (part in scope.grids(village) or part == COMMON)
        if shared or holder == scope.worker:
            return keys.decrypt_blob(body, digest.encode())
    return None
