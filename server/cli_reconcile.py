"""`allpost-server reconcile`: a village's day as a table, signed and countersigned where asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import msgspec
import typer

from grid_map.days import count_day
from grid_map.divisions import load_divisions
from server.cli_data import AsJson, Data, Opened, named, opened
from server.cli_messages import CommandError, local_time, mistakes_told, say, shortened, tell_table
from server.clock import unix_ms
from server.reconciliation import LABELS, Row
from server.signing import Desk, Reconciliation, countersign_day, reconciliation_of, sign_day

VILLAGE_DIGITS = 12


@mistakes_told
def reconcile(
    village: Annotated[str, typer.Option(help="村社代码（12位） / the village's code")],
    day: Annotated[str | None, typer.Option(help="日期，缺省为今天 / the day, today by default")] = None,
    sign: Annotated[bool, typer.Option("--sign", help="交班签字 / sign")] = False,
    countersign: Annotated[bool, typer.Option("--countersign", help="接班签字 / countersign")] = False,
    by: Annotated[str | None, typer.Option("--as", help="以谁的名义签字（用户名） / in whose name")] = None,
    reason: Annotated[
        list[str] | None, typer.Option(help="设备编号=原因，可多次 / DEVICE=TEXT, several times")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """日结对账 / reconcile a village's day."""
    now_ms = unix_ms()
    on, reasons = _day(day, now_ms), _reasons(reason or [])
    if len(village) != VILLAGE_DIGITS or not village.isdecimal():
        raise CommandError(f"村社代码是12位数字，不是 {village} / a village's code has 12 digits")
    if on > count_day(now_ms):
        raise CommandError(f"{on} 还没有到 / that day is still to come")
    if (sign or countersign) and by is None:
        raise CommandError("签字请用 --as 写明用户名 / name who signs with --as")
    if sign and countersign:
        raise CommandError("交班和接班由两个人分别签字 / two people sign, one after the other")
    with opened(data) as of:
        if sign or countersign:
            found = of.store.write_now(
                lambda db: _signed(of, db, village, on, by or "", reasons if sign else None, now_ms)
            )
        else:
            found = of.store.read_now(
                lambda db: reconciliation_of(db, of.keys, of.settings.report_after, village, on, now_ms)
            )
    if as_json:
        say(msgspec.json.encode(found).decode())
    else:
        _show(found)


def _signed(
    of: Opened,
    db: sqlite3.Connection,
    village: str,
    on: date,
    username: str,
    reasons: dict[str, str] | None,
    now_ms: int,
) -> Reconciliation:
    """Sign with reasons, or countersign where there are none to give."""
    account = named(db, username)
    desk = Desk(of.intake, of.keys, of.settings.report_after)
    if reasons is None:
        return countersign_day(desk, db, account, village, on, now_ms)
    rows = reconciliation_of(db, of.keys, of.settings.report_after, village, on, now_ms).rows
    return sign_day(desk, db, account, village, on, _of_devices(reasons, rows), now_ms)


def _of_devices(reasons: dict[str, str], rows: Sequence[Row]) -> dict[str, str]:
    """Reasons by whole ids, where a device was named by the beginning of its id, as the table shows it."""
    whole = {}
    for typed, text in reasons.items():
        meant = [row.device for row in rows if row.device.startswith(typed)]
        if len(meant) != 1:
            raise CommandError(
                f"对账表里没有编号以 {typed} 开头的（唯一）设备 / no single device begins with {typed}"
            )
        whole[meant[0]] = text
    return whole


def _day(text: str | None, now_ms: int) -> date:
    if text is None:
        return count_day(now_ms)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"日期应写作2026-11-23，不是 {text} / a day is written as 2026-11-23") from None


def _reasons(given: list[str]) -> dict[str, str]:
    reasons = {}
    for one in given:
        device, equals, text = one.partition("=")
        if not equals or not text.strip():
            raise CommandError(f"原因应写作 设备编号=原因，不是 {one} / a reason is written as DEVICE=TEXT")
        reasons[device.strip()] = text
    return reasons


def _show(found: Reconciliation) -> None:
    names = {of.code: of.name for of in load_divisions()}
    name = names.get(found.village, "")
    if not name:
        say(f"区划表里没有 {found.village}，请核对 / no such village in the list of divisions")
    short = shortened(row.device for row in found.rows)
    tell_table(
        f"对账 {name} {found.village} {found.day}",
        ("姓名", "设备", "采集", "已到", "在途", "缺失", "待处理", "结果", "编号"),
        [(*_cells(row), short[row.device]) for row in found.rows],
        right="采集 已到 在途 缺失 待处理",
    )
    if not found.rows:
        say("这个村社没有设备 / this village has no devices")
    open_now = found.open
    say(
        f"不一致 {open_now.conflicts} · 疑似重复 {open_now.duplicates} · 待窗口办理 {open_now.cases_at_window}"
    )
    if found.unexplained and found.signature is None:
        say(
            "须说明原因的设备 / to be explained: "
            + "、".join(short.get(one, one) for one in found.unexplained)
        )
        say("  签字时说明 / explain when signing: --sign --as 用户名 --reason 编号=原因")
    _show_signature(found, short)


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (row.captured, row.arrived, row.in_transit, row.missing, row.unsettled)
    sign = "✓" if row.green else "!"
    return row.worker_name, row.name, *map(str, numbers), f"{sign} {LABELS[row.standing][0]}"


def _show_signature(found: Reconciliation, short: dict[str, str]) -> None:
    signed = found.signature
    if signed is None:
        say("未签字 / not signed")
        return
    say(f"交班签字：{signed.outgoing_name} {local_time(signed.signed_at)}")
    for device, text in signed.reasons.items():
        say(f"  {short.get(device, device)}：{text}")
    if signed.incoming_name is None:
        say("未接班签字 / not countersigned")
    else:
        say(f"接班签字：{signed.incoming_name} {local_time(signed.countersigned_at)}")
    if found.late is not None and found.late.count:
        say(f"签字后到达 {found.late.count} 条 / arrived after the signing")
        for late in found.late.listed:
            say(f"  {late.worker_name} 第{late.counter}条 {late.kind or '无法读出'} {late.captured or ''}")
