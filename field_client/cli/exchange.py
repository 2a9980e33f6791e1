"""enrol, sync, status, doctor."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from field_client.cli.session import (
    app,
    closed_device,
    console,
    local_time,
    opened,
    pin_typed,
    session,
    session_device,
    show,
    table,
    told,
)
from field_client.device import Device
from field_client.enrolment import Credentials
from field_client.errors import ExchangeFailed, LockedOut
from field_client.exchange import Step
from field_client.salvage import examine
from field_client.status import DeviceStatus
from field_client.sync_loop import SyncReport
from sync.kinds import KINDS

STEPS = {
    "enrol": "登记设备", "push": "上报", "status": "核对", "segment": "下载资料", "store": "存入资料",
    "page": "接收变更", "check": "校验", "file": "上传文件",
}  # fmt: skip
STATES = {
    "waiting": "待上报", "applied": "已生效", "merged": "已合并", "conflict": "有冲突", "held": "暂存待核",
    "rejected": "被退回",
}  # fmt: skip


@app.command()
def enrol(
    server: Annotated[str, typer.Argument(help="服务器地址，如 http://192.168.1.5:8000")],
    username: Annotated[str, typer.Option("--username", "-u", prompt="用户名", help="用户名 (account)")],
    password: Annotated[
        str,
        typer.Option(
            "--password", "-p", prompt="密码", hide_input=True, envvar="ALLPOST_FIELD_PASSWORD", help="密码"
        ),
    ],
    name: Annotated[str | None, typer.Option("--name", help="设备名称 (device name)")] = None,
    certificate: Annotated[
        str | None, typer.Option("--certificate", help="服务器的根证书文件 (authority that it is trusted by)")
    ] = None,
) -> None:
    """登记这台设备；已登记过的会重新登记，本机保留的记录全部再次上报。 (Enrol, or enrol anew.)"""
    with opened() as device:
        address = server if "://" in server else f"http://{server}"
        done = device.enrol(address, username, password, name, certificate)

        def text() -> None:
            who = device.identity.worker
            console.print(
                session.say(f"已登记：{who.name}（{done.device}）", f"enrolled: {who.name} ({done.device})")
            )
            if done.carried_over:
                console.print(
                    session.say(
                        f"转入原有记录{done.carried_over}条，同步时上报", f"carried over: {done.carried_over}"
                    )
                )
            console.print(session.say("接下来：allpost-field sync", "next: allpost-field sync"))

        show(done, text)


@app.command()
def sync(
    username: Annotated[
        str | None, typer.Option("--username", "-u", help="需要重新登记时用 (for enrolling anew)")
    ] = None,
    password: Annotated[str | None, typer.Option("--password", "-p", envvar="ALLPOST_FIELD_PASSWORD")] = None,
) -> None:
    """上报本机记录，接收变更；中断后从断处继续。 (Hand over and pull; resumes where it broke.)"""
    credentials = Credentials(username, password) if username and password else None
    with told():
        try:
            device = session_device()
        except LockedOut:
            _hear_orders()
            raise
        with device:
            report = _with_progress(device, credentials)
            show(report, lambda: _tell_report(report))


def _hear_orders() -> None:
    """A locked-out device hears its orders and hands its sealed work over at a sync, too."""
    with suppress(ExchangeFailed), closed_device() as device:
        device.orders()
        device.hand_over()


def _with_progress(device: Device, credentials: Credentials | None) -> SyncReport:
    if session.json or not sys.stderr.isatty():
        return device.sync(credentials=credentials)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)

        def step(at: Step) -> None:
            words = STEPS.get(at.name, at.name) + (f" {at.village}" if at.village else "")
            progress.update(task, description=words, completed=at.done, total=at.total or None)

        return device.sync(step, credentials)


def _tell_report(report: SyncReport) -> None:
    say = session.say
    console.print(
        say(
            f"同步完成：上报{report.pushed}条，接收{report.received}条",
            f"synced: {report.pushed} up, {report.received} down",
        )
    )
    for state, zh in STATES.items():
        if report.counts.get(state) and state in ("waiting", "conflict", "held", "rejected"):
            console.print(f"  {say(zh, state)} {report.counts[state]}")
    _tell_overcome(report)
    _tell_files(report)
    _tell_ended(report)


def _tell_overcome(report: SyncReport) -> None:
    """What went wrong on the way and was put right, or was told to the server."""
    say = session.say
    if report.enrolled_anew:
        console.print(
            say(
                "这台设备的记录与服务器对不上，已重新登记并全部上报，没有丢失也不会重复",
                "the device was enrolled anew; everything was offered again",
            )
        )
    if report.restored:
        console.print(
            say(
                "服务器曾从备份恢复，已核对并补报",
                "the server was restored; what it had lost was offered again",
            )
        )
    for one in report.diverged:
        if one.repaired:
            console.print(
                say(
                    f"资料与服务器不一致，已重新下载：{one.village} {one.part}（{len(one.records)}条）",
                    f"repaired: {one.village} {one.part}",
                )
            )
        else:
            console.print(
                say(
                    f"资料与服务器仍不一致，已上报：{one.village} {one.part}",
                    f"still differing, reported: {one.village} {one.part}",
                ),
                style="yellow",
            )


def _tell_files(report: SyncReport) -> None:
    say = session.say
    if report.files_uploaded:
        console.print(say(f"上传文件{report.files_uploaded}个", f"{report.files_uploaded} files uploaded"))
    for why in report.files_refused:
        console.print(say(f"文件没有上传：{why}", f"a file was not uploaded: {why}"), style="yellow")
    if report.handed_in_again:
        console.print(
            say(f"再次代交救援文件{report.handed_in_again}个", f"{report.handed_in_again} rescue files again")
        )


def _tell_ended(report: SyncReport) -> None:
    """What this device may no longer do."""
    say = session.say
    if report.reading_ended:
        console.print(
            say(
                f"不能再接收资料：{report.reading_ended}；本机记录已上报",
                f"reading has ended: {report.reading_ended}",
            ),
            style="yellow",
        )
    if report.orders != "none":
        console.print(
            say(
                "服务器已下达指令："
                + {"lock": "锁定查看", "wipe": "清除本机资料"}.get(report.orders, report.orders),
                f"orders: {report.orders}",
            ),
            style="yellow",
        )


@app.command()
def status() -> None:
    """本机情况：待上报、范围、离线天数、时钟。 (How this device stands.)"""
    with opened() as device:
        found = device.status()
        show(found, lambda: _tell_status(found))


def _label(kind: str) -> str:
    return KINDS[kind].label if kind in KINDS and not session.english else kind


def _records(counts: dict[str, int]) -> str:
    return "　".join(f"{_label(kind)} {count}" for kind, count in sorted(counts.items()))


def _tell_status(found: DeviceStatus) -> None:
    say = session.say
    lease = found.lease
    away = "—" if lease.days is None else str(lease.days)
    rows = [
        [say("设备", "device"), f"{found.device_name}（{found.device[:8]}）"],
        [say("使用人", "worker"), f"{found.worker_name}"],
        [say("服务器", "server"), found.server],
        [say("网格", "grids"), "、".join(grid for of in found.villages for grid in of.grids) or "—"],
        *([say(zh, state), str(found.counts[state])] for state, zh in STATES.items() if found.counts.get(state)),
        [say("最早待上报", "oldest waiting"), local_time(found.oldest_waiting)],
        [say("上次联网", "last contact"), local_time(found.last_contact)],
        [say("离线工作日", "working days offline"), f"{away} / {lease.days_max}"],
        [say("时钟偏差", "clock offset"), f"{round(found.offset_ms / 1000, 1) + 0:.1f} {say('秒', 's')}"],
        [say("本机资料", "records"), _records(found.records)],
    ]  # fmt: skip
    table(say("本机情况", "This device"), [], rows)
    for warning in found.warnings:
        console.print(f"! {warning}", style="yellow")


@app.command()
def doctor() -> None:
    """检查数据文件；损坏时原样保留，并转出能读出的未上报记录。 (Examine the file; keep a damaged one aside.)"""
    with told():
        found = examine(session.data, pin_typed())

        def text() -> None:
            if found.kept_as is None:
                console.print(session.say("数据文件完好", "the data file is sound"))
                return
            console.print(
                session.say(
                    f"数据文件已损坏，原样保留为：{found.kept_as}", f"damaged; kept as {found.kept_as}"
                )
            )
            console.print(
                session.say(
                    f"转出记录{found.operations}条", f"{found.operations} operations were carried over"
                )
            )
            console.print(
                session.say("请联网重新登记：allpost-field enrol，再同步", "enrol again, then sync")
            )

        show(found, text)
