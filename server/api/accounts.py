"""`/api/v1/accounts`: a village lead sees the own village's accounts, a city administrator sees and adds all."""

import sqlite3

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from server.api.sync.wire import SyncServer
from server.clock import Clock
from server.directory import list_account
from server.keys import Keys
from server.new_account import (
    made_account,
    mistakes_in,
    store_account,
    username_taken,
    with_department_keys,
)
from server.passwords import Passwords
from server.problem import ProblemError
from server.roles import Action, require
from server.settings import Settings
from server.store.accounts import Account, UsernameTaken, accounts_in, actor_of
from server.store.audit import Entry, record
from server.store.engine import Store
from server.store.knowledge import read_catalogue
from sync.clock import moment


class AccountWithPassword(msgspec.Struct, forbid_unknown_fields=True):
    """An account to be made; the server sets its id and times."""

    account: Account
    password: str


@get("/", summary="账号列表", description="本区划及其下级的账号；`division` 缺省为登录账号的区划。")
async def list_accounts(
    store: NamedDependency[Store],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
    division: FromQuery[str | None] = None,
) -> list[Account]:
    wanted = account.division if division is None else division
    require(actor_of(account), Action.ACCOUNT_LIST, wanted)
    now = moment(clock())

    def read(db: sqlite3.Connection) -> list[Account]:
        record(db, Entry(time=now, action=Action.ACCOUNT_LIST, account=account.id, village=wanted))
        return accounts_in(db, wanted)

    return await store.write(read)


@post("/", summary="新建账号", description="由市级管理员新建；所有填写错误一次列出。")
async def add_account(
    data: JSONBody[AccountWithPassword],
    store: NamedDependency[Store],
    account: NamedDependency[Account],
    passwords: NamedDependency[Passwords],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
    keys: NamedDependency[Keys],
    server: NamedDependency[SyncServer],
) -> Account:
    require(actor_of(account), Action.ACCOUNT_MANAGE, data.account.division)
    published = await store.read(lambda db: read_catalogue(db, keys))
    wanted, problems = with_department_keys(data.account, published.departments)
    problems += mistakes_in(wanted, data.password, settings)
    if problems:
        raise ProblemError("request-invalid", problems=problems)
    now_ms, hashed = clock(), await passwords.hash(data.password)
    made = made_account(wanted, now_ms)

    def add(db: sqlite3.Connection) -> None:
        store_account(db, made, hashed, by=account.id)
        list_account(server.intake, db, made, now_ms)

    try:
        await store.write(add)
    except UsernameTaken:
        raise ProblemError("request-invalid", problems=[username_taken()]) from None
    return made


accounts = Router("/accounts", route_handlers=[list_accounts, add_account], tags=["账号"])
