"""`/api/v1/devices/{device}/confirmation`: a phone may read again after the revocation log was lost."""

from __future__ import annotations

import sqlite3

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.api.desk import actor_at
from server.api.sync.wire import SyncServer
from server.clock import Clock
from server.confirming import confirm_device
from server.problem import ProblemError
from server.roles import Action, require
from server.store import device_cards
from server.store.accounts import Account
from server.store.device_cards import DeviceCard


@post(
    "/{device:str}/confirmation",
    summary="确认设备",
    description="停用记录丢失后，由市级管理员确认设备可以继续读取。",
)
async def post_confirmation(
    device: FromPath[str],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> DeviceCard:
    now_ms = clock()

    def write(db: sqlite3.Connection) -> DeviceCard:
        found = device_cards.of_phone(db, device)
        if found is None:
            raise ProblemError("not-found")
        require(actor_at(db, account, found.village, now_ms), Action.DEVICE_CONFIRM, found.village)
        return confirm_device(db, device, now_ms, by=account.id)

    return await server.store.write(write)
