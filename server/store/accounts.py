"""The accounts: one a person; an account is closed, never removed, because operations name its id for ever."""

import sqlite3

import msgspec

from server.roles import Actor, Role
from server.store.drafts import remove_drafts_of

_COLUMNS = "id, username, name, role, division, departments, demonstration, created_at, closed_at"


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person who signs in; its `id` is the worker id of operations, rotas and assignments.

    division     12 digits for a village's people, 9 for a town's, 6 for the city's
    departments  a town clerk's departments
    created_at, closed_at   moments in UTC; set by the server
    """

    id: str = ""
    username: str
    name: str
    role: Role
    division: str
    departments: tuple[str, ...] = ()
    demonstration: bool = False
    created_at: str = ""
    closed_at: str | None = None


class UsernameTaken(Exception):
    """Another account, maybe a closed one, has this user name."""


def actor_of(account: Account, *, on_duty: bool = False) -> Actor:
    """The account as `server.roles` asks for it; the caller looks up the rota for `on_duty`."""
    return Actor(
        account.id,
        account.role,
        account.division,
        account.departments,
        on_duty,
        closed=account.closed_at is not None,
    )


def add_account(db: sqlite3.Connection, account: Account, password_hash: str) -> None:
    """Raises UsernameTaken."""
    row = (
        account.id,
        account.username,
        account.name,
        account.role.value,
        account.division,
        msgspec.json.encode(account.departments).decode(),
        int(account.demonstration),
        account.created_at,
        account.closed_at,
        password_hash,
    )
    try:
        db.execute(f"INSERT INTO accounts ({_COLUMNS}, password_hash) VALUES (?,?,?,?,?,?,?,?,?,?)", row)
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_UNIQUE:
            raise
        raise UsernameTaken(account.username) from None


def account_by_id(db: sqlite3.Connection, account: str) -> Account | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM accounts WHERE id = ?", (account,)).fetchone()
    return _account(row) if row else None


def account_by_username(db: sqlite3.Connection, username: str) -> Account | None:
    found = credentials(db, username)
    return found[0] if found else None


def credentials(db: sqlite3.Connection, username: str) -> tuple[Account, str] | None:
    """The account and its password hash."""
    row = db.execute(
        f"SELECT {_COLUMNS}, password_hash FROM accounts WHERE username = ?",
        (username,),
    ).fetchone()
    return (_account(row), row[9]) if row else None


def accounts_in(db: sqlite3.Connection, division: str) -> list[Account]:
    """All accounts whose division is `division` or lies in it, by division, then user name."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM accounts WHERE division >= ? AND division < ? ORDER BY division, username",
        (division, division + ":"),  # ":" follows "9"
    )
    return [_account(row) for row in rows]


def close_account(db: sqlite3.Connection, account: str, at: str) -> None:
    """Its sessions end with it, and its drafts at a desk go; its devices may still hand over (`server.roles`)."""
    db.execute("UPDATE accounts SET closed_at = ? WHERE id = ? AND closed_at IS NULL", (at, account))
    remove_drafts_of(db, account)


def set_password_hash(db: sqlite3.Connection, account: str, password_hash: str) -> None:
    """Where the password itself changed, `end_sessions_of` the account too."""
    db.execute("UPDATE accounts SET password_hash = ? WHERE id = ?", (password_hash, account))


def demonstration_exists(db: sqlite3.Connection) -> bool:
    """Whether any open account is a demonstration account, whose password is in a file."""
    query = "SELECT 1 FROM accounts WHERE demonstration = 1 AND closed_at IS NULL LIMIT 1"
    return db.execute(query).fetchone() is not None


def _account(row: tuple[object, ...]) -> Account:
    identity, username, name, role, division, departments, demonstration, created_at, closed_at = row[:9]
    return Account(
        id=str(identity),
        username=str(username),
        name=str(name),
        role=Role(str(role)),
        division=str(division),
        departments=msgspec.json.decode(str(departments), type=tuple[str, ...]),
        demonstration=bool(demonstration),
        created_at=str(created_at),
        closed_at=None if closed_at is None else str(closed_at),
    )
