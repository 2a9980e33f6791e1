"""`/api/v1/residents`: erasing one, by order of the city administrator."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from server.api.sync.wire import SyncServer
from server.clock import Clock
from server.erasure.clearing import clear_away
from server.erasure.erasing import Done, Reason, erase
from server.erasure.finding import Looked
from server.erasure.preview import ErasurePreview, preview_of, village_of
from server.problem import ProblemError
from server.roles import Action, require
from server.store.accounts import Account, actor_of
from server.store.audit import Entry, record
from sync.clock import moment


class ErasureRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Why, by a code, and the visits whose content goes too (ids)."""

    reason: Reason
    visits: Annotated[list[Annotated[str, Meta(max_length=36)]], Meta(max_length=1000)] = []


class ErasureReply(msgspec.Struct, frozen=True, kw_only=True):
    """What it came to. `again`: it had been done before. `overwritten`: nothing of it lies in the database's files any
    more; where it is false a long read was under way, and the call is made once more.
    """

    done: Done
    overwritten: bool


def _require_at(db: sqlite3.Connection, account: Account, resident: str) -> str:
    """The resident's village, for whoever may erase there; who may nowhere does not learn whether there is one."""
    require(actor_of(account), Action.ERASURE_ORDER, account.division)
    village = village_of(db, resident)
    if village is None or not village.startswith(account.division):
        raise ProblemError("not-found")
    return village


@get(
    "/{resident:str}/erasure",
    summary="预览删除居民资料",
    description="将删除什么，哪些要人工查看；`visit` 为一并删除内容的入户记录，可多个。",
)
async def get_erasure(
    resident: FromPath[str],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
    visit: FromQuery[list[str] | None] = None,
) -> ErasurePreview:
    def read(db: sqlite3.Connection) -> ErasurePreview:
        _require_at(db, account, resident)
        return preview_of(db, server.keys, resident, visit or [])[0]

    found = await server.store.read(read)
    entry = Entry(
        time=moment(clock()),
        action=Action.ERASURE_ORDER,
        account=account.id,
        subject_kind="resident",
        subject=resident,
        village=found.village,
        detail={"read": True},
    )
    await server.store.write(lambda db: record(db, entry))
    return found


@post(
    "/{resident:str}/erasure",
    summary="删除居民资料",
    description="由市级管理员下令，不能撤回；再次调用不会改变什么。",
    status_code=200,
)
async def post_erasure(
    resident: FromPath[str],
    data: JSONBody[ErasureRequest],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> ErasureReply:
    now_ms = clock()

    def read(db: sqlite3.Connection) -> Looked | None:
        _require_at(db, account, resident)
        return preview_of(db, server.keys, resident, data.visits)[1]

    looked = await server.store.read(read)

    def write(db: sqlite3.Connection) -> Done:
        _require_at(db, account, resident)
        knowledge = server.intake.knowledge
        return erase(
            db,
            server.keys,
            knowledge,
            resident,
            data.reason,
            data.visits,
            now_ms,
            by=account.id,
            looked=looked,
        )

    try:
        done = await server.store.write(write)
    except LookupError as error:
        raise ProblemError("not-found", f"{error.args[0]}") from None
    overwritten = await asyncio.to_thread(clear_away, server.settings, server.keys)
    return ErasureReply(done=done, overwritten=overwritten)


residents = Router("/residents", route_handlers=[get_erasure, post_erasure], tags=["删除"])
