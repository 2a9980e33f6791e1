"""People by their account's id, as pages name them."""

from __future__ import annotations

import sqlite3

import msgspec

from server.roles import Role
from server.store.accounts import accounts_in


class Person(msgspec.Struct, frozen=True):
    """An account's id and name; the id stands for the name of one that is not known."""

    id: str
    name: str


def person(db: sqlite3.Connection, account: str | None) -> Person | None:
    """Who that is; None for nobody."""
    if not account:
        return None
    row = db.execute("SELECT name FROM accounts WHERE id = ?", (account,)).fetchone()
    return Person(account, account if row is None else str(row[0]))


def colleagues(db: sqlite3.Connection, village: str) -> list[Person]:
    """Those who can hold a case of the village: its workers and its lead, none whose account is closed."""
    return [
        Person(account.id, account.name)
        for account in accounts_in(db, village)
        if account.role in (Role.WORKER, Role.VILLAGE_LEAD) and account.closed_at is None
    ]
