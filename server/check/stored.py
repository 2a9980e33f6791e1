"""Rows of a village against their bodies, its versions, state hashes and grants against the records."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterator

import msgspec

from server.check.fault import Fault, compared
from server.keys import Keys
from server.store.bodies import opened
from server.store.feeds import needed_by
from sync.record import Record, parent_of, part_of
from sync.sealing import SealError
from sync.statehash import record_hash

ZERO = bytes(16)


class StoredVillage:
    """One village's rows. `records` are those that could be read, by id, once `faults` has run."""

    def __init__(self, db: sqlite3.Connection, keys: Keys, village: str) -> None:
        self.db, self.keys, self.village = db, keys, village
        self.records: dict[str, Record] = {}
        self.unreadable: set[str] = set()

    def faults(self) -> Iterator[Fault]:
        """What is wrong with this village's rows."""
        yield from self._bodies()
        yield from self._versions()
        yield from self._hashes()
        yield from self._segments()

    def _bodies(self) -> Iterator[Fault]:
        rows = self.db.execute(
            "SELECT id, kind, part, holder, parent, revision, body FROM records WHERE village = ? ORDER BY version",
            (self.village,),
        )
        for identifier, kind, part, holder, parent, revision, body in rows:
            try:
                record = opened(self.keys, identifier, body)
            except (SealError, msgspec.MsgspecError):
                self.unreadable.add(identifier)
                yield self._fault(
                    "altered-record", identifier, "内容被改动，无法读出", "the record was altered"
                )
                continue
            self.records[identifier] = record
            said = self.village, identifier, kind, part, holder, parent, revision
            right = (
                record.village, record.id, record.kind, part_of(record), record.holder, parent_of(record),
                record.revision,
            )  # fmt: skip
            if said != right:
                yield self._fault(
                    "columns", identifier, "索引列与内容不一致", f"columns {said} against the body's {right}"
                )

    def _versions(self) -> Iterator[Fault]:
        row = self.db.execute("SELECT version FROM villages WHERE village = ?", (self.village,)).fetchone()
        newest = 0 if row is None else row[0]
        seen: dict[int, str] = {}
        rows = self.db.execute(
            "SELECT version, id FROM records WHERE village = ?1"
            " UNION ALL SELECT version, record FROM departures WHERE village = ?1",
            (self.village,),
        )
        for version, identifier in rows:
            if not 1 <= version <= newest:
                yield self._fault(
                    "version",
                    identifier,
                    f"版本 {version} 超出村社的 {newest}",
                    f"version {version} of {newest}",
                )
            if version in seen:
                yield self._fault(
                    "version-twice",
                    identifier,
                    f"版本 {version} 与 {seen[version]} 重复",
                    f"version {version} is also {seen[version]}'s",
                )
            seen[version] = identifier

    def _hashes(self) -> Iterator[Fault]:
        right: dict[tuple[str, str], int] = defaultdict(int)
        rows = self.db.execute(
            "SELECT part, coalesce(holder, ''), id, version FROM records WHERE village = ?", (self.village,)
        )
        for part, holder, identifier, version in rows:
            right[part, holder] ^= record_hash(identifier, version)
        stored = {
            (part, holder): value
            for part, holder, value in self.db.execute(
                "SELECT part, holder, hash FROM part_hashes WHERE village = ?", (self.village,)
            )
            if value != ZERO
        }
        wanted = {where: value.to_bytes(16, "big") for where, value in right.items() if value}
        for where in sorted(stored.keys() | wanted.keys()):
            if stored.get(where) != wanted.get(where):
                yield self._fault(
                    "part-hash",
                    f"{where[0]} {where[1]}",
                    "校验值与记录不符",
                    "the state hash is not the records'",
                )

    def _segments(self) -> Iterator[Fault]:
        rows = self.db.execute("SELECT part, digest, body FROM segments WHERE village = ?", (self.village,))
        for part, digest, body in rows:
            try:
                plain = self.keys.decrypt_blob(body, digest.encode())
            except SealError:
                plain = b""
            if hashlib.sha256(plain).hexdigest() != digest:
                yield self._fault(
                    "segment", part, "分段的内容与摘要不符", "a segment is not what its digest names"
                )

    def _fault(self, code: str, where: str, message: str, message_en: str) -> Fault:
        return Fault(code, self.village, where, message, message_en)


def grant_faults(db: sqlite3.Connection, villages: dict[str, dict[str, Record]]) -> Iterator[Fault]:
    """Grants against the cases and tasks of all villages: whoever has one in hand sees what it needs."""
    home = {identifier: village for village, records in villages.items() for identifier in records}
    right = {
        (home.get(needed, village), record.holder, needed, record.id): True
        for village, records in villages.items()
        for record in records.values()
        if record.holder is not None and record.void is None
        for needed in needed_by(record)
    }
    stored = {tuple(row): True for row in db.execute("SELECT village, worker, record, because FROM grants")}
    yield from compared("grant", "", ("一项查阅授权", "a grant"), stored, right)
