"""`/api/v1/villages/{village}`: a day's reconciliation, its signature and its countersignature."""

from __future__ import annotations

import sqlite3

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from server.api.desk import actor_at, day_given, read_audited, village_code
from server.api.sync.wire import SyncServer
from server.clock import Clock
from server.roles import Action, require
from server.signing import Desk, Reconciliation, countersign_day, reconciliation_of, sign_day
from server.store.accounts import Account


class SignatureRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The day to sign, and a stated reason by device for each row that is not whole."""

    day: str
    reasons: dict[str, str] = {}


@get(
    "/{village:str}/reconciliation",
    summary="日结对账",
    description="每台设备一行：采集、已到、在途、缺失、待处理；签字后到达的记录列在其旁。`day` 缺省为今天。",
)
async def get_reconciliation(
    village: FromPath[str],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
    day: FromQuery[str | None] = None,
) -> Reconciliation:
    now_ms = clock()
    of, on = village_code(village), day_given(day, now_ms)

    def read(db: sqlite3.Connection) -> Reconciliation:
        require(actor_at(db, account, of, now_ms), Action.RECONCILIATION_READ, of)
        return reconciliation_of(db, server.keys, server.settings.report_after, of, on, now_ms)

    return await read_audited(server, read, account, Action.RECONCILIATION_READ, of, now_ms)


@post(
    "/{village:str}/signatures",
    summary="日结签字",
    description="当天值班窗口的交班人签字；有未到齐的设备须逐台说明原因。",
)
async def post_signature(
    village: FromPath[str],
    data: JSONBody[SignatureRequest],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> Reconciliation:
    now_ms = clock()
    of, on = village_code(village), day_given(data.day, now_ms)
    return await server.store.write(
        lambda db: sign_day(_desk(server), db, account, of, on, data.reasons, now_ms)
    )


@post(
    "/{village:str}/signatures/{day:str}/countersignature",
    summary="接班签字",
    description="另一位值班人接班签字，下一个工作日也可以。",
)
async def post_countersignature(
    village: FromPath[str],
    day: FromPath[str],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> Reconciliation:
    now_ms = clock()
    of, on = village_code(village), day_given(day, now_ms)
    return await server.store.write(lambda db: countersign_day(_desk(server), db, account, of, on, now_ms))


def _desk(server: SyncServer) -> Desk:
    return Desk(server.intake, server.keys, server.settings.report_after)
