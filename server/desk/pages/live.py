"""`/desk/live/<place>`: server-sent events for an open page."""

from __future__ import annotations

from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from server.auth import token_hash
from server.desk.desk import Desk, DeskRequest
from server.desk.live import news_of
from server.desk.session import COOKIE
from server.desk.visitor import visitor_at
from server.live import Live
from server.store.accounts import Account


@get("/live/{place:str}", include_in_schema=False)
async def live_news(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    live: NamedDependency[Live],
    account: NamedDependency[Account],
    state: State,
    place: FromPath[str],
) -> Stream:
    now_ms = desk.clock()
    await desk.store.read(lambda db: visitor_at(db, account, place, now_ms))
    session = token_hash(request.cookies.get(COOKIE, ""))
    return Stream(
        news_of(desk, live, session, place, state.stopping),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )
