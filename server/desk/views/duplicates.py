"""Two open cases that look like one matter, side by side: who, when, where, and the answers that tell them apart."""

from __future__ import annotations

import sqlite3
from datetime import date

import msgspec

from forms.definition import Label
from server.desk.views.cases import CaseView, case_view
from server.desk.views.conflicts import Settling, device_name
from server.desk.views.value_words import FieldWords
from server.keys import Keys
from server.settling import settled_on
from server.store.records import record_found
from sync.record import Record

NOT_COMPARED = frozenset(
    {"linked_cases", "files", "handovers", "pauses", "receipt_number", "official_number", "captured_at"}
)
"""What says nothing about whether the matter is one, or stands above the table."""


class Compared(msgspec.Struct, frozen=True):
    """A field of both cases; `differs`: it tells them apart."""

    label: Label
    first: Label
    second: Label
    differs: bool


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two: `view` has its head; where and by whom it was captured."""

    view: CaseView
    village: str
    captured_by: str
    device: str


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A suspected duplicate. `lines`: those that differ first. `undoable`: it was decided on a day not yet signed."""

    id: str
    sides: tuple[Side, ...]
    lines: tuple[Compared, ...]
    decision: str | None
    decided_by: str
    decided_at: str | None
    reason: str
    undoable: bool


def pair_of(settling: Settling, duplicate: Record, today: date) -> Pair:
    """The pair with its two cases, as far as they are still there."""
    db, keys, words = settling.db, settling.keys, settling.words
    cases = [
        found
        for name in ("first", "second")
        if (found := record_found(db, keys, duplicate.village, duplicate.values[name])) is not None
    ]
    decision = duplicate.values.get("decision")
    stamp = duplicate.stamp_of("decision") if decision is not None else None
    return Pair(
        id=duplicate.id,
        sides=tuple(_side(db, keys, words, one, today) for one in cases),
        lines=tuple(_lines(words, *cases)) if len(cases) == 2 else (),
        decision=decision,
        decided_by="" if stamp is None else device_name(db, stamp.device),
        decided_at=None if stamp is None else stamp.clock[:24],
        reason=str(duplicate.values.get("reason") or ""),
        undoable=decision is not None and not settling.is_signed(settled_on(duplicate)),
    )


def _side(db: sqlite3.Connection, keys: Keys, words: FieldWords, case: Record, today: date) -> Side:
    return Side(
        view=case_view(db, keys, case, today),
        village=case.village,
        captured_by=words.person(case.by),
        device=device_name(db, case.origin[0]),
    )


def _lines(words: FieldWords, first: Record, second: Record) -> list[Compared]:
    fields = dict.fromkeys([*first.values, *second.values])
    lines = []
    for field in fields:
        if field in NOT_COMPARED:
            continue
        around = first.values if field in first.values else second.values
        one, other = (words.text("case", field, of.values.get(field), of.values) for of in (first, second))
        differs = first.values.get(field) != second.values.get(field)
        lines.append(Compared(words.label("case", field, around), one, other, differs))
    return sorted(lines, key=lambda line: not line.differs)
