"""A command that was typed wrongly, said in Chinese first.

The device's commands have the same in `field_client.cli.usage`: neither edge may know the other.
"""

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
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except TyperException as error:
            if not standalone_mode:
                raise
            _tell(error)
            code = 2
        except typer.Abort:
            if not standalone_mode:
                raise
            typer.echo("已取消 / cancelled", err=True)
            code = 1
        if not standalone_mode:
            return code
        sys.exit(code if isinstance(code, int) else 0)


def _tell(error: TyperException) -> None:
    name = type(error).__name__
    if name == HELP:
        typer.echo(error.format_message())
        return
    typer.echo(f"{WORDS.get(name, '命令写法不对')}（{error.format_message()}）", err=True)
    context = getattr(error, "ctx", None)
    if context is not None:
        typer.echo(f"用法见 / see: {context.command_path} --help", err=True)
