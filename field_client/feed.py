"""How far a device follows each village, and what it found to differ."""

from __future__ import annotations

import msgspec

from field_client.store import Store
from sync.scope import COMMON, OWN, Scope

_FEED = "feed:"


class Feed(msgspec.Struct, frozen=True):
    """A village as it is followed: the cursor after the last page stored, and the parts that it covers.

    `hashes` are the server's by part at that cursor, as far as they were told or found equal.
    """

    epoch: str
    cursor: str = ""
    parts: tuple[str, ...] = ()
    hashes: dict[str, str] = {}


class Divergence(msgspec.Struct, frozen=True):
    """A part of the copy that was not the server's: the records that differed, and whether it was put right."""

    village: str
    part: str
    records: tuple[str, ...] = ()
    repaired: bool = False


class ScopeChanged(Exception):
    """A reply was made under another scope number: the scope is asked for before anything is stored."""


def feed_of(store: Store, village: str, epoch: str) -> Feed:
    """How a village is followed in this epoch; from nothing where it is not yet."""
    feed = store.meta(_FEED + village, Feed)
    return feed if feed is not None and feed.epoch == epoch else Feed(epoch)


def keep_feed(store: Store, village: str, feed: Feed) -> None:
    """Called in the transaction that stores what the cursor stands for."""
    store.set_meta(_FEED + village, feed)


def forget_feeds(store: Store, kept: list[str]) -> None:
    """Villages that are not followed any more start from nothing if they ever come back."""
    with store.transaction() as connection:
        for (key,) in connection.execute("SELECT key FROM meta WHERE key LIKE ? || '%'", (_FEED,)).fetchall():
            if key.removeprefix(_FEED) not in kept:
                connection.execute("DELETE FROM meta WHERE key = ?", (key,))


def trim_feeds(store: Store, scope: Scope) -> None:
    """Grids that left the scope count as not followed, so that they are fetched whole if they come back."""
    for of in scope.villages:
        feed = store.meta(_FEED + of.village, Feed)
        if feed is not None:
            parts = tuple(part for part in feed.parts if part in (COMMON, OWN) or part in of.grids)
            keep_feed(store, of.village, msgspec.structs.replace(feed, parts=parts))
