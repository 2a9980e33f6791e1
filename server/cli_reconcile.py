"""`allpost-server reconcile`: a village's day as a table, signed and countersigned where asked for."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from grid_map.days import count_day
from server.cli_data import AsJson, Data, Opened, named, opened
from server.cli_messages import CommandError, mistakes_told, say
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
    return sign_day(desk, db, account, village, on, reasons, now_ms)


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
    console = Console()
    table = Table(title=f"对账 {found.village} {found.day}")
    for heading in ("设备", "姓名", "采集", "已到", "在途", "缺失", "待处理", "结果"):
        table.add_column(heading, justify="left" if heading in ("设备", "姓名", "结果") else "right")
    for row in found.rows:
        table.add_row(*_cells(row))
    console.print(table)
    open_now = found.open
    say(
        f"不一致 {open_now.conflicts} · 疑似重复 {open_now.duplicates} · 待窗口办理 {open_now.cases_at_window}"
    )
    if found.unexplained and found.signature is None:
        say("须说明原因的设备 / to be explained: " + "、".join(found.unexplained))
    _show_signature(found)


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (row.captured, row.arrived, row.in_transit, row.missing, row.unsettled)
    sign = "✓" if row.green else "!"
    return row.name, row.worker_name, *map(str, numbers), f"{sign} {LABELS[row.standing][0]}"


def _show_signature(found: Reconciliation) -> None:
    signed = found.signature
    if signed is None:
        say("未签字 / not signed")
        return
    say(f"交班签字：{signed.outgoing_name} {signed.signed_at}")
    for device, text in signed.reasons.items():
        say(f"  {device}：{text}")
    if signed.incoming_name is None:
        say("未接班签字 / not countersigned")
    else:
        say(f"接班签字：{signed.incoming_name} {signed.countersigned_at}")
    if found.late is not None and found.late.count:
        say(f"签字后到达 {found.late.count} 条 / arrived after the signing")
        for late in found.late.listed:
            say(f"  {late.worker_name} 第{late.counter}条 {late.kind or '无法读出'} {late.captured or ''}")
