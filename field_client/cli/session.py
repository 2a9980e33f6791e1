"""What every command shares: the store, the language, JSON or tables, and errors in words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from field_client.cli.usage import ChineseGroup
from field_client.closed import ClosedDevice
from field_client.connection import DATABASE_ERRORS
from field_client.device import Device
from field_client.errors import FieldError, Mistyped, Refused
from field_client.head import head_path
from forms.handling.calendar import SHANGHAI
from forms.problem import Problem
from sync.field_checks import field_type
from sync.kinds import KINDS

app = typer.Typer(
    name="allpost-field",
    help="全岗通外勤端：登记走访和办件，断网可用，有网时同步。 (The field client: works offline, syncs when it can.)",
    cls=ChineseGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
PIN_VARIABLE = "ALLPOST_FIELD_PIN"
DEFAULT_DATA = Path.home() / ".local" / "share" / "allpost-field" / "device.db"
console = Console(highlight=False)
problems_to = Console(stderr=True, highlight=False)


class Session(msgspec.Struct):
    """How this run was asked to speak, and where its store is."""

    data: Path
    english: bool = False
    json: bool = False
    pin_file: Path | None = None

    def say(self, zh: str, en: str) -> str:
        """A text in the language that was asked for."""
        return en if self.english else zh


session = Session(DEFAULT_DATA)
CHECK_FILE = (
    "请核对文件路径和权限（数据文件用 --data 指定）",
    "check the path and its rights (--data names the file)",
)


@app.callback()
def main(
    data: Annotated[
        Path, typer.Option("--data", envvar="ALLPOST_FIELD_DATA", help="数据文件 (the device's file)")
    ] = DEFAULT_DATA,
    lang: Annotated[str, typer.Option("--lang", help="zh 或 en (language)")] = "zh",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON，供脚本使用 (for scripts)")] = False,
    pin_file: Annotated[
        Path | None, typer.Option("--pin-file", help="口令文件，读首行；否则提示输入 (the PIN's file)")
    ] = None,
) -> None:
    """全岗通外勤端。"""
    session.data, session.english, session.json, session.pin_file = data, lang == "en", json, pin_file
    if lang not in ("zh", "en"):
        raise typer.BadParameter(f"语言只有 zh 和 en，不是 {lang}")


@contextmanager
def opened() -> Iterator[Device]:
    """The device, for one command; what goes wrong is said in words and ends with a code."""
    with told(), session_device() as device:
        yield device


def session_device() -> Device:
    """The device of this session, by its PIN."""
    return Device(session.data, pin_typed())


def closed_device() -> ClosedDevice:
    """The same without its PIN."""
    return ClosedDevice(session.data)


@contextmanager
def closed() -> Iterator[ClosedDevice]:
    """The device without its PIN, for one command."""
    with told(), closed_device() as device:
        yield device


def pin_typed(new: bool | None = None) -> str:
    """The device's PIN: from a file, the environment, or typed unseen; typed twice where it is a new one."""
    new = not head_path(session.data).exists() if new is None else new
    if session.pin_file is not None:
        return session.pin_file.read_text(encoding="utf-8").partition("\n")[0].strip()
    if PIN_VARIABLE in os.environ:
        return os.environ[PIN_VARIABLE]
    if not new:
        return str(typer.prompt(session.say("口令", "PIN"), hide_input=True, err=True))
    asked = session.say("给这台设备设一个口令（6到12位数字）", "choose a PIN of 6 to 12 digits")
    return str(
        typer.prompt(asked, hide_input=True, confirmation_prompt=session.say("再输一次", "again"), err=True)
    )


@contextmanager
def told() -> Iterator[None]:
    """Errors in words: exit 2 for what the worker can mend, 1 for the rest. Never a traceback."""
    try:
        yield
    except FieldError as error:
        tell_error(error)
        raise typer.Exit(2 if isinstance(error, Refused | Mistyped) else 1) from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        zh = f"无法读写文件：{error.filename}（{reason}）"
        tell_error(FieldError(zh, f"cannot read or write: {error}", *CHECK_FILE))
        raise typer.Exit(1) from error
    except DATABASE_ERRORS as error:
        tell_error(FieldError(f"数据文件读写失败：{error}", f"the data file failed: {error}", *CHECK_FILE))
        raise typer.Exit(1) from error
    except (ValueError, msgspec.MsgspecError) as error:
        tell_error(Mistyped(f"输入有误：{error}", f"wrong input: {error}"))
        raise typer.Exit(2) from error


