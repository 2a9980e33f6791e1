"""`/api/v1/…/unsettled`: held and rejected operations with every reason, and putting one right."""

from __future__ import annotations

import sqlite3

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from server.api.desk import masked, read_audited, village_code
from server.api.sync.wire import SyncServer
from server.clock import Clock
from server.mending import MendRequest, UnsettledOperation, mend, unsettled_operations
from server.roles import Action
from server.store.accounts import Account
from sync.protocol import OutcomeEntry


@get(
    "/villages/{village:str}/unsettled",
    summary="退回与待改",
    description="未能采用的记录及全部原因，最早的在前；值班窗口看本村社全部，工作者看自己的。",
)
async def get_unsettled(
    village: FromPath[str],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> list[UnsettledOperation]:
    now_ms, of = clock(), village_code(village)

    def read(db: sqlite3.Connection) -> list[UnsettledOperation]:
        return [
            msgspec.structs.replace(found, fields=masked(found.fields))
            for found in unsettled_operations(db, server.keys, account, of, now_ms)
        ]

    return await read_audited(server, read, account, Action.OPERATION_MEND, of, now_ms)


@post(
    "/unsettled/{device:str}/{counter:int}/mend",
    summary="改好一条",
    description="以新的操作改正，原来的一条保留；先改的算，只能改一次。",
)
async def post_mend(
    device: FromPath[str],
    counter: FromPath[int],
    data: JSONBody[MendRequest],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> OutcomeEntry:
    now_ms = clock()
    return await server.store.write(
        lambda db: mend(server.intake, server.keys, db, account, device, counter, data, now_ms)
    )
