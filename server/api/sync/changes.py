"""`GET /sync/v1/changes`: records of one village changed after a cursor, in scope, oldest change first."""

from __future__ import annotations

import sqlite3
from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, Parameter

from grid_map.days import count_day
from server.api.sync.wire import AnyRequest, SyncServer, caller, device_of, heading, renewed_scope, reply
from server.problem import ProblemError
from server.store import scopes
from server.store.changes import Feed, combined
from sync.protocol import encode
from sync.scope import Scope
from sync.statehash import hash_text


@get("/changes", summary="变更", description="一个村社在游标之后的变更；最后一页附各部分的校验值。")
async def get_changes(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
    village: FromQuery[str],
    after: FromQuery[str] = "",
    limit: FromQuery[Annotated[int, Parameter(ge=1)]] = 500,
) -> Response[bytes]:
    hashed, now_ms = caller(request), server.clock()
    today, limit = count_day(now_ms), min(limit, server.settings.changes_page_records_max)

    def read(db: sqlite3.Connection) -> bytes | None:
        device = device_of(db, hashed)
        scope = scopes.current(db, device.worker, today)
        return None if scope is None else _page(db, scope)

    def renew(db: sqlite3.Connection) -> None:
        renewed_scope(server, db, device_of(db, hashed), now_ms)

    def _page(db: sqlite3.Connection, scope: Scope) -> bytes:
        if not scopes.follows(scope, village):
            raise ProblemError("forbidden")
        head = heading(db, now_ms)
        page = Feed(db, server.keys, scope, village).page(head["epoch"], after, limit)
        message: dict[str, object] = {**head, "scope": scope.number, "cursor": page.cursor, "more": page.more}
        if page.hashes is not None and page.cursor == after:
            message["hash"] = combined(page.hashes)
        elif page.hashes is not None:
            message["hashes"] = {part: hash_text(value) for part, value in page.hashes.items()}
        return b'%b,"records":[%b]}' % (encode(message)[:-1], b",".join(page.entries))

    body = await server.store.read(read)
    while body is None:
        await server.store.write(renew)
        body = await server.store.read(read)
    return reply(request, body)
