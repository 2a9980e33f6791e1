"""`GET /sync/v1/live`: server-sent events that a village has changed."""

from __future__ import annotations

import sqlite3

from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream

from server.api.sync.wire import AnyRequest, SyncServer, caller, device_of, scope_for
from server.live import Live
from server.problem import ProblemError
from server.store import scopes
from server.store.changes import versions_of


@get(
    "/live",
    summary="实时提醒",
    description="“某村社已到某版本”的提示，供设备决定何时拉取。",
    media_type="text/event-stream",
)
async def get_live(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
    live: NamedDependency[Live],
    state: State,
    village: FromQuery[str],
) -> Stream:
    hashed = caller(request)
    device = await server.store.read(lambda db: device_of(db, hashed))
    if not scopes.follows(await scope_for(server, device, server.clock()), village):
        raise ProblemError("forbidden")

    def newest(db: sqlite3.Connection) -> int:
        return versions_of(db, village)[0]

    version = await server.store.read(newest)
    return Stream(
        live.events(village, version, state.stopping),
        media_type="text/event-stream",
        headers={"cache-control": "no-store"},
    )
