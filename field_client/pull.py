"""Following one village: changes page by page, each stored with its cursor, and the hashes compared at the end."""

from __future__ import annotations

from field_client.errors import CallRefused, Unreachable
from field_client.exchange import Exchange, Step, server_ms
from field_client.feed import Divergence, Feed, ScopeChanged, feed_of, keep_feed
from field_client.outbox import Outbox
from field_client.record_copy import RecordCopy, scope_grids
from field_client.segments import Segments
from grid_map.days import count_day
from sync.kinds import REFERENCE_VILLAGE
from sync.protocol import ChangesPage
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
        self._begin()
        page = self._to_the_end()
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

    def _begin(self) -> None:
        """Where nothing, or not every grid in scope, is followed yet: segments first."""
        feed = self._feed()
        grids = scope_grids(self._exchange.scope).get(self._village, frozenset())
        if not feed.cursor:
            Segments(self._exchange, self._village).load()
        elif not grids <= set(feed.parts):
            Segments(self._exchange, self._village).load(missing_only=True)

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
                Segments(self._exchange, self._village).load()
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
            highest = self._copy.apply_entries(
                connection, self._village, [bytes(entry) for entry in page.records], self._exchange.scope
            )
            keep_feed(self._store, self._village, Feed(feed.epoch, page.cursor, feed.parts))
            outbox.lift_held_by_copy()
            if not page.more:
                outbox.lift_pulled(self._village)
            self._exchange.adopt_clock(highest)
        self.received += len(page.records)
        self._exchange.step(Step("page", self.received, self.received, self._village))

    def _differing(self, page: ChangesPage) -> list[str]:
        """The parts of which the copy, without anything laid over it, is not the server's."""
        ours = self._copy.hashes(self._village)
        if page.hashes is None:
            whole = EMPTY
            for value in ours.values():
                whole ^= value
            same = page.hash is None or page.hash == hash_text(whole)
            return [] if same else sorted(ours.keys() | self._feed().parts)
        parts = ours.keys() | page.hashes.keys()
        return sorted(
            part
            for part in parts
            if hash_text(ours.get(part, EMPTY)) != page.hashes.get(part, hash_text(EMPTY))
        )

    def _repaired_on(self, part: str) -> str | None:
        return self._store.meta(f"repaired:{self._village}:{part}", str)

    def _note_repair(self, parts: list[str], today: str) -> None:
        for part in parts:
            self._store.set_meta(f"repaired:{self._village}:{part}", today)


def followed(villages: list[str]) -> list[str]:
    """The feeds in the order in which they are pulled: what the others refer to first."""
    return [REFERENCE_VILLAGE, *villages]
