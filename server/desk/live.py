"""What an open page hears: that something at its place changed, and how many things wait there now.

The page is told, not changed: a list that moved under a finger would have the wrong entry pressed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec

from server.desk.desk import Desk
from server.desk.navigation import entries_for
from server.desk.visitor import visitor_at
from server.desk.waiting import waiting_counts
from server.live import PING, Live
from server.problem import ProblemError
from server.store.places import newest_version, village_range
from server.store.sessions import session_account
from sync.clock import moment

GATHERED_SECONDS = 1.0
"""Phones push in bursts: what follows the first change within this time is told with it."""
ENDED = b"event: ended\ndata: {}\n\n"


class News(msgspec.Struct, frozen=True):
    """The data of an event: the sum of the versions of the place's villages, and what waits (`Entry.waiting`)."""

    version: int
    counts: dict[str, int]


async def news_of(
    desk: Desk, live: Live, session: bytes, place: str, stopping: asyncio.Event
) -> AsyncIterator[bytes]:
    """Server-sent events of a place for a session (its token's hash), the present state first.

    Ends with `ended` once the session has, or no longer reaches this place.
    """
    async with aclosing(live.changes(place, stopping)) as changes:
        told: News | None = None
        async for changed in changes:
            if changed and told is not None:
                await _first_of_seconds(stopping, GATHERED_SECONDS)
            news = await desk.store.read(lambda db: _news(db, desk, session, place))
            if news is None:
                yield ENDED
                return
            yield PING if news == told else b"event: news\ndata: %b\n\n" % msgspec.json.encode(news)
            told = news


async def _first_of_seconds(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


def _news(db: sqlite3.Connection, desk: Desk, session: bytes, place: str) -> News | None:
    now_ms = desk.clock()
    account = session_account(db, session, moment(now_ms))
    if account is None:
        return None
    try:
        visitor = visitor_at(db, account, place, now_ms)
    except ProblemError:
        return None
    version = newest_version(db, village_range(place))
    return News(version, waiting_counts(db, visitor, entries_for(visitor)))
