"""Signing in, and finding out who calls.

Tokens are opaque random texts; the store holds only their SHA-256. Passwords are checked off the event loop,
and an unknown user takes as long as a wrong password. Attempts count by user name and address: after some
failures one has to wait, longer each time.
"""

import hashlib
import secrets
import sqlite3
from typing import Any

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.types import Scope

from server.clock import Clock
from server.passwords import Passwords
from server.problem import ProblemError
from server.settings import Settings
from server.store.accounts import Account, credentials, set_password_hash
from server.store.audit import Entry, record
from server.store.engine import Store
from server.store.sessions import add_session, begin_attempt, clear_attempts, session_account
from sync.clock import moment

TOKEN_BYTES = 32
HOUR_MS = 3600 * 1000


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """What a person types."""

    username: str
    password: str


class Session(msgspec.Struct):
    """A sign-in: the token is shown once and sent as `Authorization: Bearer …` until `expires_at`."""

    token: str
    expires_at: str
    account: Account


def new_token() -> str:
    """256 random bits as text. Store `token_hash` of it, never the token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """Under which a token is stored: its SHA-256 (the token is random, so no salt and no slow hash)."""
    return hashlib.sha256(token.encode()).digest()


def bearer_token(scope: Scope) -> str:
    """The token of `Authorization: Bearer …`. Raises ProblemError("bad-token") when there is none."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.partition(b" ")
            if kind.lower() == b"bearer" and token:
                return token.decode("latin-1").strip()
    raise ProblemError("bad-token", headers={"www-authenticate": "Bearer"})


async def check_password(
    store: Store, passwords: Passwords, settings: Settings, now_ms: int, given: SignIn, address: str
) -> Account:
    """The account, open or closed, whose password this is; the caller decides what a closed one may.

    Raises ProblemError: too-many-attempts, server-busy (both with Retry-After), wrong-password. Failures are audited.
    """
    with passwords.place(address):
        return await _checked_password(store, passwords, settings, now_ms, given, address)


async def _checked_password(
    store: Store, passwords: Passwords, settings: Settings, now_ms: int, given: SignIn, address: str
) -> Account:
    wait_ms = await store.write(
        lambda db: begin_attempt(
            db,
            given.username,
            address,
            now_ms,
            settings.sign_in_failures_max,
            settings.sign_in_wait_seconds * 1000,
            settings.sign_in_wait_seconds_max * 1000,
        )
    )
    if wait_ms:
        raise ProblemError("too-many-attempts", headers={"retry-after": str(-(-wait_ms // 1000))})
    found = await store.read(lambda db: credentials(db, given.username))
    account, password_hash = found or (None, None)
    if not await passwords.matches(given.password, password_hash) or account is None or password_hash is None:
        await store.write(lambda db: record(db, _failed(account, now_ms)))
        raise ProblemError("wrong-password")
    await store.write(lambda db: clear_attempts(db, given.username, address))
    if passwords.outdated(password_hash):
        renewed = await passwords.hash(given.password)
        await store.write(lambda db: set_password_hash(db, account.id, renewed))
    return account


async def sign_in(
    store: Store, passwords: Passwords, settings: Settings, now_ms: int, given: SignIn, address: str
) -> Session:
    """A new session. Raises ProblemError as `check_password`; a closed account is told as wrong-password."""
    account = await check_password(store, passwords, settings, now_ms, given, address)
    if account.closed_at is not None:
        raise ProblemError("wrong-password")
    token, now = new_token(), moment(now_ms)
    expires_at = moment(now_ms + settings.session_hours * HOUR_MS)

    def open_session(db: sqlite3.Connection) -> None:
        add_session(db, token_hash(token), account.id, now, expires_at)
        record(db, Entry(time=now, action="sign_in.done", account=account.id))

    await store.write(open_session)
    return Session(token, expires_at, account)


async def signed_in(
    request: Request[Any, Any, Any], store: NamedDependency[Store], clock: NamedDependency[Clock]
) -> Account:
    """The dependency `account`: whose session calls. Raises ProblemError("bad-token")."""
    hashed = token_hash(bearer_token(request.scope))
    account = await store.read(lambda db: session_account(db, hashed, moment(clock())))
    if account is None:
        raise ProblemError("bad-token", headers={"www-authenticate": "Bearer"})
    return account


def address_of(request: Request[Any, Any, Any]) -> str:
    """The caller's network address, for counting attempts."""
    return request.client.host if request.client else "-"


def _failed(account: Account | None, now_ms: int) -> Entry:
    return Entry(time=moment(now_ms), action="sign_in.failed", account=account.id if account else None)
