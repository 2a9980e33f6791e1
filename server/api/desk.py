"""What the calls of the data API have in common: villages in addresses, the window's rights, reads that are audited."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from forms.codes import mask_identity_number
from forms.problem import Problem
from grid_map.days import count_day
from server.api.sync.wire import SyncServer
from server.problem import ProblemError
from server.roles import Action, Actor
from server.store import rota
from server.store.accounts import Account, actor_of
from server.store.audit import Entry, record
from sync.clock import moment

T = TypeVar("T")
_VILLAGE = re.compile(r"\d{12}", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1900, 2999
_IDENTITY_NUMBER = re.compile(r"(?<!\d)\d{6}[ -]?\d{8}[ -]?\d{3}[\dXx](?!\d)", re.ASCII)


def village_code(village: str) -> str:
    """A village's code from an address. ProblemError not-found for what is no code of 12 digits."""
    if not _VILLAGE.fullmatch(village):
        raise ProblemError("not-found", "村社代码应为12位数字 / a village's code has 12 digits")
    return village


def day_given(text: str | None, now_ms: int) -> date:
    """A day from a request, today where none is given. ProblemError request-invalid for what is no day."""
    if text is None:
        return count_day(now_ms)
    try:
        day = date.fromisoformat(text)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(text)
        return day
    except ValueError:
        found = Problem(
            pointer="/day",
            code="day",
            message="日期应写作2026-11-23",
            message_en="a day is written as 2026-11-23",
        )
        raise ProblemError("request-invalid", problems=[found]) from None


def actor_at(db: sqlite3.Connection, account: Account, village: str, now_ms: int) -> Actor:
    """The account with the window's rights where today's rota gives them."""
    today = count_day(now_ms).isoformat()
    return actor_of(account, on_duty=rota.at_window(db, village, today, account.id))


async def read_audited(
    server: SyncServer,
    read: Callable[[sqlite3.Connection], T],
    account: Account,
    action: Action,
    village: str,
    now_ms: int,
) -> T:
    """What `read` finds on a snapshot, handed out once the audit log says who read it."""
    found = await server.store.read(read)
    entry = Entry(
        time=moment(now_ms), action=action, account=account.id, village=village, detail={"read": True}
    )
    await server.store.write(lambda db: record(db, entry))
    return found


def masked(value: Any) -> Any:
    """A value with every identity number in it masked, as lists show it: also one that stands within a text."""
    if isinstance(value, str):
        return _IDENTITY_NUMBER.sub(lambda found: mask_identity_number(found[0]), value)
    if isinstance(value, dict):
        return {key: masked(member) for key, member in value.items()}
    if isinstance(value, list):
        return [masked(member) for member in value]
    return value
