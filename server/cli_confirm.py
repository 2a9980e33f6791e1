"""`allpost-server device confirm`: phones may read again after the revocation log was lost."""

from __future__ import annotations

import sqlite3
from typing import Annotated

import typer

from server.cli_data import Data, opened
from server.cli_messages import CommandError, mistakes_told, say
from server.clock import unix_ms
from server.confirming import confirm_all, confirm_device
from server.store import confirmations
from server.store.device_cards import DeviceCard


@mistakes_told
def confirm(
    identifier: Annotated[
        str, typer.Argument(metavar="DEVICE", help="设备编号，可只写开头，或手机上的末8位 / device id")
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="确认全部等待的设备 / every one that waits")
    ] = False,
    data: Data = None,
) -> None:
    """停用记录丢失后，确认设备可继续读取 / confirm devices after the log was lost; no argument lists them."""
    now_ms = unix_ms()

    def write(db: sqlite3.Connection) -> list[DeviceCard]:
        if everything:
            return confirm_all(db, now_ms)
        waiting = confirmations.waiting(db)
        like = [one for one in waiting if one.startswith(identifier) or one.endswith(identifier)]
        if len(like) != 1:
            raise CommandError(
                f"等待确认的设备中有 {len(like)} 台的编号以 {identifier} 开头或结尾 / {len(like)} are like it"
            )
        return [confirm_device(db, like[0], now_ms, None)]

    with opened(data) as of:
        if not identifier and not everything:
            waiting = of.store.read_now(confirmations.waiting)
            say("\n".join(waiting) or "没有等待确认的设备 / no device waits")
            return
        cards = of.store.write_now(write)
    for card in cards:
        say(f"已确认 / confirmed: {card.worker_name}的{card.name} {card.id}")
    if not cards:
        say("没有等待确认的设备 / no device waits")
