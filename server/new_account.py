"""What a new account must be, told all at once."""

import re
import secrets
import sqlite3
from collections.abc import Iterable

import msgspec

from forms.catalogue import Department, load_catalogue
from forms.problem import Problem
from server.roles import Role
from server.settings import Settings
from server.store.accounts import Account, add_account
from server.store.audit import Entry, record
from sync.clock import moment
from sync.ids import uuid7

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
NAME_CHARACTERS_MAX = 40
DIVISION_DIGITS = {
    Role.WORKER: 12,
    Role.VILLAGE_LEAD: 12,
    Role.TOWN_CLERK: 9,
    Role.TOWN_SUPERVISOR: 9,
    Role.CITY_ADMINISTRATOR: 6,
}


def mistakes_in(account: Account, password: str, settings: Settings) -> list[Problem]:
    """Everything that keeps this account from being made; pointers are into `{"account": …, "password": …}`."""
    digits = DIVISION_DIGITS[account.role]
    found = []
    if not USERNAME.fullmatch(account.username):
        found.append(
            _problem(
                "/account/username",
                "username",
                "用户名为2至32位小写字母、数字或 . _ -",
                "A user name has 2 to 32 lower-case letters, digits or . _ -",
            )
        )
    if not 0 < len(account.name.strip()) <= NAME_CHARACTERS_MAX:
        found.append(
            _problem("/account/name", "name", "请填写姓名（40字以内）", "The name is missing or too long")
        )
    if not re.fullmatch(rf"[0-9]{{{digits}}}", account.division):
        found.append(
            _problem(
                "/account/division",
                "division",
                f"该岗位的区划代码应为{digits}位数字",
                f"The division code of this role has {digits} digits",
            )
        )
    if bool(account.departments) != (account.role is Role.TOWN_CLERK):
        found.append(
            _problem(
                "/account/departments",
                "departments",
                "镇街受理人员须填写部门，其他岗位不填",
                "A town clerk has departments, nobody else has",
            )
        )
    if len(password) < settings.password_length_min:
        found.append(
            _problem(
                "/password",
                "password-short",
                f"密码至少{settings.password_length_min}位",
                f"A password has at least {settings.password_length_min} characters",
            )
        )
    return found


def with_department_keys(account: Account, known: Iterable[Department]) -> tuple[Account, list[Problem]]:
    """The account with its departments by key, as items name them; a name is taken for its key.

    known   the published departments; where none is published yet, those of the demonstration catalogue
    A department that nobody has is a problem: its clerk would see no case at all.
    """
    departments = list(known) or list(load_catalogue().departments)
    keys = {one.name: one.key for one in departments} | {one.key: one.key for one in departments}
    strange = [named for named in account.departments if named not in keys]
    if strange:
        those = "、".join(f"{one.name}（{one.key}）" for one in departments)
        problem = _problem(
            "/account/departments",
            "unknown-department",
            f"目录里没有这个部门：{'、'.join(strange)}；现有{those}",
            f"The catalogue has no such department: {', '.join(strange)}",
        )
        return account, [problem]
    found = tuple(dict.fromkeys(keys[named] for named in account.departments))
    return msgspec.structs.replace(account, departments=found), []


def username_taken() -> Problem:
    return _problem(
        "/account/username", "username-taken", "这个用户名已被使用", "This user name is already in use"
    )


def made_account(account: Account, now_ms: int) -> Account:
    """The account with its id and time of creation."""
    return msgspec.structs.replace(
        account, id=uuid7(now_ms, secrets.token_bytes(10)), created_at=moment(now_ms), closed_at=None
    )


def store_account(db: sqlite3.Connection, account: Account, password_hash: str, by: str | None) -> None:
    """Add it, with its audit entry. Raises UsernameTaken."""
    add_account(db, account, password_hash)
    record(
        db,
        Entry(
            time=account.created_at,
            action="account.manage",
            account=by,
            subject_kind="account",
            subject=account.id,
            village=account.division,
            detail={"change": "added", "role": account.role.value},
        ),
    )


def _problem(pointer: str, code: str, message: str, message_en: str) -> Problem:
    return Problem(pointer=pointer, code=code, message=message, message_en=message_en)
