"""`allpost-server rescue FILE…`: take rescue files in at the server itself, beside a running server too."""

from __future__ import annotations

from io import SEEK_END, BytesIO
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from server.cli_data import AsJson, Data, Opened, opened
from server.cli_messages import CommandError, mistakes_told, say
from server.clock import unix_ms
from server.files.keeping import Files
from server.problem import ProblemError, problem_of
from server.rescue import Carrier, Rescue
from sync.errors import SyncError
from sync.protocol import RescueReply
from sync.qr_chain import ChainError, file_of_chain

QR_BEGINNING = "APR1/"


@mistakes_told
def rescue(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="救援文件 / rescue files", exists=True, dir_okay=False),
    ],
    division: Annotated[
        str, typer.Option(help="不认识的设备归到此村社 / the village for what unknown devices bring")
    ] = "",
    codes: Annotated[
        bool, typer.Option("--codes", help="文件内是二维码文字，每行一个 / texts of QR codes, one a line")
    ] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """交入救援文件；重复交入不改变任何内容 / take rescue files in; doing it again changes nothing."""
    with opened(data) as of:
        taking = Rescue(
            of.store, of.keys, of.settings, of.intake,
            Files(of.store, of.keys, of.settings, of.intake.knowledge, unix_ms), unix_ms,
        )  # fmt: skip
        for path in files:
            reply = _taken(of, taking, path, Carrier(division=division), codes=codes)
            say(msgspec.json.encode(reply).decode() if as_json else _told(path, reply))


def _taken(of: Opened, taking: Rescue, path: Path, carrier: Carrier, *, codes: bool) -> RescueReply:
    try:
        with _of_codes(path) if codes else path.open("rb") as file:
            size = file.seek(0, SEEK_END)
            if size > of.settings.rescue_bytes_max:
                raise ProblemError("rescue-too-large")
            return taking.take(file, size, carrier)
    except (ProblemError, SyncError) as error:
        problem = problem_of(error)
        raise CommandError(f"{path.name}：{problem.code.title} / {problem.code.title_en}") from error


def _of_codes(path: Path) -> BytesIO:
    """The file that the scanned texts make."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.startswith(QR_BEGINNING)]
    try:
        return BytesIO(file_of_chain(lines))
    except ChainError as error:
        raise CommandError(f"{path.name}：二维码不齐或不是同一个文件 / {error}") from error


def _told(path: Path, reply: RescueReply) -> str:
    how = "接续该设备的上报" if reply.identity == "continued" else "以救援身份收下"
    said = (
        f"{path.name}：设备 {reply.device[-8:]}，{how}；新收 {reply.operations_new} 条"
        f"（其中待人工处理 {reply.held} 条），已有 {reply.operations_known} 条；"
        f"新文件 {reply.files_new} 个，已有 {reply.files_known} 个"
    )
    return said + (f"；无法读出 {reply.unreadable} 项" if reply.unreadable else "")
