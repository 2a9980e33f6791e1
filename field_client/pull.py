"""Following one village: changes page by page, each stored with its cursor, and the hashes compared at the end."""

from __future__ import annotations

import msgspec

from field_client.errors import CallRefused, Unreachable
from field_client.exchange import Exchange, Step, server_ms
from field_client.feed import Divergence, Feed, ScopeChanged, feed_of, keep_feed
from field_client.outbox import Outbox
from field_client.record_copy import RecordCopy, scope_grids
from field_client.segments import Segments
from grid_map.days import count_day
from sync.kinds import REFERENCE_VILLAGE
from sync.protocol import ChangesPage, SegmentList
from sync.statehash import EMPTY, hash_text


class Pull:
    """One run of following a village. Raises NewEpoch and ScopeChanged, which the sync loop answers."""

    def __init__(self, exchange: Exchange, village: str) -> None:
        self._exchange = exchange
        self._store = exchange.store
        self._copy = RecordCopy(exchange.store)
        self._village = village
        self.received = 0

    def run(self) -> list[Divergence]:
        """Pull to the end; what differed and was put right, or differs still."""
        page = self._begin() or self._to_the_end()
        differing = self._differing(page)
        if not differing:
            return []
        today = count_day(server_ms(page.time)).isoformat()
        again = [part for part in differing if self._repaired_on(part) != today]
        found = []
        if again:
            found = Segments(self._exchange, self._village).repair(again)
            self._note_repair(again, today)
            differing = self._differing(self._to_the_end())
        still = [Divergence(self._village, part) for part in differing]
        return [*(one for one in found if one.part not in differing), *still]

    def _begin(self) -> ChangesPage | None:
        """Where nothing, or not every grid in scope, is followed yet: segments first.

        Segments to which nothing has been added since are the end of the feed already.
        """
        feed = self._feed()
        grids = scope_grids(self._exchange.scope).get(self._village, frozenset())
        if not feed.cursor:
            return self._whole(self._load())
        if not grids <= set(feed.parts):
            # the list's cursor may be ahead of ours: what is followed already is brought up to it before it counts
            listed = Segments(self._exchange, self._village).listed()
            self._to_the_end()
            self._load(missing_only=True, listed=listed)
        return None

    def _load(self, missing_only: bool = False, listed: SegmentList | None = None) -> SegmentList:
        segments = Segments(self._exchange, self._village)
        listed = segments.load(missing_only, listed)
        self.received += segments.received
        return listed

    def _whole(self, listed: SegmentList) -> ChangesPage | None:
        if listed.hashes is None:
            return None
        page = ChangesPage(
            epoch=listed.epoch,
            time=listed.time,
            scope=listed.scope,
            records=[],
            cursor=listed.cursor,
            more=False,
            hashes=listed.hashes,
        )
        self._store_page(page)
        return page

    def _feed(self) -> Feed:
        return feed_of(self._store, self._village, self._exchange.identity.epoch)

    def _to_the_end(self) -> ChangesPage:
        while True:
            try:
                page = self._page()
            except CallRefused as refused:
                if refused.code != "cursor-expired":
                    raise
                expired = self._feed()
                keep_feed(self._store, self._village, Feed(expired.epoch, "", expired.parts))
                self._load()
                continue
            self._store_page(page)
            if not page.more:
                return page

    def _page(self) -> ChangesPage:
        exchange, feed = self._exchange, self._feed()
        limit = exchange.identity.limits.page_records
        page = exchange.call(
            lambda: exchange.transport.get(
                "/changes",
                ChangesPage,
                exchange.identity.token,
                village=self._village,
                after=feed.cursor,
                limit=limit,
            )
        )
        exchange.take_epoch(page.epoch)
        if page.scope != exchange.scope.number:
            raise ScopeChanged()
        return page

    def _store_page(self, page: ChangesPage) -> None:
        outbox, feed = Outbox(self._store), self._feed()
        if page.more and page.cursor == feed.cursor:
            raise Unreachable("a page that does not advance")
        with self._store.transaction() as connection:
            highest, erased = self._copy.apply_entries(
                connection, self._village, [bytes(entry) for entry in page.records], self._exchange.scope
            )
            for record in erased:
                outbox.erase(record)
            hashes = feed.hashes if page.cursor == feed.cursor else {}
            keep_feed(self._store, self._village, Feed(feed.epoch, page.cursor, feed.parts, hashes))
            outbox.lift_held_by_copy()
            if not page.more:
                outbox.lift_pulled(self._village)
            self._exchange.adopt_clock(highest)
        self.received += len(page.records)
        self._exchange.step(Step("page", self.received, self.received, self._village))

    def _differing(self, page: ChangesPage) -> list[str]:
        """The parts of which the copy, without anything laid over it, is not the server's."""
        ours = {part: hash_text(value) for part, value in self._copy.hashes(self._village).items()}
        feed = self._feed()
        theirs = page.hashes
        if theirs is None:
            if page.hash is None or page.hash == combined(ours):
                self._keep_hashes(feed, ours)
                return []
            # nothing changed since the parts were last told; if those are not known, any may differ
            theirs = feed.hashes if page.hash == combined(feed.hashes) else {}
            if not theirs:
                return sorted(ours.keys() | feed.parts)
        self._keep_hashes(feed, theirs)
        nothing = hash_text(EMPTY)
        parts = ours.keys() | theirs.keys()
        return sorted(part for part in parts if ours.get(part, nothing) != theirs.get(part, nothing))

    def _keep_hashes(self, feed: Feed, hashes: dict[str, str]) -> None:
        if feed.hashes != hashes:
            keep_feed(self._store, self._village, msgspec.structs.replace(feed, hashes=hashes))

    def _repaired_on(self, part: str) -> str | None:
        return self._store.meta(f"repaired:{self._village}:{part}", str)

    def _note_repair(self, parts: list[str], today: str) -> None:
        for part in parts:
            self._store.set_meta(f"repaired:{self._village}:{part}", today)


def combined(hashes: dict[str, str]) -> str:
    """One hash over all parts."""
    value = EMPTY
    for text in hashes.values():
        value ^= int(text, 16)
    return hash_text(value)


def followed(villages: list[str]) -> list[str]:
    """The feeds in the order in which they are pulled: what the others refer to first."""
    return [REFERENCE_VILLAGE, *villages]
