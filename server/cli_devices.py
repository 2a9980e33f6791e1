"""`allpost-server device …`: the phones, and revoking one that is lost."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Literal

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from server.cli_data import AsJson, Data, opened
from server.cli_messages import CommandError, mistakes_told, say
from server.clock import unix_ms
from server.store import device_cards
from server.store.device_cards import DeviceCard

device = typer.Typer(help="设备 / devices", no_args_is_help=True)


@device.command("list")
@mistakes_told
def list_devices(
    division: Annotated[str, typer.Option(help="只列此区划及下级 / only this division and below")] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """列出设备 / list devices."""
    with opened(data) as of:
        found = of.store.read_now(lambda db: device_cards.of_village(db, division))
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    table = Table("设备", "姓名", "村社", "已收到", "待处理", "最近联系", "状态", "编号")
    for card in found:
        table.add_row(
            card.name,
            card.worker_name,
            card.village,
            str(card.acknowledged),
            str(card.unsettled),
            card.contact_at,
            _state(card),
            card.id,
        )
    Console().print(table)


@device.command("revoke")
@mistakes_told
def revoke(
    identifier: Annotated[str, typer.Argument(metavar="DEVICE", help="设备编号 / device id")],
    reason: Annotated[str, typer.Option(help="停用原因 / why")],
    orders: Annotated[
        Literal["lock", "wipe"], typer.Option(help="下次联系时：lock 锁定，wipe 清除 / lock or wipe")
    ] = "lock",
    data: Data = None,
) -> None:
    """停用设备；仍可上报已采集的记录 / revoke a device; it may still hand over its work."""
    now_ms = unix_ms()

    def write(db: sqlite3.Connection) -> DeviceCard:
        found = device_cards.of_phone(db, identifier)
        if found is None:
            raise CommandError(f"没有编号为 {identifier} 的设备 / no such device")
        return device_cards.revoke(db, found, orders, reason, now_ms, by=None)

    with opened(data) as of:
        card = of.store.write_now(write)
    say(f"已停用 / revoked: {card.worker_name}的{card.name} {card.id}（{orders}）")


def _state(card: DeviceCard) -> str:
    if card.revoked_at is not None:
        return f"已停用：{card.revoked_because}" if card.revoked_because else "已停用"
    return "已由新登记接续" if card.continued_at is not None else "在用"
