"""How commands speak: results on standard output, mistakes in one message on standard error, exit code 1."""

import functools
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import ParamSpec

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from forms.handling.calendar import SHANGHAI
from server.certificate import CertificateError
from server.keys import KeyFileError
from server.problem import ProblemError
from server.roles import Role
from server.serve import ServeError
from server.settings import SettingsError
from server.store.errors import StoreError

P = ParamSpec("P")


class CommandError(Exception):
    """Something that the person at the keyboard can put right; the message says how."""


ROLES = {
    Role.WORKER: "专职工作者", Role.VILLAGE_LEAD: "村社负责人", Role.TOWN_CLERK: "镇街经办人",
    Role.TOWN_SUPERVISOR: "镇街督导", Role.CITY_ADMINISTRATOR: "市级管理员",
}  # fmt: skip


def tell_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], right: str = "") -> None:
    """A table for people, narrow enough for 80 columns. `right` are the columns whose numbers stand to the right."""
    table = Table(
        title=title or None, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False,
        padding=(0, 1, 0, 0),
    )  # fmt: skip
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in right.split() else "left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def local_time(text: str | None) -> str:
    """A moment as people read it: China Standard Time, to the minute."""
    return datetime.fromisoformat(text).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if text else "—"


def shortened(identifiers: Iterable[str]) -> dict[str, str]:
    """Each id as people read and type it: as short a beginning, at a dash, as tells all of these apart."""
    known = list(identifiers)
    for length in (8, 13, 18, 23):
        if len({one[:length] for one in known}) == len(known):
            return {one: one[:length] for one in known}
    return {one: one for one in known}


def say(text: str) -> None:
    typer.echo(text)


def mistakes_told(command: Callable[P, None]) -> Callable[P, None]:
    """Tell a person's mistakes as a message; anything else is a fault of ours and keeps its traceback."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (
            CommandError,
            SettingsError,
            KeyFileError,
            StoreError,
            CertificateError,
            ServeError,
        ) as error:
            typer.secho(str(error), fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from None
        except ProblemError as error:
            typer.secho(_refusal(error), fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from None
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            said = f"无法读写 {error.filename or ''}，请核对路径和权限 / cannot read or write it: {why}"
            typer.secho(said, fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from None

    return told


def _refusal(error: ProblemError) -> str:
    """A refusal as a person reads it: what it is, every mistake, what to do next."""
    said = f"{error.code.title} / {error.code.title_en}"
    detail = [error.detail] if error.detail else []
    mistakes = [f"  {found.message} / {found.message_en}" for found in error.problems]
    return "\n".join([said, *detail, *mistakes, f"→ {error.code.next}"])
