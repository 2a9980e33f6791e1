"""Reading a village's feed as one device may see it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from server.keys import Keys
from server.store.bodies import opened_bytes
from server.store.erasures import is_erased
from sync.cursor import cursor_text, cursor_version
from sync.protocol import Gone
from sync.record import with_version
from sync.scope import COMMON, OWN, Scope
from sync.statehash import hash_text, record_hash

_encode = msgspec.json.Encoder().encode


class Page(NamedTuple):
    """A page of a feed: entries as JSON, the cursor after it, and on the last page the hashes by part."""

    entries: list[bytes]
    cursor: str
    more: bool
    hashes: dict[str, int] | None


def epoch_of(db: sqlite3.Connection) -> str:
    """The server's epoch; new after every restore."""
    return str(db.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0])


def versions_of(db: sqlite3.Connection, village: str) -> tuple[int, int]:
    """A village's newest version, and the one after which every departure is kept."""
    row = db.execute("SELECT version, oldest FROM villages WHERE village = ?", (village,)).fetchone()
    return (0, 0) if row is None else (row[0], row[1])


class Feed:
    """One village's feed for one scope, on one snapshot."""

    def __init__(self, db: sqlite3.Connection, keys: Keys, scope: Scope, village: str) -> None:
        self.db = db
        self.keys = keys
        self.scope = scope
        self.village = village
        self.worker = scope.worker
        self.parts = [*sorted(scope.grids(village)), COMMON]
        self._marks = ",".join("?" * len(self.parts))

    def page(self, epoch: str, after: str, limit: int) -> Page:
        """What changed after a cursor. CursorExpired if the device has to fetch segments."""
        newest, oldest = versions_of(self.db, self.village)
        version = cursor_version(after, epoch, newest, oldest)
        if version == newest:
            return Page([], after, False, self.hashes())
        found = self._records_after(version, limit + 1) + self._departures_after(version, limit + 1)
        found.sort()
        more = len(found) > limit
        cursor = cursor_text(epoch, found[limit - 1][0] if more else newest)
        entries = [entry for _, entry in found[:limit] if entry]
        return Page(entries, cursor, more, None if more else self.hashes())

    def _records_after(self, version: int, limit: int) -> list[tuple[int, bytes]]:
        rows = self.db.execute(
            "SELECT version, id, body FROM records WHERE village = ? AND version > ?"
            f" AND (part IN ({self._marks}) OR holder = ?"
            " OR id IN (SELECT record FROM grants WHERE village = ? AND worker = ?)) ORDER BY version LIMIT ?",
            (self.village, version, *self.parts, self.worker, self.village, self.worker, limit),
        )
        return [(at, with_version(opened_bytes(self.keys, record, body), at)) for at, record, body in rows]

    def _departures_after(self, version: int, limit: int) -> list[tuple[int, bytes]]:
        rows = self.db.execute(
            "SELECT version, record, revision FROM departures WHERE village = ? AND version > ?"
            f" AND (part IN ({self._marks}) OR holder = ?) ORDER BY version LIMIT ?",
            (self.village, version, *self.parts, self.worker, limit),
        ).fetchall()
        return [(at, self._departure(at, record, revision, version)) for at, record, revision in rows]

    def _departure(self, at: int, record: str, revision: int, after: int) -> bytes:
        """The record as it is now where it is still in scope (nothing where the feed brings it anyway), else `Gone`."""
        now = self._where_now(record)
        if now is None:
            return _encode(Gone(at, record, revision, True, is_erased(self.db, record)))
        village, version, body = now
        if village == self.village and version > after:
            return b""
        return with_version(opened_bytes(self.keys, record, body), version)

    def _where_now(self, record: str) -> tuple[str, int, bytes] | None:
        for of in self.scope.villages:
            row = self.db.execute(
                "SELECT village, version, part, holder, body FROM records WHERE village = ? AND id = ?",
                (of.village, record),
            ).fetchone()
            if row is not None:
                village, version, part, holder, body = row
                seen = (
                    part in of.grids
                    or part == COMMON
                    or holder == self.worker
                    or self._granted(village, record)
                )
                return (village, version, body) if seen else None
        return None

    def _granted(self, village: str, record: str) -> bool:
        row = self.db.execute(
            "SELECT 1 FROM grants WHERE village = ? AND worker = ? AND record = ?",
            (village, self.worker, record),
        ).fetchone()
        return row is not None

    def hashes(self) -> dict[str, int]:
        """The state hash of every part in scope, taken in this snapshot."""
        found = dict.fromkeys([*self.parts, OWN], 0)
        rows = self.db.execute(
            f"SELECT part, holder, hash FROM part_hashes WHERE village = ? AND (part IN ({self._marks}) OR holder = ?)",
            (self.village, *self.parts, self.worker),
        )
        for part, _, value in rows:
            found[part if part in found else OWN] ^= int.from_bytes(value, "big")
        for record, version in self._granted_elsewhere():
            found[OWN] ^= record_hash(record, version)
        return found

    def _granted_elsewhere(self) -> Iterable[tuple[str, int]]:
        return self.db.execute(
            "SELECT DISTINCT r.id, r.version FROM grants g JOIN records r ON r.village = g.village AND r.id = g.record"
            f" WHERE g.village = ? AND g.worker = ? AND r.part NOT IN ({self._marks}) AND r.holder IS NOT ?",
            (self.village, self.worker, *self.parts, self.worker),
        ).fetchall()

    def part_records(self, part: str) -> Iterable[tuple[int, bytes]]:
        """Every record of a part with its version, as JSON, oldest change first."""
        if part == OWN:
            rows = self.db.execute(
                "SELECT version, id, body FROM records WHERE village = ?"
                f" AND part NOT IN ({self._marks}) AND (holder = ?"
                " OR id IN (SELECT record FROM grants WHERE village = ? AND worker = ?)) ORDER BY version",
                (self.village, *self.parts, self.worker, self.village, self.worker),
            )
        else:
            rows = self.db.execute(
                "SELECT version, id, body FROM records WHERE village = ? AND part = ? ORDER BY version",
                (self.village, part),
            )
        for version, record, body in rows:
            yield version, with_version(opened_bytes(self.keys, record, body), version)


def combined(hashes: dict[str, int]) -> str:
    """One hash over all parts, for a page with nothing in it."""
    value = 0
    for part in hashes.values():
        value ^= part
    return hash_text(value)
