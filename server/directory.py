"""The directory of a village's people that every device follows: a record (kind `worker`) for each account there.

So a phone knows a colleague's name without a network. Only the villages' own accounts are in it.
"""

from __future__ import annotations

import sqlite3

from grid_map.days import count_day
from server.intake import Intake
from server.own_device import Draft, own_device, write_operations
from server.roles import Role
from server.store.accounts import Account, accounts_in
from server.store.devices import IMPORT
from server.store.records import has_record
from sync.clock import moment_ms
from sync.ids import derived
from sync.operation import Action

LISTED = frozenset({Role.WORKER, Role.VILLAGE_LEAD})


def directory_id(account: str) -> str:
    """The record of an account's person."""
    return derived("worker", account)


def list_account(intake: Intake, db: sqlite3.Connection, account: Account, now_ms: int) -> None:
    """Have the devices of an account's village learn of it, in the transaction that adds it.

    Colleagues whom an older version added without a record are listed with it.
    """
    if account.role not in LISTED:
        return
    for one in accounts_in(db, account.division):
        if one.role in LISTED and one.closed_at is None and not has_record(db, *_where(one)):
            fields = {
                "name": one.name,
                "role": one.role.value,
                "from_day": count_day(moment_ms(one.created_at)).isoformat(),
            }
            draft = Draft(kind="worker", village=one.division, record=directory_id(one.id), fields=fields)
            _write(intake, db, one.division, draft, now_ms)


def unlist_account(intake: Intake, db: sqlite3.Connection, account: Account, now_ms: int) -> None:
    """Note the last day of somebody whose account is closed."""
    if not has_record(db, *_where(account)):
        return
    draft = Draft(
        kind="worker",
        village=account.division,
        record=directory_id(account.id),
        action=Action.CHANGE,
        fields={"to_day": count_day(now_ms).isoformat()},
        seen={"to_day": None},
    )
    _write(intake, db, account.division, draft, now_ms)


def _where(account: Account) -> tuple[str, str]:
    return account.division, directory_id(account.id)


def _write(intake: Intake, db: sqlite3.Connection, village: str, draft: Draft, now_ms: int) -> None:
    device = own_device(db, IMPORT, "资料导入", village, now_ms, IMPORT)
    write_operations(intake, db, device, [draft], now_ms)
