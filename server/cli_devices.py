"""`allpost-server device …`: the phones; locking one that is mislaid, revoking and wiping one that is lost."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from server.cli_confirm import confirm
from server.cli_data import AsJson, Data, opened
from server.cli_messages import CommandError, local_time, mistakes_told, say, shortened, tell_table
from server.clock import unix_ms
from server.store import device_cards
from server.store.device_cards import DeviceCard
from server.unlock_code import UnlockCode, read_out_by_id

Phone = Annotated[
    str, typer.Argument(metavar="DEVICE", help="设备编号，可只写开头，或手机上的末8位 / device id")
]
Reason = Annotated[str, typer.Option(help="原因 / why")]

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
    twice = continued_twice(found)
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
                _state(card) + ("；与另一台接续同一登记，可能是复制的手机" if card.id in twice else ""),
                short[card.id],
            )
            for card in found
        ],
        right="已收到 待处理",
    )


@device.command("revoke")
@mistakes_told
def revoke(
    identifier: Annotated[
        str, typer.Argument(metavar="DEVICE", help="设备编号，可只写开头，或手机上的末8位 / device id")
    ],
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


@device.command("wipe")
@mistakes_told
def wipe(identifier: Phone, reason: Reason, data: Data = None) -> None:
    """停用并清除；未上报的仍密封待交 / revoke and wipe; what is not handed over stays sealed until it is."""
    revoke(identifier, reason, "wipe", data)


@device.command("lock")
@mistakes_told
def lock(identifier: Phone, reason: Reason, data: Data = None) -> None:
    """锁定一时找不到的手机，不停用 / lock a phone that is mislaid; it stays in use."""
    _give_orders(identifier, "lock", reason, data)


@device.command("release")
@mistakes_told
def release(identifier: Phone, reason: Reason, data: Data = None) -> None:
    """手机找到后解除锁定 / take a lock back."""
    _give_orders(identifier, "none", reason, data)


@device.command("unlock-code")
@mistakes_told
def unlock_code(identifier: Phone, reason: Reason, as_json: AsJson = False, data: Data = None) -> None:
    """读出手机的开锁码；有审计记录 / read a phone's unlock code out; audited."""
    now_ms = unix_ms()
    with opened(data) as of:

        def write(db: sqlite3.Connection) -> tuple[DeviceCard, UnlockCode]:
            card = _meant(db, identifier)
            return card, read_out_by_id(db, of.keys, card.id, reason, now_ms, by=None)

        card, read = of.store.write_now(write)
    if as_json:
        say(msgspec.json.encode(read).decode())
        return
    say(f"{card.worker_name}的{card.name}：{read.code}（{local_time(read.told_at)} 报来 / told）")


def _give_orders(identifier: str, orders: Literal["lock", "none"], reason: str, data: Path | None) -> None:
    now_ms = unix_ms()

    def write(db: sqlite3.Connection) -> DeviceCard:
        return device_cards.give_orders(db, _meant(db, identifier), orders, reason, now_ms, by=None)

    with opened(data) as of:
        card = of.store.write_now(write)
    done = "已锁定 / locked" if orders == "lock" else "已解除锁定 / released"
    say(f"{done}: {card.worker_name}的{card.name} {card.id}")


def _meant(db: sqlite3.Connection, typed: str) -> DeviceCard:
    """The phone with this id, or the only one whose id begins so (as lists show it) or ends so (as phones do)."""
    found = device_cards.of_phone(db, typed)
    if found is not None:
        return found
    of_all = device_cards.of_village(db, "") if typed else []
    like = [card for card in of_all if card.id.startswith(typed) or card.id.endswith(typed)]
    if len(like) > 1:
        raise CommandError(
            f"有{len(like)}台设备的编号以 {typed} 开头或结尾，请多写几位 / several are like it: type more"
        )
    if not like:
        raise CommandError(
            f"没有编号为 {typed} 的设备，编号见 allpost-server device list / no such device: see device list"
        )
    return like[0]


def continued_twice(cards: Sequence[DeviceCard]) -> set[str]:
    """Identities that go on from one which another goes on from too: a phone was copied, or put back to a backup.

    Each keeps its own work; a person looks at whose hand they are in.
    """
    times = Counter(card.continues for card in cards if card.continues is not None)
    return {card.id for card in cards if card.continues is not None and times[card.continues] > 1}


def _state(card: DeviceCard) -> str:
    """What is done with it; of one that was lost, whether it said that nothing is left on it."""
    if card.revoked_at is not None:
        said = f"已停用：{card.revoked_because}" if card.revoked_because else "已停用"
        if card.wiped_at is not None:
            return f"{said}；已清除 {local_time(card.wiped_at)[5:]}"
        told = "已收到指令" if card.orders_told_at is not None else "尚未收到指令"
        waiting = f"，上次联系时未上报 {card.pending} 条" if card.pending else ""
        return f"{said}；{told}，可能仍存有资料：未知{waiting}"
    if card.orders != "none":
        return f"已锁定：{card.orders_because}" if card.orders_because else "已锁定"
    return "已由新登记接续" if card.continued_at is not None else "在用"
