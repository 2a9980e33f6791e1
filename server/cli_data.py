"""What commands on the data folder share; they work beside a running server too."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from server.cli_messages import CommandError
from server.data_folder import open_data
from server.intake import Intake
from server.keys import Keys
from server.settings import Settings, load_settings
from server.store.accounts import Account, account_by_username
from server.store.engine import Store
from server.store.knowledge import Knowledge

Data = Annotated[Path | None, typer.Option(help="数据文件夹 / data folder")]
AsJson = Annotated[bool, typer.Option("--json", help="供程序读取 / for scripts")]


class Opened(NamedTuple):
    """An open data folder, and the way in for what a command writes."""

    settings: Settings
    store: Store
    keys: Keys
    intake: Intake


@contextmanager
def opened(data: Path | None) -> Iterator[Opened]:
    """The data folder, shared with a running server: both take turns at SQLite's lock."""
    settings = load_settings(data=data)
    store, keys = open_data(settings, exclusive=False)
    try:
        intake = Intake(keys, Knowledge(keys, settings.month_closes_on_working_day))
        yield Opened(settings, store, keys, intake)
    finally:
        store.close()


def named(db: sqlite3.Connection, username: str) -> Account:
    """The open account with a user name. CommandError if there is none."""
    found = account_by_username(db, username)
    if found is None or found.closed_at is not None:
        raise CommandError(f"没有用户名为 {username} 的在用账号 / no such account")
    return found
