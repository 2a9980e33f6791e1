"""`allpost-server demo-city`, and what `run --demo` does before it serves: a demonstration city in an empty folder."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Annotated, cast, get_args

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from grid_map.divisions import load_divisions
from server.cli_messages import ROLES, CommandError, mistakes_told, say, tell_table
from server.clock import unix_ms
from server.data_folder import open_data
from server.demo.accounts import accounts
from server.demo.city import Scale, scale_villages
from server.demo.filling import ACCOUNTS_FILE, SEED, fill
from server.intake import Intake
from server.keys import Keys
from server.roles import Role
from server.settings import Settings, load_settings
from server.store.engine import Store
from server.store.knowledge import Knowledge

_MARK = "demonstration"
_FILLING = "filling"
SCALES = get_args(Scale)


@mistakes_told
def demo_city(
    data: Annotated[Path | None, typer.Option(help="数据文件夹 / data folder")] = None,
    scale: Annotated[str, typer.Option(help="规模 / scale: village, town, city")] = "village",
) -> None:
    """在空的数据文件夹里建立演示城市 / create the demonstration city in an empty data folder."""
    settings = load_settings(data=data)
    store, keys = open_data(settings, exclusive=True)
    try:
        if not ensure_demo(settings, store, keys, scale):
            raise CommandError(
                f"{settings.data} 里已有数据，没有改动 / the folder already holds data; left as it is"
            )
    finally:
        store.close()
    tell_accounts(settings, scale)


def ensure_demo(settings: Settings, store: Store, keys: Keys, scale: str) -> bool:
    """Fill an empty store; False if it is filled already. CommandError for an unknown scale or half-filled folder."""
    if scale not in SCALES:
        raise CommandError(
            f"没有“{scale}”这个规模，可选：{'、'.join(SCALES)} / no such scale: {', '.join(SCALES)}"
        )
    mark, accounts_there = store.read_now(_state)
    if mark == _FILLING:
        raise CommandError(
            f"{settings.data} 里的演示数据只建了一半，请删除这个文件夹后重来 / "
            "the demonstration city was left half made: delete the folder and start again"
        )
    if mark is not None or accounts_there:
        return False
    store.write_now(lambda db: _set_mark(db, _FILLING))
    _fill_with_progress(settings, store, keys, cast(Scale, scale))
    store.write_now(lambda db: _set_mark(db, scale))
    return True


def _fill_with_progress(settings: Settings, store: Store, keys: Keys, scale: Scale) -> None:
    names = {division.code: division.name for division in load_divisions()}
    intake = Intake(keys, Knowledge(keys, settings.month_closes_on_working_day))
    columns = (
        TextColumn("建立演示城市 / making the demonstration city"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} {task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)

        def progress(village: str, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, description=names.get(village, ""))

        filled = fill(store, keys, intake, settings.data, scale, unix_ms(), progress)
    if filled.refused:
        raise CommandError(
            f"演示数据有 {len(filled.refused)} 条未被接受 / some operations were refused: {filled.refused[0]}"
        )
    say(
        f"演示城市已建立：{filled.villages} 个村社，{filled.operations} 条记录 / made: {filled.villages} villages"
    )


def _state(db: sqlite3.Connection) -> tuple[str | None, bool]:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_MARK,)).fetchone()
    anybody = db.execute("SELECT 1 FROM accounts LIMIT 1").fetchone()
    return (row[0] if row else None), anybody is not None


def _set_mark(db: sqlite3.Connection, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_MARK, value))


def tell_accounts(settings: Settings, scale: str) -> None:
    """Print the accounts of the first village, its town and the city; the file lists all of them."""
    path = settings.data / ACCOUNTS_FILE
    if not path.exists():
        return
    first = scale_villages(cast(Scale, scale))[0]
    shown = [of for of in accounts(SEED, [first]) if first.startswith(of.division)]
    tell_table(
        "演示账号（数据与密码均为演示）/ demonstration accounts",
        ("岗位 role", "姓名", "用户名 username", "密码 password"),
        [(f"{ROLES[Role(of.role)]} {of.role}", of.name, of.username, of.password) for of in shown],
    )
    say(f"全部账号 / all accounts: {path}")
