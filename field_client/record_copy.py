"""The device's copy of the server's records: as they came, with the columns by which they are found.

Invariants
- One row a record, whatever feed it came through; `home` is the village that it is in, whose feed gave its `version`
  (a record that moved is sent in its departure's place too, with the version that it has where it now is).
- Within one home the version decides; across feeds the revision does. A copy is never replaced or removed by
  anything of a lower revision that came through another feed, nor removed by an equal one.
- Fields and kinds that this program does not know are kept as they came, and hashed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec

from field_client.search import search_text
from field_client.store import Store
from sync.record import Record, parent_of, part_of
from sync.scope import OWN, Scope, part_in_scope
from sync.statehash import part_hash

_MANY = 500


class FeedRecord(Record, kw_only=True, omit_defaults=True):
    """A record as a feed sends it."""

    version: int


class FeedEntry(msgspec.Struct, frozen=True):
    """The least of an entry: enough to tell a departure from a record."""

    id: str
    version: int
    revision: int = 1
    gone: bool = False
    erased: bool = False


class Held(msgspec.Struct, frozen=True):
    """What is known of a record in the copy without reading it."""

    home: str
    version: int
    revision: int
    part: str


Row = tuple[str, str, str, str, int, int, str | None, str | None, bytes]
"""As the table has it, its last two columns not sealed yet."""
_decode = msgspec.json.Decoder(FeedRecord).decode
_decode_entry = msgspec.json.Decoder(FeedEntry).decode
_decode_record = msgspec.json.Decoder(Record).decode
_INSERT = "INSERT OR REPLACE INTO copy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def row_of(record: FeedRecord, body: bytes, grids: dict[str, frozenset[str]], worker: str) -> Row:
    """A record's row. `grids` are those in scope, by village."""
    part = part_in_scope(part_of(record), record.holder, True, grids.get(record.village, frozenset()), worker)
    return (
        record.id,
        record.village,
        record.kind,
        part or OWN,
        record.version,
        record.revision,
        _parent(record),
        search_text(record.kind, record.values),
        body,
    )


def _parent(record: Record) -> str | None:
    try:
        return parent_of(record)
    except KeyError:
        return None


