"""pin change, unlock, orders, hand-over, rescue make | hand-in, proof: the locked, lost and helped device."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from field_client.cli.session import app, closed, console, local_time, opened, session, show
from field_client.closed import ClosedStatus
from field_client.errors import FieldError, NotFound
from sync.clock import moment
from sync.protocol import RescueReply

pin = typer.Typer(help="本机口令 (the device's PIN)", no_args_is_help=True)
rescue = typer.Typer(help="救援文件：没有网络时请同事代交 (rescue files)", no_args_is_help=True)
app.add_typer(pin, name="pin")
app.add_typer(rescue, name="rescue")
ORDERS = {"none": "没有指令", "lock": "锁定查看", "wipe": "清除本机资料"}
PHASES = {"ready": "口令可打开", "locked-out": "口令已作废（连着输错5次）", "wiped": "已按指令清除"}
NewPinFile = Annotated[
    Path | None, typer.Option("--new-pin-file", help="新口令文件，读首行；否则提示输入 (the new PIN's file)")
]


@pin.command("change")
def change_pin(new_pin_file: NewPinFile = None) -> None:
    """更换本机口令。 (Choose another PIN.)"""
    with opened() as device:
        device.change_pin(_new_pin(new_pin_file))
        show({"changed": True}, lambda: console.print(session.say("口令已更换", "the PIN was changed")))


@app.command()
def unlock(
    username: Annotated[str | None, typer.Option("--username", "-u", help="用户名 (account)")] = None,
    password: Annotated[
        str | None, typer.Option("--password", "-p", envvar="ALLPOST_FIELD_PASSWORD", help="密码")
    ] = None,
    code: Annotated[
        str | None, typer.Option("--code", help="窗口查到的开锁码，不用网络 (the window's code, offline)")
    ] = None,
    new_pin_file: NewPinFile = None,
) -> None:
    """忘记口令或口令已作废：联网用账号打开，或断网用窗口的开锁码打开，再设新口令。 (Open by account or code.)"""
    with closed() as device:
        if code is not None:
            device.unlock_by_code(code, _new_pin(new_pin_file))
        else:
            name = username or str(typer.prompt(session.say("用户名", "account"), err=True))
            secret = password or str(typer.prompt(session.say("密码", "password"), hide_input=True, err=True))
            device.unlock(name, secret, _new_pin(new_pin_file))
        show(
            {"opened": True},
            lambda: console.print(session.say("已打开，新口令已生效", "opened; the PIN is new")),
        )


@app.command()
def orders() -> None:
    """不用口令：查看这台设备封存着什么，并向服务器询问指令。 (Without the PIN: what is sealed here, and the orders.)"""
    with closed() as device:
        found = device.orders()
        status = msgspec.structs.replace(device.status(), orders=found)
        show(status, lambda: _tell_closed(status))


@app.command("hand-over")
def hand_over() -> None:
    """不用口令：把封存的未上报记录和文件交给服务器；本机不打开它们。 (Without the PIN: hand the sealed work over.)"""
    with closed() as device:
        wiped = device.header.phase == "wiped"
        reply = device.hand_over()

        def text() -> None:
            if reply is None:
                console.print(session.say("没有待上报的内容", "nothing waits"))
            else:
                _tell_reply(reply)
            if wiped:
                done = "本机资料已全部清除，可重新登记：allpost-field enrol"
                console.print(session.say(done, "everything is gone here; the device may be enrolled anew"))

        show(reply, text)


@rescue.command("make")
def make(
    file: Annotated[Path, typer.Argument(help="写到哪个文件")],
    closed_: Annotated[
        bool, typer.Option("--closed", help="不用口令，只封存的内容 (without the PIN)")
    ] = False,
) -> None:
    """把本机保留的记录和文件做成一个加密文件，任何同事都能代交。 (Everything kept, as one file for a colleague.)"""
    if closed_:
        with closed() as device:
            _write(file, device.rescue_file())
    else:
        with opened() as device:
            _write(file, device.rescue_file())


@rescue.command("hand-in")
def hand_in(files: Annotated[list[Path], typer.Argument(help="同事的救援文件")]) -> None:
    """代交同事的救援文件；本机保留30天，服务器恢复备份后会再交一次。 (Hand colleagues' files in.)"""
    with opened() as device:
        replies = [device.hand_in(file) for file in files]

        def text() -> None:
            for reply in replies:
                _tell_reply(reply)

        show(replies, text)


@app.command()
def proof(operation: Annotated[str, typer.Argument(help="记录编号（可只写开头）")]) -> None:
    """一条记录已送达的证明：服务器签名的回执，和到它为止的记录链。 (The proof that a record was delivered.)"""
    with opened() as device:
        found = device.proof(operation)
        if found is None:
            raise NotFound(
                "还没有送达回执", "no receipt covers it yet",
                "有信号时同步一次再看：allpost-field sync", "sync, then look again",
            )  # fmt: skip

        def text() -> None:
            receipt = found.receipt
            console.print(session.say(f"已送达：{local_time(receipt.time)}", f"delivered: {receipt.time}"))
            covered = session.say(
                f"回执覆盖到本机第{receipt.counter}条，中间{len(found.chain)}条逐条相接，签名核对无误",
                f"the receipt covers operation {receipt.counter}; the chain of {len(found.chain)} to it holds",
            )
            console.print(covered)
            console.print(f"  {receipt.digest}\n  {receipt.key} {receipt.signature}", soft_wrap=True)

        show(found, text)


def _new_pin(file: Path | None) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").partition("\n")[0].strip()
    asked = session.say("新口令（6到12位数字）", "the new PIN, 6 to 12 digits")
    again = session.say("再输一次", "again")
    return str(typer.prompt(asked, hide_input=True, confirmation_prompt=again, err=True))


def _write(file: Path, content: bytes) -> None:
    if file.exists():
        raise FieldError(
            f"文件已存在：{file}", f"there is such a file: {file}", "换一个文件名", "name another"
        )
    file.write_bytes(content)
    done = session.say(
        f"已写好：{file}（{len(content)}字节，只有服务器能打开）。请同事运行 allpost-field rescue hand-in 代交",
        f"written: {file} ({len(content)} bytes, only the server opens it); a colleague hands it in",
    )
    show({"file": str(file), "bytes": len(content)}, lambda: console.print(done, soft_wrap=True))


def _tell_reply(reply: RescueReply) -> None:
    say = session.say
    console.print(
        say(
            f"已交：新记录{reply.operations_new}条，已有{reply.operations_known}条；"
            f"新文件{reply.files_new}个，已有{reply.files_known}个",
            f"handed in: {reply.operations_new} new, {reply.operations_known} known operations; "
            f"{reply.files_new} new, {reply.files_known} known files",
        )
    )
    if reply.held:
        console.print(say(f"其中{reply.held}条待人核对", f"{reply.held} held for a person"))
    if reply.unreadable:
        console.print(say(f"{reply.unreadable}条打不开", f"{reply.unreadable} unreadable"), style="yellow")


def _tell_closed(status: ClosedStatus) -> None:
    say, unsent = session.say, status.unsent
    contact = "—" if status.last_contact_ms is None else local_time(moment(status.last_contact_ms))
    console.print(say(f"设备：{status.device}", f"device: {status.device}"))
    console.print(say(f"状态：{PHASES.get(status.phase, status.phase)}", f"phase: {status.phase}"))
    console.print(say(f"指令：{ORDERS.get(status.orders, status.orders)}", f"orders: {status.orders}"))
    console.print(
        say(
            f"封存待上报：记录{unsent.operations}条，文件{unsent.files}个",
            f"sealed, waiting: {unsent.operations} operations, {unsent.files} files",
        )
    )
    console.print(say(f"上次联网：{contact}", f"last contact: {contact}"))
