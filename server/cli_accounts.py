"""`allpost-server account …`: works on the data folder, beside a running server too."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from forms.catalogue import Department, load_catalogue
from server import revocations_log
from server.cli_data import opened
from server.cli_messages import ROLES, CommandError, mistakes_told, say, tell_table
from server.clock import unix_ms
from server.data_folder import open_data
from server.directory import list_account, unlist_account
from server.new_account import made_account, mistakes_in, store_account, with_department_keys
from server.passwords import Passwords
from server.roles import Role
from server.settings import Settings, load_settings
from server.store.accounts import (
    Account,
    UsernameTaken,
    account_by_username,
    accounts_in,
    close_account,
    set_password_hash,
)
from server.store.audit import Entry, record
from server.store.engine import Store
from server.store.knowledge import read_catalogue
from server.store.sessions import end_sessions_of
from sync.clock import moment, moment_ms

account = typer.Typer(help="账号 / accounts", no_args_is_help=True)

DEPARTMENTS_SHOWN_MAX = 2

Data = Annotated[Path | None, typer.Option(help="数据文件夹 / data folder")]
Username = Annotated[str, typer.Argument(help="用户名 / user name")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="从文件读取密码（首行），否则提示输入 / read the password from a file")
]


@account.command("add")
@mistakes_told
def add(
    username: Username,
    name: Annotated[str, typer.Option(help="姓名 / the person's name")],
    role: Annotated[Role, typer.Option(help="岗位 / role")],
    division: Annotated[str, typer.Option(help="区划代码：村社12位、镇街9位、市6位 / division code")],
    department: Annotated[
        list[str] | None,
        typer.Option(help="部门的编码或名称（镇街受理人员） / a clerk's departments, by key or name"),
    ] = None,
    password_file: PasswordFile = None,
    data: Data = None,
) -> None:
    """新建账号 / add an account."""
    settings = load_settings(data=data)
    wanted = Account(
        username=username, name=name, role=role, division=division, departments=tuple(department or ())
    )
    wanted, problems = with_department_keys(wanted, _departments(settings) if department else ())
    password = _password(password_file)
    problems += mistakes_in(wanted, password, settings)
    if problems:
        raise CommandError("\n".join(f"{found.message} / {found.message_en}" for found in problems))
    now_ms, hashed = unix_ms(), _hash(settings, password)
    made = made_account(wanted, now_ms)
    with opened(data) as of:

        def work(db: sqlite3.Connection) -> None:
            store_account(db, made, hashed, by=None)
            list_account(of.intake, db, made, now_ms)

        try:
            of.store.write_now(work)
        except UsernameTaken:
            raise CommandError(f"用户名 {username} 已被使用 / the user name is taken") from None
    say(f"已新建 / added: {username} {made.id}")


@account.command("list")
@mistakes_told
def list_accounts(
    division: Annotated[str, typer.Option(help="只列此区划及下级 / only this division and below")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="供程序读取 / for scripts")] = False,
    data: Data = None,
) -> None:
    """列出账号 / list accounts."""
    with _store(load_settings(data=data)) as store:
        found = store.read_now(lambda db: accounts_in(db, division))
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found:
        say("没有账号 / no accounts")
        return
    names = {one.key: one.name for one in load_catalogue().departments}
    tell_table("", ("用户名", "姓名", "岗位", "区划", "状态", "部门"), [_row(one, names) for one in found])


def _row(one: Account, names: dict[str, str]) -> tuple[str, ...]:
    state = "已停用" if one.closed_at else "演示" if one.demonstration else "在用"
    named = [names.get(key, key) for key in one.departments]
    many = len(named) > DEPARTMENTS_SHOWN_MAX
    departments = f"{named[0]}等{len(named)}个部门" if many else "、".join(named)
    return one.username, one.name, ROLES[one.role], one.division, state, departments


@account.command("close")
@mistakes_told
def close(username: Username, data: Data = None) -> None:
    """停用账号；其设备仍可上报已采集的记录 / close an account; its devices may still hand over their work."""
    now = moment(unix_ms())
    with opened(data) as of:

        def work(db: sqlite3.Connection) -> None:
            found = _named(db, username)
            close_account(db, found.id, now)
            revocations_log.append(db, "close-account", {"account": found.id}, moment_ms(now))
            end_sessions_of(db, found.id)
            unlist_account(of.intake, db, found, moment_ms(now))
            record(db, _changed(found, now, "closed"))

        of.store.write_now(work)
    say(f"已停用 / closed: {username}")


@account.command("password")
@mistakes_told
def password(username: Username, password_file: PasswordFile = None, data: Data = None) -> None:
    """重设密码；已有登录随即失效 / set a new password; sign-ins made with the old one end."""
    settings = load_settings(data=data)
    chosen = _password(password_file)
    if len(chosen) < settings.password_length_min:
        raise CommandError(f"密码至少{settings.password_length_min}位 / the password is too short")
    hashed, now = _hash(settings, chosen), moment(unix_ms())

    def work(db: sqlite3.Connection) -> None:
        found = _named(db, username)
        set_password_hash(db, found.id, hashed)
        end_sessions_of(db, found.id)
        record(db, _changed(found, now, "password"))

    with _store(settings) as store:
        store.write_now(work)
    say(f"密码已重设 / password set: {username}")


@contextmanager
def _store(settings: Settings) -> Iterator[Store]:
    store, _ = open_data(settings, exclusive=False)
    try:
        yield store
    finally:
        store.close()


def _departments(settings: Settings) -> tuple[Department, ...]:
    """The published departments; none in a store in which nothing is published yet."""
    store, keys = open_data(settings, exclusive=False)
    try:
        return store.read_now(lambda db: read_catalogue(db, keys)).departments
    finally:
        store.close()


def _named(db: sqlite3.Connection, username: str) -> Account:
    found = account_by_username(db, username)
    if found is None:
        raise CommandError(f"没有用户名为 {username} 的账号 / no such account")
    return found


def _changed(account: Account, now: str, change: str) -> Entry:
    return Entry(
        time=now,
        action="account.manage",
        subject_kind="account",
        subject=account.id,
        village=account.division,
        detail={"change": change, "by": "command"},
    )


def _password(file: Path | None) -> str:
    if file is None:
        chosen: str = typer.prompt("密码 / password", hide_input=True, confirmation_prompt=True)
        return chosen
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except OSError as error:
        raise CommandError(f"无法读取密码文件 {file} / cannot read it: {error.strerror}") from None


def _hash(settings: Settings, password: str) -> str:
    passwords = Passwords(settings)
    try:
        return passwords.hash_now(password)
    finally:
        passwords.close()
