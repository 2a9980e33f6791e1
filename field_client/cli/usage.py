"""A command that was typed wrongly, said in Chinese first."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

WORDS = {
    "MissingParameter": "缺少参数",
    "NoSuchOption": "没有这个选项",
    "BadParameter": "参数的值不对",
    "BadOptionUsage": "选项的写法不对",
    "BadArgumentUsage": "参数的写法不对",
}
HELP = "NoArgsIsHelpError"
ANYWHERE = {"--json": 0, "--lang": 1, "--data": 1, "--pin-file": 1}
"""Options of every command, with how many values follow: a person in a hurry types them after the command."""


class ChineseGroup(TyperGroup):
    """The outermost group: its usage errors are a line of Chinese with the English beside it, and end with code 2."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run as a program; `standalone_mode=False` leaves errors to the caller."""
        try:
            code = super().main(_in_front(args), prog_name, complete_var, False, windows_expand_args, **extra)
        except TyperException as error:
            if not standalone_mode:
                raise
            _tell(error)
            code = 2
        except typer.Abort:
            if not standalone_mode:
                raise
            typer.echo("已取消 (cancelled)", err=True)
            code = 1
        if not standalone_mode:
            return code
        sys.exit(code if isinstance(code, int) else 0)


def _in_front(args: Sequence[str] | None) -> list[str]:
    """The arguments with the options of every command first; what follows `--` stays where it is."""
    rest = list(sys.argv[1:] if args is None else args)
    front: list[str] = []
    kept: list[str] = []
    while rest:
        one = rest.pop(0)
        if one == "--":
            kept += [one, *rest]
            break
        name, equals, _ = one.partition("=")
        if name not in ANYWHERE:
            kept.append(one)
            continue
        values = 0 if equals else ANYWHERE[name]
        front += [one, *rest[:values]]
        del rest[:values]
    return front + kept


def _tell(error: TyperException) -> None:
    name = type(error).__name__
    if name == HELP:
        typer.echo(error.format_message())
        return
    typer.echo(f"{WORDS.get(name, '命令写法不对')}（{error.format_message()}）", err=True)
    context = getattr(error, "ctx", None)
    if context is not None:
        typer.echo(f"用法见：{context.command_path} --help", err=True)
