"""`allpost-server check`: is the store what its operations made it? It reads, beside a running server too."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from server.check.checking import check_store
from server.check.fault import Fault
from server.cli_messages import CommandError, mistakes_told, say
from server.clock import unix_ms
from server.keys import load_keys
from server.settings import Settings, load_settings
from server.store.connection import open_reader


@mistakes_told
def check(
    data: Annotated[Path | None, typer.Option(help="数据文件夹 / data folder")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="供程序读取 / for scripts")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="不重放全部操作 / leave the replay of all operations out")
    ] = False,
) -> None:
    """核对操作链、版本、校验值和计数，并重放全部操作 / verify chains, versions, hashes, tallies; replay everything."""
    settings = load_settings(data=data)
    if not settings.database_path.exists():
        raise CommandError(f"{settings.data} 里没有数据库 / no database in this folder")
    found = _found(settings, replayed=not quick)
    if as_json:
        say(msgspec.json.encode({"faults": found, "replayed": not quick}).decode())
    elif found:
        for fault in found:
            say(fault.line())
        say(f"发现 {len(found)} 处问题，未作任何改动 / {len(found)} faults; nothing was changed")
    else:
        say("核对完成，没有发现问题 / checked: nothing is wrong")
    if found:
        raise typer.Exit(1)


def _found(settings: Settings, *, replayed: bool) -> list[Fault]:
    keys = load_keys(settings.keys_path, settings.cipher)
    db = open_reader(settings.database_path)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    try:
        db.execute("BEGIN")  # one snapshot for all looks, whatever is committed meanwhile
        with Progress(
            *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
        ) as bar:
            task = bar.add_task("操作链", total=None)

            def progress(what: str, done: int, total: int) -> None:
                bar.update(task, description=what, completed=done, total=total)

            return list(
                check_store(
                    db,
                    keys,
                    settings.data,
                    unix_ms(),
                    settings.month_closes_on_working_day,
                    progress,
                    replayed=replayed,
                )
            )
    except sqlite3.DatabaseError as error:
        raise CommandError(f"数据库文件已损坏，请从备份恢复 / the database is damaged: {error}") from None
    finally:
        db.close()
