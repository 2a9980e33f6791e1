"""Handing proxy cases up to the town in a batch with a cover list, and taking one back until the town has taken it up.

Invariants: a batch and its cases' moves are one write; a batch's list never changes (decision 32).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from forms.handling.interruptions import take_back
from forms.handling.states import STATE_LABELS, State
from forms.problem import Problem, pointer_to
from server.casework.case_access import case_for, refuse_changed
from server.casework.writing import change_of, needed, refuse, write_cases
from server.desk.views.published import catalogue_of
from server.desk.visitor import Visitor
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action
from server.store import hand_ups
from server.store.records import record_in
from sync.ids import uuid7
from sync.record import Record

CASES_MAX = 200
NUMBERS_A_DAY_MAX = 9999


def hand_up(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, cases: Sequence[str], note: str
) -> str:
    """Hand cases up as one batch; the batch's id. Runs inside a store write.

    Raises ProblemError: forbidden; request-invalid with each case that does not wait for being handed up (any more).
    """
    visitor.require(Action.CASE_ADVANCE)
    if not cases:
        refuse([needed("case", "请选择要报送的办件", "choose the cases to hand up")])
    if len(cases) > CASES_MAX:
        refuse([needed("case", f"一批最多{CASES_MAX}件", f"at most {CASES_MAX} cases a batch")])
    records = [case_for(db, keys, visitor, case, Action.CASE_ADVANCE) for case in dict.fromkeys(cases)]
    refuse(_not_waiting(db, keys, records))
    batch = uuid7(visitor.now_ms, os.urandom(10))
    moved: dict[str, Any] = {
        "state": State.HANDED_UP.value,
        "handed_up_at": visitor.now,
        "hand_up": batch,
    }
    fields: dict[str, Any] = {
        "number": _number(db, visitor.place, visitor.today),
        "worker": visitor.account.id,
        "handed_up_at": visitor.now,
        "cases": [record.id for record in records],
    }
    if note:
        fields["note"] = note
    made = Draft(kind="hand-up", village=visitor.place, record=batch, fields=fields)
    drafts = [made, *(change_of(record, moved) for record in records)]
    write_cases(intake, db, visitor, Action.CASE_ADVANCE, drafts)
    return batch


def take_back_case(intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, case: str) -> None:
    """Take one case back from its batch. Raises ProblemError: forbidden; case-changed where the town was first."""
    record = case_for(db, keys, visitor, case, Action.CASE_ADVANCE)
    _refuse_taken_up([record])
    write_cases(intake, db, visitor, Action.CASE_ADVANCE, [change_of(record, take_back())])


def take_back_batch(intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, batch: str) -> None:
    """Take back what is left of a batch. Raises ProblemError: not-found, forbidden; case-changed where the town has
    taken up any of it: the others are then taken back one by one.
    """
    visitor.require(Action.CASE_ADVANCE)
    records = still_in(db, keys, visitor.place, batch_record(db, keys, visitor.place, batch))
    _refuse_taken_up(records)
    drafts = [change_of(record, take_back()) for record in records]
    write_cases(intake, db, visitor, Action.CASE_ADVANCE, drafts)


def batch_record(db: sqlite3.Connection, keys: Keys, village: str, batch: str) -> Record:
    """The record of a batch. ProblemError not-found."""
    found = record_in(db, keys, village, batch)
    if found is None or found.kind != "hand-up":
        raise ProblemError("not-found")
    return found


def still_in(db: sqlite3.Connection, keys: Keys, village: str, batch: Record) -> list[Record]:
    """The cases of a batch that were not taken back, in the order of its list."""
    named = (record_in(db, keys, village, case) for case in batch.values["cases"])
    return [case for case in named if case is not None and case.values.get("hand_up") == batch.id]


def receive(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, cases: Sequence[str]
) -> None:
    """收件: entrusted cases are received by the village, and its clock to hand them up runs from now.

    Raises ProblemError: not-found, forbidden; case-changed for one that is received already.
    """
    if not cases:
        refuse([needed("case", "请选择要收件的办件", "choose the cases to receive")])
    records = [case_for(db, keys, visitor, case, Action.CASE_ADVANCE) for case in dict.fromkeys(cases)]
    for record in records:
        refuse_changed(db, record, "state", State.ENTRUSTED)
    received = {"state": State.RECEIVED.value, "received_at": visitor.now}
    drafts = [change_of(record, received) for record in records]
    write_cases(intake, db, visitor, Action.CASE_ADVANCE, drafts)


def _refuse_taken_up(records: Sequence[Record]) -> None:
    if not records:
        raise ProblemError("case-changed", "这一批已经全部撤回。")
    taken_up = [record for record in records if record.values["state"] != State.HANDED_UP]
    if taken_up:
        state = STATE_LABELS[State(taken_up[0].values["state"])].zh
        raise ProblemError("case-changed", f"镇街已经接手：{len(taken_up)}件现在是“{state}”，不能撤回。")


def _not_waiting(db: sqlite3.Connection, keys: Keys, records: Sequence[Record]) -> Iterator[Problem]:
    catalogue = catalogue_of(db, keys)
    for place, record in enumerate(records):
        state = record.values["state"]
        if state == State.RECEIVED and record.void is None:
            continue
        item = catalogue.item(record.values["item"], record.values["item_version"])
        name = record.values["item"] if item is None else item.name
        who = record.values.get("applicant_name") or ""
        now = STATE_LABELS[State(state)] if state in State.__members__.values() else None
        yield Problem(
            pointer=pointer_to("case", place),
            code="not-waiting",
            message=f"{name} {who}：现在是“{state if now is None else now.zh}”，不能报送",
            message_en=f"{name} {who}: is “{state if now is None else now.en}” now and cannot be handed up",
        )


def _number(db: sqlite3.Connection, village: str, today: date) -> str:
    """The next number of the village's day: P20261124-01."""
    for sequence in range(1, NUMBERS_A_DAY_MAX):
        number = f"P{today:%Y%m%d}-{sequence:02d}"
        if not hand_ups.number_taken(db, village, number):
            return number
    raise ProblemError("request-invalid", "今天的批次号已用完 / no number is left today")
