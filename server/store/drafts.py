"""Forms half filled in at the desks, each its account's own; the bodies are sealed with the server's keys.

A draft is no record: nobody else sees it, no figure counts it, `check` does not recompute it. It goes when its form is
sent, when somebody throws it away, after KEPT_DAYS, when its account is closed, and when a resident of its place is
erased: what was typed may name the person, and no rule could find the name in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from server.keys import Keys

KEPT_DAYS = 30
KEPT_OF_ACCOUNT_MAX = 50
DAY_MS = 24 * 3600 * 1000


class FormDraft(msgspec.Struct, frozen=True):
    """What was typed, as (name of the field, text), and when (Unix milliseconds)."""

    fields: list[tuple[str, str]]
    at_ms: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[tuple[str, str]]).decode


def keep_draft(
    db: sqlite3.Connection,
    keys: Keys,
    account: str,
    form: str,
    place: str,
    fields: Iterable[tuple[str, str]],
    now_ms: int,
) -> None:
    """In place of what was kept of this form before; of too many, the oldest go."""
    body = keys.encrypt_blob(_encode(list(fields)), _bound_to(account, form))
    db.execute(
        "INSERT INTO desk_drafts VALUES (?, ?, ?, ?, ?) ON CONFLICT (account, form) DO UPDATE SET"
        " place = excluded.place, at_ms = excluded.at_ms, body = excluded.body",
        (account, form, place, now_ms, body),
    )
    db.execute(
        "DELETE FROM desk_drafts WHERE account = ? AND form NOT IN"
        " (SELECT form FROM desk_drafts WHERE account = ? ORDER BY at_ms DESC LIMIT ?)",
        (account, account, KEPT_OF_ACCOUNT_MAX),
    )


def draft_of(db: sqlite3.Connection, keys: Keys, account: str, form: str, now_ms: int) -> FormDraft | None:
    """What is kept of a form, if it is not too old."""
    row = db.execute(
        "SELECT body, at_ms FROM desk_drafts WHERE account = ? AND form = ? AND at_ms > ?",
        (account, form, now_ms - KEPT_DAYS * DAY_MS),
    ).fetchone()
    if row is None:
        return None
    return FormDraft(_decode(keys.decrypt_blob(row[0], _bound_to(account, form))), row[1])


def remove_draft(db: sqlite3.Connection, account: str, form: str) -> None:
    """It was sent, or thrown away."""
    db.execute("DELETE FROM desk_drafts WHERE account = ? AND form = ?", (account, form))


def remove_drafts_of(db: sqlite3.Connection, account: str) -> None:
    """The account is closed."""
    db.execute("DELETE FROM desk_drafts WHERE account = ?", (account,))


def remove_drafts_at(db: sqlite3.Connection, villages: Iterable[str]) -> None:
    """Of villages in which somebody is erased, and of the town and city above them."""
    above = {(village[:digits],) for village in villages for digits in (6, 9, 12)}
    db.executemany("DELETE FROM desk_drafts WHERE place = ?", sorted(above))


def remove_old_drafts(db: sqlite3.Connection, now_ms: int) -> int:
    """Those past KEPT_DAYS; how many."""
    return db.execute("DELETE FROM desk_drafts WHERE at_ms <= ?", (now_ms - KEPT_DAYS * DAY_MS,)).rowcount


def _bound_to(account: str, form: str) -> bytes:
    return b"desk_drafts\0" + account.encode() + b"\0" + form.encode()
