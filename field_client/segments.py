"""First sync: segments fetched one by one, kept compressed until all are there, then stored in one transaction.

A segment's digest never names other bytes, so what was fetched before a break is not fetched again.
"""

from __future__ import annotations

import hashlib
import io
import sqlite3
from collections.abc import Callable, Iterator

import zstandard

from field_client.errors import CallRefused, Unreachable
from field_client.exchange import Exchange, Step
from field_client.feed import Divergence, Feed, ScopeChanged, feed_of, keep_feed
from field_client.outbox import Outbox
from field_client.record_copy import (
    Held,
    RecordCopy,
    clock_of,
    decode_feed,
    replaces,
    row_of,
    scope_grids,
)
from sync.protocol import SegmentEntry, SegmentList

FETCHES_MAX = 3


class Segments:
    """The segments of one village."""

    def __init__(self, exchange: Exchange, village: str) -> None:
        self._exchange = exchange
        self._store = exchange.store
        self._copy = RecordCopy(exchange.store)
        self._village = village
        self.received = 0

    def load(self, missing_only: bool = False, listed: SegmentList | None = None) -> SegmentList:
        """Fetch and store the village's segments and the cursor from which its changes follow.

        missing_only: only the parts that are not followed yet (the scope grew). `listed` spares asking for the list.
        """
        feed = feed_of(self._store, self._village, self._exchange.identity.epoch)
        followed = frozenset(feed.parts) if missing_only else frozenset[str]()
        listed, wanted, bodies = self._fetched(lambda part: part not in followed, listed)
        self._stored(listed, wanted, bodies, fresh=not feed.parts)
        self.received += sum(entry.records for entry in wanted)
        return listed

    def repair(self, parts: list[str]) -> list[Divergence]:
        """Fetch parts that differ again and put them in the place of the copy's; what differed."""
        listed, wanted, bodies = self._fetched(lambda part: part in parts)
        before = {
            identifier: held
            for identifier, held in self._copy.held(home=self._village).items()
            if held.part in parts
        }
        with self._store.transaction() as connection:
            # a part without a segment has no records
            for part in parts:
                connection.execute("DELETE FROM copy WHERE home = ? AND part = ?", (self._village, part))
            held = self._copy.held()
            for entry in wanted:
                self._store_lines(connection, bodies[entry.digest], held)
            keep_feed(self._store, self._village, self._feed_after(listed))
            Outbox(self._store).lay_again(list(before))
            connection.execute("DELETE FROM segment WHERE village = ?", (self._village,))
        return differences(self._village, parts, before, self._copy.held(home=self._village), wanted)

    def listed(self) -> SegmentList:
        """The list as it is now. NewEpoch, ScopeChanged."""
        exchange = self._exchange
        listed = exchange.call(
            lambda: exchange.transport.get(
                "/segments", SegmentList, exchange.identity.token, village=self._village
            )
        )
        exchange.take_epoch(listed.epoch)
        if listed.scope != exchange.scope.number:
            raise ScopeChanged()
        return listed

    def _fetched(
        self, wants: Callable[[str], bool], first: SegmentList | None = None
    ) -> tuple[SegmentList, list[SegmentEntry], dict[str, bytes]]:
        """The list, its wanted segments, and their compressed bytes by digest.

        A segment that is no longer there was replaced: the list is fetched again, what is stored stays.
        """
        for _ in range(FETCHES_MAX):
            listed, first = first or self.listed(), None
            wanted = [entry for entry in listed.segments if wants(entry.part)]
            try:
                self._fetch_missing(wanted)
            except CallRefused as refused:
                if refused.status != 404:
                    raise
                continue
            rows = self._store.rows("SELECT digest, body FROM segment WHERE village = ?", (self._village,))
            bodies = {digest: self._store.open(f"segment:{digest}", body) for digest, body in rows}
            return listed, wanted, bodies
        raise Unreachable("the segments change faster than they can be fetched")

    def _fetch_missing(self, wanted: list[SegmentEntry]) -> None:
        for done, entry in enumerate(wanted):
            self._exchange.step(Step("segment", done, len(wanted), self._village))
            if self._store.row("SELECT 1 FROM segment WHERE digest = ?", (entry.digest,)) is None:
                self._fetch(entry)
        self._exchange.step(Step("segment", len(wanted), len(wanted), self._village))

    def _fetch(self, entry: SegmentEntry) -> None:
        exchange = self._exchange
        for _ in range(FETCHES_MAX):
            body = exchange.call(
                lambda: exchange.transport.get_bytes(f"/segments/{entry.digest}", exchange.identity.token)
            )
            if hashlib.sha256(body).hexdigest() == entry.digest:
                break
        else:
            raise Unreachable("a segment does not have the bytes that its digest names")
        lying = self._store.seal(f"segment:{entry.digest}", body)
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO segment VALUES (?, ?, ?)", (entry.digest, self._village, lying)
            )

    def _stored(
        self, listed: SegmentList, wanted: list[SegmentEntry], bodies: dict[str, bytes], fresh: bool
    ) -> None:
        self._exchange.step(Step("store", 0, 1, self._village))
        with self._store.transaction() as connection:
            if fresh:
                # first sync of this epoch: whatever another epoch left is of no use
                connection.execute("DELETE FROM copy WHERE home = ?", (self._village,))
            highest, stepped_back, held = "", [], self._copy.held()
            for entry in wanted:
                named, clock = self._store_lines(connection, bodies[entry.digest], held)
                highest = max(highest, clock)
                if not fresh:
                    stepped_back += self._drop_departed(connection, entry, named)
            keep_feed(self._store, self._village, self._feed_after(listed))
            connection.execute("DELETE FROM segment WHERE village = ?", (self._village,))
            Outbox(self._store).lay_again(stepped_back)
            self._exchange.adopt_clock(highest)
        self._exchange.step(Step("store", 1, 1, self._village))

    def _feed_after(self, listed: SegmentList) -> Feed:
        parts = {entry.part for entry in listed.segments}
        grids = scope_grids(self._exchange.scope).get(self._village, frozenset())
        return Feed(listed.epoch, listed.cursor, tuple(sorted(parts | grids)))

    def _store_lines(
        self, connection: sqlite3.Connection, body: bytes, held: dict[str, Held]
    ) -> tuple[set[str], str]:
        """Store a segment's records where nothing newer is `held`; the ids it names, and its highest clock."""
        scope = self._exchange.scope
        grids, highest, rows, named = scope_grids(scope), "", [], set()
        for line in lines_of(body):
            record = decode_feed(line)
            highest = max(highest, clock_of(record))
            row = row_of(record, line, grids, scope.worker)
            named.add(row[0])
            known = held.get(row[0])
            if known is None or replaces(known, row):
                rows.append(row)
                held[row[0]] = Held(row[1], row[4], row[5], row[3])
        self._copy.put(connection, rows)
        return named, highest

    def _drop_departed(
        self, connection: sqlite3.Connection, entry: SegmentEntry, named: set[str]
    ) -> list[str]:
        """Drop what left the part before the segment's version, and was not told as gone."""
        rows = connection.execute(
            "SELECT id FROM copy WHERE home = ? AND part = ? AND version <= ?",
            (self._village, entry.part, entry.version),
        ).fetchall()
        left = [identifier for (identifier,) in rows if identifier not in named]
        connection.executemany("DELETE FROM copy WHERE id = ?", [(identifier,) for identifier in left])
        return left


def lines_of(body: bytes) -> Iterator[bytes]:
    """The records of a segment: the lines of its decompressed JSON, read without holding the whole twice."""
    try:
        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(body)) as reader:
            plain = reader.read()
    except zstandard.ZstdError as error:
        raise Unreachable(f"a segment that cannot be read: {error}") from error
    return (line for line in plain.split(b"\n") if line)


def differences(
    village: str,
    parts: list[str],
    before: dict[str, Held],
    after: dict[str, Held],
    fetched: list[SegmentEntry],
) -> list[Divergence]:
    """What differed in each part, among the records that its segment could tell of."""
    version = {entry.part: entry.version for entry in fetched}
    found = []
    for part in parts:
        now = {identifier: held.version for identifier, held in after.items() if held.part == part}
        then = {
            identifier: held.version
            for identifier, held in before.items()
            if held.part == part and held.version <= version.get(part, 0)
        }
        ids = [
            identifier
            for identifier in now.keys() | then.keys()
            if now.get(identifier) != then.get(identifier)
        ]
        if ids:
            found.append(Divergence(village, part, tuple(sorted(ids)), repaired=True))
    return found
