"""Official numbers: the server gives one when a desk first captures or moves a case, in that very operation.

So a number is part of the case's history like every other value (`check` and a replay read it there), it costs no
revision of its own, and a phone that has not pulled yet never meets one it did not expect: see
`docs/decisions/0031-a-number-comes-with-the-first-act-at-a-desk.md`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from uuid import UUID

import msgspec

from forms.handling.calendar import ONE_DAY
from forms.handling.receipt import OfficialNumber, belongs_to, official_number, read_number
from grid_map.days import count_day
from server.keys import Keys
from server.own_device import Draft
from server.store import official_numbers
from server.store.records import record_found
from sync.ids import uuid7
from sync.operation import Action

FIELD = "official_number"


def with_official_numbers(
    db: sqlite3.Connection, keys: Keys, drafts: Iterable[Draft], now_ms: int
) -> Iterator[Draft]:
    """The drafts of a desk, with a number in the first that creates or moves a case which has none."""
    given: set[str] = set()
    for draft in drafts:
        if draft.kind != "case" or "state" not in draft.fields or draft.record in given:
            yield draft
            continue
        numbered = _numbered(db, keys, draft, now_ms)
        given.add(numbered.record)
        yield numbered


def case_numbered(db: sqlite3.Connection, village: str, typed: str) -> list[str] | None:
    """The cases of a village that a typed receipt number may mean; None for what is no such number.

    An official number means one case at most; a provisional one says the day and eight digits of the case's id, so it
    may mean two (`forms.handling.receipt`); the day is that of the phone's clock, so one either way will do.
    """
    number = read_number(typed)
    if number is None:
        return None
    if isinstance(number, OfficialNumber):
        found = official_numbers.record_of(db, number.village, number.year, number.sequence)
        return [] if found is None else [found]
    days = [(number.captured_on + ONE_DAY * shift).isoformat() for shift in (-1, 0, 1)]
    captured = [record for day in days for record in official_numbers.captured_on(db, village, day)]
    return [record for record in captured if belongs_to(number, UUID(record))]


def _numbered(db: sqlite3.Connection, keys: Keys, draft: Draft, now_ms: int) -> Draft:
    creates = draft.action == Action.CREATE
    record = draft.record or uuid7(now_ms, os.urandom(10))
    case = record_found(db, keys, draft.village, record)
    if (case is None and not creates) or (case is not None and case.values.get(FIELD)):
        return draft
    number = draft.fields.get(FIELD) or _given(db, draft.village, record, now_ms)
    seen = draft.seen if creates else {FIELD: None, **draft.seen}
    return msgspec.structs.replace(draft, record=record, fields={**draft.fields, FIELD: number}, seen=seen)


def _given(db: sqlite3.Connection, village: str, record: str, now_ms: int) -> str:
    """A case's number: the one that it was given before, where the record says none any more."""
    known = official_numbers.sequence_of(db, record)
    if known is not None:
        return official_number(*known)
    year = count_day(now_ms).year
    sequence = official_numbers.next_sequence(db, village, year)
    official_numbers.keep(db, village, year, sequence, record, now_ms)
    return official_number(village, year, sequence)