class RecordCopy:
    """The copy of a store. What writes is called inside a transaction of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, record: str) -> Record | None:
        """A record as the server last told it; None if there is none."""
        row = self._store.row("SELECT id, body FROM copy WHERE id = ?", (record,))
        return None if row is None else self._record(*row)

    def children(self, record: str) -> list[Record]:
        """The records whose place follows this one's."""
        return self.read("parent = ?", (record,))

    def read(self, where: str, parameters: tuple[Any, ...] = ()) -> list[Record]:
        """Records by SQL over the columns."""
        rows = self._store.rows(f"SELECT id, body FROM copy WHERE {where}", parameters)  # noqa: S608
        return [self._record(*row) for row in rows]

    def search_texts(self, kind: str) -> dict[str, str]:
        """What each record of a kind is found by: names are sealed, so they are searched in memory."""
        rows = self._store.rows("SELECT id, search FROM copy WHERE kind = ? AND search IS NOT NULL", (kind,))
        return {record: self._store.open(f"copy:{record}:search", lying).decode() for record, lying in rows}

    def put(self, connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
        """Store rows in the place of those that are there."""
        connection.executemany(_INSERT, (self._lying(row) for row in rows))

    def _lying(self, row: Row) -> tuple[Any, ...]:
        seal, search = self._store.seal, row[7]
        text = None if search is None else seal(f"copy:{row[0]}:search", search.encode())
        return (*row[:7], text, seal(f"copy:{row[0]}:body", bytes(row[8])))

    def _record(self, record: str, lying: bytes) -> Record:
        return _decode_record(self._store.open(f"copy:{record}:body", lying))

    def counts(self) -> dict[str, int]:
        """How many records of each kind there are."""
        return dict(self._store.rows("SELECT kind, count(*) FROM copy GROUP BY kind"))

    def held(self, ids: Iterable[str] | None = None, home: str | None = None) -> dict[str, Held]:
        """What is held of these records, or of a village's; all where neither is said."""
        columns = "SELECT id, home, version, revision, part FROM copy"
        if home is not None:
            rows = self._store.rows(columns + " WHERE home = ?", (home,))
        elif ids is None:
            rows = self._store.rows(columns)
        else:
            wanted = list(ids)
            if len(wanted) > _MANY:
                return self.held()
            marks = ", ".join("?" * len(wanted))
            rows = self._store.rows(f"{columns} WHERE id IN ({marks})", tuple(wanted))
        return {row[0]: Held(*row[1:]) for row in rows}

    def apply_entries(
        self, connection: sqlite3.Connection, feed: str, entries: Iterable[bytes], scope: Scope
    ) -> tuple[str, list[str]]:
        """Take the entries of a page of a feed in; the highest clock that any carries, and the records erased."""
        bodies = [bytes(entry) for entry in entries]
        heads = [_decode_entry(body) for body in bodies]
        held = self.held(head.id for head in heads)
        grids = scope_grids(scope)
        highest, erased = "", []
        for head, body in zip(heads, bodies, strict=True):
            known = held.get(head.id)
            if head.gone:
                if head.erased:
                    erased.append(head.id)
                if known is not None and gone_counts(known, feed, head):
                    connection.execute("DELETE FROM copy WHERE id = ?", (head.id,))
                    del held[head.id]
                continue
            record = _decode(body)
            highest = max(highest, clock_of(record))
            row = row_of(record, body, grids, scope.worker)
            if known is None or replaces(known, row):
                self.put(connection, [row])
                held[head.id] = Held(row[1], row[4], row[5], row[3])
        return highest, erased

    def hashes(self, home: str) -> dict[str, int]:
        """The hash of each part of a village, as the copy has it."""
        parts: dict[str, list[tuple[str, int]]] = {}
        for part, record, version in self._store.rows(
            "SELECT part, id, version FROM copy WHERE home = ?", (home,)
        ):
            parts.setdefault(part, []).append((record, version))
        return {part: part_hash(records) for part, records in parts.items()}

    def follow_scope(self, connection: sqlite3.Connection, scope: Scope) -> int:
        """Drop what a new scope does not allow any more, and count the rest under its parts; how many dropped."""
        grids = scope_grids(scope)
        villages = [of.village for of in scope.villages]
        marks = ", ".join("?" * len(villages))
        dropped = connection.execute(
            f"DELETE FROM copy WHERE home <> 'reference' AND home NOT IN ({marks})",  # noqa: S608
            villages,
        ).rowcount
        for village in villages:
            parts = [
                part
                for (part,) in connection.execute("SELECT DISTINCT part FROM copy WHERE home = ?", (village,))
            ]
            for part in parts:
                if part in ("common", OWN) or part in grids[village]:
                    continue
                dropped += self._drop_part(connection, village, part, scope.worker)
            self._move_own(connection, village, grids[village])
        return dropped

    def _drop_part(self, connection: sqlite3.Connection, village: str, part: str, worker: str) -> int:
        """Drop a grid that left the scope; what its worker holds in hand stays, as the worker's own."""
        found = self.read("home = ? AND part = ?", (village, part))
        kept = [(OWN, record.id) for record in found if record.holder == worker]
        connection.executemany("UPDATE copy SET part = ? WHERE id = ?", kept)
        return connection.execute("DELETE FROM copy WHERE home = ? AND part = ?", (village, part)).rowcount

    def _move_own(self, connection: sqlite3.Connection, village: str, grids: frozenset[str]) -> None:
        """What was the worker's own and stands in a grid that came into scope counts there."""
        found = self.read("home = ? AND part = ?", (village, OWN))
        moved = [(part, record.id) for record in found if (part := part_of(record)) in grids]
        connection.executemany("UPDATE copy SET part = ? WHERE id = ?", moved)


def replaces(known: Held, row: Row) -> bool:
    """Whether a row that arrived replaces the one that is held."""
    home, version, revision = row[1], row[4], row[5]
    return version > known.version if known.home == home else revision > known.revision


def gone_counts(known: Held, feed: str, gone: FeedEntry) -> bool:
    """Whether a departure removes the copy that is held."""
    if known.home == feed:
        return gone.version > known.version
    return gone.revision > known.revision


def clock_of(record: Record) -> str:
    """The highest clock that a record carries."""
    if not record.clocks:
        return record.created.clock
    return max((record.created.clock, *(stamp.clock for stamp in record.clocks.values())))


def scope_grids(scope: Scope) -> dict[str, frozenset[str]]:
    """The grids in scope, by village."""
    return {of.village: frozenset(of.grids) for of in scope.villages}


def decode_feed(line: bytes) -> FeedRecord:
    """A record as a feed or a segment sends it."""
    return _decode(line)
