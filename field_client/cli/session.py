"""What every command shares: the store, the language, JSON or tables, and errors in words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from field_client.cli.usage import ChineseGroup
from field_client.device import Device
from field_client.errors import FieldError, Refused
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
DEFAULT_DATA = Path.home() / ".local" / "share" / "allpost-field" / "device.db"
console = Console(highlight=False)
problems_to = Console(stderr=True, highlight=False)


class Session(msgspec.Struct):
    """How this run was asked to speak, and where its store is."""

    data: Path
    english: bool = False
    json: bool = False

    def say(self, zh: str, en: str) -> str:
        """A text in the language that was asked for."""
        return en if self.english else zh


session = Session(DEFAULT_DATA)


@app.callback()
def main(
    data: Annotated[
        Path, typer.Option("--data", envvar="ALLPOST_FIELD_DATA", help="数据文件 (the device's file)")
    ] = DEFAULT_DATA,
    lang: Annotated[str, typer.Option("--lang", help="zh 或 en (language)")] = "zh",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON，供脚本使用 (for scripts)")] = False,
) -> None:
    """全岗通外勤端。"""
    session.data, session.english, session.json = data, lang == "en", json


@contextmanager
def opened() -> Iterator[Device]:
    """The device, for one command; what goes wrong is said in words and ends with a code."""
    with told(), Device(session.data) as device:
        yield device


@contextmanager
def told() -> Iterator[None]:
    """Errors in words: exit 2 for what the worker can mend, 1 for the rest. Never a traceback."""
    try:
        yield
    except FieldError as error:
        tell_error(error)
        raise typer.Exit(2 if isinstance(error, Refused) else 1) from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        problems_to.print(
            session.say(f"无法读写文件：{error.filename}（{reason}）", f"cannot read or write: {error}")
        )
        raise typer.Exit(1) from error
    except sqlite3.Error as error:
        problems_to.print(session.say(f"数据文件读写失败：{error}", f"the data file failed: {error}"))
        raise typer.Exit(1) from error
    except (ValueError, msgspec.MsgspecError) as error:
        problems_to.print(session.say(f"输入有误：{error}", f"wrong input: {error}"))
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
        problems_to.print(session.say(error.message, error.message_en), style="red")
    after = session.say(error.next_step, error.next_step_en or error.next_step)
    if after:
        problems_to.print(session.say(f"怎么办：{after}", f"what to do: {after}"))


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


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """A table for people."""
    made = Table(title=title, title_justify="left", show_lines=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*row)
    console.print(made)


def shortener(identifiers: Iterable[str]) -> Callable[[str], str]:
    """Ids as people read and type them: as short a beginning, at a dash, as tells all of these apart."""
    known = list(identifiers)
    for length in (8, 13, 18, 23):
        if len({identifier[:length] for identifier in known}) == len(known):
            return lambda identifier: identifier[:length]
    return lambda identifier: identifier


def pairs(texts: list[str] | None) -> dict[str, str]:
    """`name=value` arguments. ValueError for one without `=`."""
    found = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ValueError(f"{text}（应为 名称=值, expected name=value）")
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
