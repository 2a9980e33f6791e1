"""`/api/v1/villages/{village}/rota`: who is at the window and who is on leave, written by the village lead."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from server.api.desk import actor_at, day_given, read_audited, village_code
from server.api.sync.wire import SyncServer
from server.clock import Clock
from server.roles import Action, require
from server.rota_writing import RotaRequest, write_rota
from server.store import rota
from server.store.accounts import Account
from server.store.rota import RotaDay

DAYS_BEFORE, DAYS_AFTER = 7, 31


class Rota(msgspec.Struct, frozen=True):
    """A stretch of a village's rota."""

    village: str
    first: str
    last: str
    days: list[RotaDay]


@get("/{village:str}/rota", summary="轮值表", description="缺省为前7天至后31天。")
async def get_rota(
    village: FromPath[str],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
    first: FromQuery[str | None] = None,
    last: FromQuery[str | None] = None,
) -> Rota:
    now_ms, of = clock(), village_code(village)
    today = day_given(None, now_ms)
    from_day = today - timedelta(days=DAYS_BEFORE) if first is None else day_given(first, now_ms)
    to_day = today + timedelta(days=DAYS_AFTER) if last is None else day_given(last, now_ms)

    def read(db: sqlite3.Connection) -> Rota:
        require(actor_at(db, account, of, now_ms), Action.ROTA_READ, of)
        stretch = from_day.isoformat(), to_day.isoformat()
        return Rota(of, *stretch, rota.between(db, of, *stretch))

    return await read_audited(server, read, account, Action.ROTA_READ, of, now_ms)


@post(
    "/{village:str}/rota",
    summary="排班与请假",
    description="由村社负责人写某一天的窗口轮值和请假；再写一次即更改。",
)
async def post_rota(
    village: FromPath[str],
    data: JSONBody[RotaRequest],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> RotaDay:
    now_ms, of = clock(), village_code(village)
    on = day_given(data.day, now_ms)
    return await server.store.write(
        lambda db: write_rota(server.intake, server.keys, db, account, of, on, data, now_ms)
    )
