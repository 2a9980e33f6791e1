"""Sign-ins at the desk pages and the data API, and the failed attempts at them. Moments are UTC text."""

import hashlib
import sqlite3

from server.store.accounts import Account, account_by_id

ATTEMPTS_KEPT_MS = 24 * 3600 * 1000


def add_session(db: sqlite3.Connection, token_hash: bytes, account: str, now: str, expires_at: str) -> None:
    db.execute("DELETE FROM sessions WHERE expires_at <= ?", (now,))
    db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", (token_hash, account, now, expires_at))


def session_account(db: sqlite3.Connection, token_hash: bytes, now: str) -> Account | None:
    """The account that is signed in with this token; None when it is unknown, expired or closed."""
    query = "SELECT account FROM sessions WHERE token_hash = ? AND expires_at > ?"
    row = db.execute(query, (token_hash, now)).fetchone()
    account = account_by_id(db, row[0]) if row else None
    return account if account and account.closed_at is None else None


def account_id_of(db: sqlite3.Connection, token_hash: bytes) -> str | None:
    """Whose session a token is, or was until it ran out; None once it was ended."""
    row = db.execute("SELECT account FROM sessions WHERE token_hash = ?", (token_hash,)).fetchone()
    return None if row is None else str(row[0])


def end_session(db: sqlite3.Connection, token_hash: bytes) -> None:
    db.execute("DELETE FROM sessions WHERE token_hash = ?", (token_hash,))


def end_sessions_of(db: sqlite3.Connection, account: str) -> None:
    db.execute("DELETE FROM sessions WHERE account = ?", (account,))


def begin_attempt(
    db: sqlite3.Connection,
    username: str,
    address: str,
    now_ms: int,
    failures_max: int,
    wait_ms: int,
    wait_ms_max: int,
) -> int:
    """Count an attempt before it is checked, so that many at once are counted too; `clear_attempts` takes it back.

    Returns 0, or the milliseconds that must pass before the next attempt; then nothing is counted.
    """
    subject = _subject(username, address)
    db.execute("DELETE FROM sign_in_attempts WHERE wait_until_ms < ?", (now_ms - ATTEMPTS_KEPT_MS,))
    query = "SELECT failures, wait_until_ms FROM sign_in_attempts WHERE subject = ?"
    failures, wait_until_ms = db.execute(query, (subject,)).fetchone() or (0, 0)
    if wait_until_ms > now_ms:
        return int(wait_until_ms - now_ms)
    failures += 1
    doublings = min(failures - failures_max, 30)
    wait = min(wait_ms << doublings, wait_ms_max) if doublings >= 0 else 0
    db.execute("INSERT OR REPLACE INTO sign_in_attempts VALUES (?, ?, ?)", (subject, failures, now_ms + wait))
    return 0


def clear_attempts(db: sqlite3.Connection, username: str, address: str) -> None:
    db.execute("DELETE FROM sign_in_attempts WHERE subject = ?", (_subject(username, address),))


def _subject(username: str, address: str) -> bytes:
    return hashlib.sha256(f"{username}\n{address}".encode()).digest()[:16]
