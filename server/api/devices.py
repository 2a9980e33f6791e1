"""`/api/v1/devices`: the phones of a village, a town or the city; revoking one."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Literal

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from server.api.confirmations import post_confirmation
from server.api.desk import actor_at, read_audited
from server.api.sync.wire import SyncServer
from server.clock import Clock
from server.problem import ProblemError
from server.roles import Action, require
from server.store import device_cards
from server.store.accounts import Account
from server.store.device_cards import DeviceCard
from server.unlock_code import UnlockCode, read_out_by_id


class RevocationRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What the phone is to do when it next reports (its unsent work stays sealed), and why."""

    orders: Literal["lock", "wipe"]
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class OrdersGiven(msgspec.Struct, forbid_unknown_fields=True):
    """Orders to a phone that stays in use: `lock` for one that is mislaid, `none` when it is found; and why."""

    orders: Literal["lock", "none"]
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class UnlockCodeRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Why the code is read out."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


@get("/", summary="设备列表", description="本村社、镇街或全市的设备；`village` 缺省为登录账号的区划。")
async def get_devices(
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
    village: FromQuery[str | None] = None,
) -> list[DeviceCard]:
    now_ms, of = clock(), account.division if village is None else village

    def read(db: sqlite3.Connection) -> list[DeviceCard]:
        require(actor_at(db, account, of, now_ms), Action.DEVICE_LIST, of)
        return device_cards.of_village(db, of)

    return await read_audited(server, read, account, Action.DEVICE_LIST, of, now_ms)


@post(
    "/{device:str}/revocation",
    summary="停用设备",
    description="由村社负责人或市级管理员停用：锁定或清除。设备仍可上报已采集的记录。",
)
async def post_revocation(
    device: FromPath[str],
    data: JSONBody[RevocationRequest],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> DeviceCard:
    now_ms = clock()

    def write(db: sqlite3.Connection) -> DeviceCard:
        found = device_cards.of_phone(db, device)
        if found is None:
            raise ProblemError("not-found")
        require(actor_at(db, account, found.village, now_ms), Action.DEVICE_REVOKE, found.village)
        return device_cards.revoke(db, found, data.orders, data.reason, now_ms, by=account.id)

    return await server.store.write(write)


@post(
    "/{device:str}/orders",
    summary="锁定或解除锁定",
    description="手机一时找不到时先锁定（不停用），找到后解除；丢失应停用并清除。",
)
async def post_device_orders(
    device: FromPath[str],
    data: JSONBody[OrdersGiven],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> DeviceCard:
    now_ms = clock()

    def write(db: sqlite3.Connection) -> DeviceCard:
        found = device_cards.of_phone(db, device)
        if found is None:
            raise ProblemError("not-found")
        require(actor_at(db, account, found.village, now_ms), Action.DEVICE_REVOKE, found.village)
        return device_cards.give_orders(db, found, data.orders, data.reason, now_ms, by=account.id)

    return await server.store.write(write)


@post(
    "/{device:str}/unlock-code",
    summary="读出开锁码",
    description="值班窗口为忘记口令的工作者读出其手机的开锁码，须写明原因；有审计记录。",
    response_headers={"cache-control": "no-store"},
)
async def post_unlock_code(
    device: FromPath[str],
    data: JSONBody[UnlockCodeRequest],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> UnlockCode:
    now_ms = clock()

    def write(db: sqlite3.Connection) -> UnlockCode:
        found = device_cards.of_phone(db, device)
        if found is None:
            raise ProblemError("not-found")
        require(actor_at(db, account, found.village, now_ms), Action.DEVICE_UNLOCK_CODE, found.village)
        return read_out_by_id(db, server.keys, device, data.reason, now_ms, by=account.id)

    return await server.store.write(write)


device_router = Router(
    "/devices",
    route_handlers=[post_confirmation, get_devices, post_revocation, post_device_orders, post_unlock_code],
    tags=["设备"],
)