def tell_error(error: FieldError) -> None:
    """An error, with what to do next."""
    problems = error.problems if isinstance(error, Refused) else []
    if session.json:
        emit({"error": type(error).__name__, "message": error.message, "message_en": error.message_en,
              "next": error.next_step, "problems": problems})  # fmt: skip
        return
    if problems:
        problems_to.print(session.say("没有登记，请改正：", "not captured; please mend:"), style="red")
        tell_problems(problems)
    else:
        problems_to.print(session.say(error.message, error.message_en), style="red", soft_wrap=True)
    after = session.say(error.next_step, error.next_step_en or error.next_step)
    if after:
        problems_to.print(
            session.say(f"怎么办：{after}", f"what to do: {after}"), markup=False, soft_wrap=True
        )


def tell_problems(problems: list[Problem]) -> None:
    """Problems or remarks, one a line, with the place that they are about."""
    for problem in problems:
        where = f"（{problem.pointer}）" if problem.pointer else ""
        problems_to.print(f"  · {session.say(problem.message, problem.message_en)}{where}", markup=False)


def emit(value: Any) -> None:
    """One JSON value on a line of standard output."""
    typer.echo(msgspec.json.encode(value).decode())


def show(value: Any, as_text: Callable[[], None]) -> None:
    """A result: JSON for scripts, else as text for people."""
    if session.json:
        emit(value)
    else:
        as_text()


def table(title: str, columns: list[str], rows: list[list[str]], nothing: str = "") -> None:
    """A table for people, narrow enough for 80 columns; where there are no rows, what to do instead.

    No `columns` are a list of names and values, which needs no heading.
    """
    if not rows and nothing:
        console.print(nothing)
        return
    made = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, show_header=bool(columns),
        show_edge=False, pad_edge=False, padding=(0, 1, 0, 0),
    )  # fmt: skip
    for column in columns or [""] * len(rows[0]):
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*row)
    console.print(made)


def local_time(text: str | None) -> str:
    """A moment or a clock as people read it: China Standard Time, to the minute."""
    if not text:
        return "—"
    at = datetime.fromisoformat(text.partition("/")[0])
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def day_typed(text: str) -> date:
    """A day as it was typed. Mistyped if it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Mistyped(
            f"日期应写作 2026-11-23，不是“{text}”", f"a day is written 2026-11-23, not {text}"
        ) from None


def short_id(identifier: str) -> str:
    """A new record's id as a worker reads and types it: its moment and the first of its random digits."""
    return identifier[:18]


def shortener(identifiers: Iterable[str]) -> Callable[[str], str]:
    """Ids as people read and type them: as short a beginning, at a dash, as tells all of these apart."""
    known = list(identifiers)
    for length in (8, 13, 18, 23):
        if len({identifier[:length] for identifier in known}) == len(known):
            return lambda identifier: identifier[:length]
    return lambda identifier: identifier


def pairs(texts: list[str] | None) -> dict[str, str]:
    """`name=value` arguments. Mistyped for one without `=`."""
    found = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Mistyped(f"“{text}”应写作 名称=值", f"{text} is to be written as name=value")
        found[name.strip()] = value.strip()
    return found


def field_values(kind: str, texts: list[str] | None) -> dict[str, Any]:
    """`field=value` arguments by the types of a kind: text where the field takes it so, else JSON; empty clears."""
    return {field: _field_value(kind, field, text) for field, text in pairs(texts).items()}


def _field_value(kind: str, field: str, text: str) -> Any:
    if not text:
        return None
    wanted = field_type(KINDS[kind], field) if kind in KINDS else None
    try:
        msgspec.convert(text, wanted if wanted is not None else str)
    except msgspec.ValidationError:
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            return text
    return text


def one_line(value: Any) -> str:
    """A value of a record, for people."""
    if value is None:
        return "（空）"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
