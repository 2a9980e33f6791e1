"""Batches handed up: a village's list of them, and the cover list of one with what became of each case."""

from __future__ import annotations

import sqlite3
from datetime import date

import msgspec

from forms.handling.states import State
from server.casework.handing_up import batch_record
from server.desk.views.cases import CaseView, case_view
from server.desk.views.people import Person, person
from server.keys import Keys
from server.problem import ProblemError
from server.store.hand_ups import HandUpRow, hand_up_row, hand_ups_of
from server.store.records import record_in

PAGE = 50


class BatchLine(msgspec.Struct, frozen=True):
    """One case of the list; `back` once it was taken back. None for a case that was erased."""

    case: CaseView | None
    back: bool


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch with its list. `returnable`: none of what is left in it was taken up by the town."""

    row: HandUpRow
    by: Person | None
    note: str | None
    lines: tuple[BatchLine, ...]
    returnable: bool


class ListedBatch(msgspec.Struct, frozen=True):
    """One line of a village's batches."""

    row: HandUpRow
    by: Person | None


def batches_of(
    db: sqlite3.Connection, village: str, before_ms: int | None
) -> tuple[list[ListedBatch], int | None]:
    """A page of batches, the latest first, and where the next one goes on."""
    rows = hand_ups_of(db, village, before_ms, PAGE + 1)
    listed = [ListedBatch(row, person(db, row.worker)) for row in rows[:PAGE]]
    return listed, rows[PAGE - 1].handed_up_ms if len(rows) > PAGE else None


def batch_view(db: sqlite3.Connection, keys: Keys, village: str, batch: str, today: date) -> Batch:
    """One batch with its cases as they are now. ProblemError not-found."""
    record = batch_record(db, keys, village, batch)
    row = hand_up_row(db, village, record.id)
    if row is None:
        raise ProblemError("not-found")
    cases = [record_in(db, keys, village, case) for case in record.values["cases"]]
    lines = tuple(
        BatchLine(
            None if case is None else case_view(db, keys, case, today),
            case is not None and case.values.get("hand_up") != record.id,
        )
        for case in cases
    )
    left = [case for case in cases if case is not None and case.values.get("hand_up") == record.id]
    return Batch(
        row=row,
        by=person(db, row.worker),
        note=record.values.get("note"),
        lines=lines,
        returnable=bool(left) and all(case.values["state"] == State.HANDED_UP for case in left),
    )
