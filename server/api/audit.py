"""`/api/v1/audit`: who did or read what, for the city administrator."""

from __future__ import annotations

import sqlite3
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, Parameter

from server.api.desk import read_audited
from server.api.sync.wire import SyncServer
from server.clock import Clock
from server.roles import Action, require
from server.store.accounts import Account, actor_of
from server.store.audit import Entry, entries


class AuditPage(msgspec.Struct, frozen=True):
    """Entries in the order in which they were written; ask again with `after` for the next ones."""

    entries: list[Entry]
    after: int
    more: bool


@get(
    "/",
    summary="审计记录",
    description="谁在何时做了什么、看了什么；`after` 为上一页最后一条的编号，`division` 只看某区划。",
)
async def get_audit(
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
    after: FromQuery[Annotated[int, Parameter(ge=0, le=2**63 - 1)]] = 0,
    limit: FromQuery[Annotated[int, Parameter(ge=1, le=1000)]] = 200,
    division: FromQuery[str | None] = None,
    subject: FromQuery[str | None] = None,
) -> AuditPage:
    now_ms = clock()
    require(actor_of(account), Action.AUDIT_READ, account.division if division is None else division)

    def read(db: sqlite3.Connection) -> AuditPage:
        found = entries(db, after=after, limit=limit + 1, division=division or "", subject=subject)
        more, page = len(found) > limit, found[:limit]
        # what belongs to no place (a sign-in) is the administrator's to see; another city's entries are not
        seen = [
            entry for entry in page if entry.village is None or entry.village.startswith(account.division)
        ]
        return AuditPage(seen, page[-1].id if page else after, more)

    of = account.division if division is None else division
    return await read_audited(server, read, account, Action.AUDIT_READ, of, now_ms)


audit = Router("/audit", route_handlers=[get_audit], tags=["审计"])
