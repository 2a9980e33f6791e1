"""`allpost-server device …`: the phones, and revoking one that is lost."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Literal

import msgspec
import typer

from server.cli_confirm import confirm
from server.cli_data import AsJson, Data, opened
from server.cli_messages import CommandError, local_time, mistakes_told, say, shortened, tell_table
from server.clock import unix_ms
from server.store import device_cards
from server.store.device_cards import DeviceCard

device = typer.Typer(help="设备 / devices", no_args_is_help=True)
device.command("confirm")(confirm)


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
    if not found:
        say("没有设备 / no devices")
        return
    short = shortened(card.id for card in found)
    tell_table(
        "",
        ("姓名", "设备", "村社", "已收到", "待处理", "最近联系", "状态", "编号"),
        [
            (
                card.worker_name,
                card.name,
                card.village,
                str(card.acknowledged),
                str(card.unsettled),
                local_time(card.contact_at)[5:],
                _state(card),
                short[card.id],
            )
            for card in found
        ],
        right="已收到 待处理",
    )


@device.command("revoke")
@mistakes_told
def revoke(
    identifier: Annotated[str, typer.Argument(metavar="DEVICE", help="设备编号，可只写开头 / device id")],
    reason: Annotated[str, typer.Option(help="停用原因 / why")],
    orders: Annotated[
        Literal["lock", "wipe"], typer.Option(help="下次联系时：lock 锁定，wipe 清除 / lock or wipe")
    ] = "lock",
    data: Data = None,
) -> None:
    """停用设备；仍可上报已采集的记录 / revoke a device; it may still hand over its work."""
    now_ms = unix_ms()

    def write(db: sqlite3.Connection) -> DeviceCard:
        found = _meant(db, identifier)
        return device_cards.revoke(db, found, orders, reason, now_ms, by=None)

    with opened(data) as of:
        card = of.store.write_now(write)
    say(f"已停用 / revoked: {card.worker_name}的{card.name} {card.id}（{orders}）")


def _meant(db: sqlite3.Connection, beginning: str) -> DeviceCard:
    """The phone with this id, or the only one whose id begins so."""
    found = device_cards.of_phone(db, beginning)
    if found is not None:
        return found
    like = [card for card in device_cards.of_village(db, "") if beginning and card.id.startswith(beginning)]
    if len(like) > 1:
        raise CommandError(
            f"有{len(like)}台设备的编号以 {beginning} 开头，请多写几位 / several begin so: type more"
        )
    if not like:
        raise CommandError(
            f"没有编号为 {beginning} 的设备，编号见 allpost-server device list / no such device: see device list"
        )
    return like[0]


def _state(card: DeviceCard) -> str:
    if card.revoked_at is not None:
        return f"已停用：{card.revoked_because}" if card.revoked_because else "已停用"
    return "已由新登记接续" if card.continued_at is not None else "在用"
