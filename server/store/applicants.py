"""Finding a resident of a village who stands at the window: by identity number, phone or name.

Names and phones are nowhere in the clear, so a search by them opens every resident of the village (6,000 in about
0.1 s); an identity number is found by its keyed hash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec

from forms.codes import normalise_identity_number, normalise_phone
from server.keys import Keys
from server.store.bodies import opened_bytes

PHONE_TAIL_MIN = 4
_GONE = frozenset({"moved_out", "deceased"})


class ResidentValues(msgspec.Struct, frozen=True):
    """What of a resident's record is needed to know them at a counter."""

    name: str
    household: str
    sex: str | None = None
    birth_date: str | None = None
    identity_number: str | None = None
    phone: str | None = None
    relation: str | None = None
    status: str | None = None
    merged_into: str | None = None


class Found(msgspec.Struct, frozen=True):
    """A resident who was found; `values` of the record."""

    id: str
    values: ResidentValues


class _Body(msgspec.Struct):
    values: ResidentValues
    void: msgspec.Raw | None = None


_read = msgspec.json.Decoder(_Body).decode


def residents_matching(
    db: sqlite3.Connection, keys: Keys, village: str, text: str, limit: int
) -> list[Found]:
    """Who is meant by a text: those of whom all of it is the name first. Who moved away or died is left out."""
    words = text.split()
    if not words:
        return []
    if len(number := normalise_identity_number(text)) == len("330499196002020013"):
        return list(_with_number(db, keys, village, number))[:limit]
    digits = normalise_phone(text)
    by_phone = digits.isdigit() and len(digits) >= PHONE_TAIL_MIN
    found = [
        one
        for one in _residents(db, keys, village)
        if (
            (one.values.phone or "").endswith(digits)
            if by_phone
            else all(word in one.values.name for word in words)
        )
    ]
    return sorted(found, key=lambda one: (one.values.name != text.strip(), one.values.name, one.id))[:limit]


def resident_at(db: sqlite3.Connection, keys: Keys, village: str, identifier: str) -> Found | None:
    """A resident of the village by id; None for what is none there, or not any more."""
    row = db.execute(
        "SELECT id, body FROM records WHERE village = ? AND id = ? AND kind = 'resident'",
        (village, identifier),
    ).fetchone()
    return None if row is None else _present(keys, *row)


def _with_number(db: sqlite3.Connection, keys: Keys, village: str, number: str) -> Iterator[Found]:
    rows = db.execute(
        "SELECT record FROM identity_lookup WHERE hash = ? ORDER BY record", (keys.lookup_hash(number),)
    ).fetchall()
    for (identifier,) in rows:
        found = resident_at(db, keys, village, identifier)
        if found is not None:
            yield found


def _residents(db: sqlite3.Connection, keys: Keys, village: str) -> Iterator[Found]:
    rows = db.execute("SELECT id, body FROM records WHERE village = ? AND kind = 'resident'", (village,))
    for identifier, body in rows:
        found = _present(keys, identifier, body)
        if found is not None:
            yield found


def _present(keys: Keys, identifier: str, body: bytes) -> Found | None:
    read = _read(opened_bytes(keys, identifier, body))
    if read.void is not None or read.values.merged_into is not None or read.values.status in _GONE:
        return None
    return Found(identifier, read.values)


def person_key(db: sqlite3.Connection, keys: Keys, identity_number: str) -> str:
    """Who somebody is to the rule of suspected duplicates: the resident with that number, else its keyed hash."""
    hashed = keys.lookup_hash(normalise_identity_number(identity_number))
    row = db.execute(
        "SELECT record FROM identity_lookup WHERE hash = ? ORDER BY record LIMIT 1", (hashed,)
    ).fetchone()
    return str(row[0]) if row else hashed.hex()


def cases_alike(db: sqlite3.Connection, village: str, fingerprint: str) -> list[str]:
    """The open cases of a village that may be one and the same matter (`forms.handling.duplicates`)."""
    rows = db.execute(
        "SELECT id FROM records WHERE village = ? AND fingerprint = ? ORDER BY id", (village, fingerprint)
    )
    return [identifier for (identifier,) in rows]
