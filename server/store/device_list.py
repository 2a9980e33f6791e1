"""Phones of a division, a page at a time: by place and name, or the longest silent first. Never by a count."""

from __future__ import annotations

import sqlite3
from typing import TypeVar

import msgspec

from server.store import device_cards
from server.store.device_cards import DeviceCard
from server.store.places import VillageRange

PAGE = 50
Key = TypeVar("Key")


class SilentPhone(msgspec.Struct, frozen=True):
    """What a town may see of a phone: no worker, no counts but what the phone itself says that it still holds.

    pending   records that it had not handed over when it last reported; None where it never did
    """

    name: str
    village: str
    contact_ms: int
    pending: int | None


def cards_of(
    db: sqlite3.Connection, villages: VillageRange, after: str | None = None, limit: int = PAGE
) -> tuple[list[DeviceCard], str | None]:
    """A page of phones, those in use first within a village, and the cursor behind it (None: the last page)."""
    village, closed, name, identifier = _key(after)
    rows = db.execute(
        "SELECT id, village, closed_ms IS NOT NULL, name FROM devices"
        " WHERE nature = 'phone' AND village >= ? AND village < ?"
        " AND (village, closed_ms IS NOT NULL, name, id) > (?, ?, ?, ?)"
        " ORDER BY village, closed_ms IS NOT NULL, name, id LIMIT ?",
        (*villages, village, closed, name, identifier, limit + 1),
    ).fetchall()
    cards = [card for one in rows[:limit] if (card := device_cards.of_phone(db, str(one[0]))) is not None]
    if len(rows) <= limit:
        return cards, None
    last = rows[limit - 1]
    return cards, msgspec.json.encode((last[1], last[2], last[3], last[0])).decode()


def silent_first(
    db: sqlite3.Connection, villages: VillageRange, after: str | None = None, limit: int = PAGE
) -> tuple[list[SilentPhone], str | None]:
    """A page of the phones in use, whoever was longest without contact first, and the cursor behind it."""
    contact_ms, identifier = _read(after, tuple[int, str], (-1, ""))
    rows = db.execute(
        "SELECT d.id, d.name, d.village, d.contact_ms,"
        " (SELECT s.pending FROM statuses s WHERE s.device = d.id ORDER BY s.day DESC LIMIT 1) FROM devices d"
        " WHERE d.nature = 'phone' AND d.village >= ? AND d.village < ? AND d.closed_ms IS NULL"
        " AND d.revoked_ms IS NULL AND (d.contact_ms, d.id) > (?, ?) ORDER BY d.contact_ms, d.id LIMIT ?",
        (*villages, contact_ms, identifier, limit + 1),
    ).fetchall()
    phones = [SilentPhone(name, village, at, pending) for _, name, village, at, pending in rows[:limit]]
    if len(rows) <= limit:
        return phones, None
    last = rows[limit - 1]
    return phones, msgspec.json.encode((last[3], last[0])).decode()


def _key(after: str | None) -> tuple[str, int, str, str]:
    return _read(after, tuple[str, int, str, str], ("", 0, "", ""))


def _read(after: str | None, of: type[Key], first: Key) -> Key:
    """A cursor; ValueError for one that is not of this list."""
    if after is None:
        return first
    try:
        return msgspec.json.decode(after, type=of)
    except msgspec.MsgspecError as error:
        raise ValueError("not a cursor of this list") from error
