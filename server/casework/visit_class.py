"""A household's visit class, changed by the lead with a reason; a special event, after which it is soon to be visited.

Class and reason say much about people, so they are the lead's alone and each look and change is in the audit log.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

import msgspec

from forms.handling.calendar import SHANGHAI
from forms.problem import Problem
from grid_map.visit_classes import load_visit_classes
from server.desk.visitor import Visitor
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action
from server.store.audit import Entry
from server.store.audit import record as audit
from server.store.records import record_in
from sync.clock import moment
from sync.counting_facts import DEFAULT_CLASS
from sync.operation import Action as Does
from sync.record import Record

EVENTS = {
    "death": ("家中有人去世", "a death"),
    "discharge": ("出院", "discharged from hospital"),
    "dispute": ("家庭矛盾", "a dispute"),
    "other": ("其他情况", "something else"),
}
"""The special events that a record may name, in words (`sync.field_types.SpecialEvent`)."""


class ClassChange(msgspec.Struct, frozen=True):
    """The class that is wanted, why, and the one that the lead saw."""

    visit_class: str
    reason: str
    seen: str


def household_of(db: sqlite3.Connection, keys: Keys, visitor: Visitor, household: str) -> Record:
    """A household of the visitor's village. Raises ProblemError: forbidden, not-found."""
    visitor.require(Action.VISIT_CLASS_WRITE)
    found = record_in(db, keys, visitor.place, household)
    if found is None or found.kind != "household":
        raise ProblemError("not-found")
    return found


def change_class(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, household: str, change: ClassChange
) -> None:
    """Write the class. Raises ProblemError: forbidden, not-found, request-invalid, already-settled."""
    found = household_of(db, keys, visitor, household)
    standing = found.values.get("visit_class", DEFAULT_CLASS)
    if standing != change.seen:
        raise ProblemError("already-settled", "走访类别刚被改过，请看过现在的再改")
    problems = []
    if load_visit_classes().get(change.visit_class) is None:
        problems.append(_problem("visit_class", "required", "请选走访类别", "choose a class"))
    elif change.visit_class == standing:
        problems.append(_problem("visit_class", "unchanged", "类别没有变", "this is its class already"))
    if not change.reason.strip():
        problems.append(
            _problem("reason", "required", "改走访类别要写明原因", "changing the class needs a reason")
        )
    if problems:
        raise ProblemError("request-invalid", problems=problems)
    fields = {"visit_class": change.visit_class, "visit_class_reason": change.reason.strip()}
    _write(intake, db, visitor, found, fields)


def note_event(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    visitor: Visitor,
    household: str,
    event: str,
    at: str,
) -> None:
    """Write a special event down; `at` is local time as a form gives it. Raises ProblemError as `change_class`."""
    found = household_of(db, keys, visitor, household)
    problems = []
    if event not in EVENTS:
        problems.append(_problem("event", "required", "请选发生了什么", "choose what happened"))
    at_ms = _milliseconds(at)
    if at_ms is None or at_ms > visitor.now_ms:
        problems.append(_problem("at", "time", "请写已经过去的时间", "the time has to be past"))
    if problems or at_ms is None:
        raise ProblemError("request-invalid", problems=problems)
    _write(intake, db, visitor, found, {"special_event": {"type": event, "at": moment(at_ms)}})


def _milliseconds(text: str) -> int | None:
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _write(
    intake: Intake, db: sqlite3.Connection, visitor: Visitor, household: Record, fields: dict[str, Any]
) -> None:
    draft = Draft(
        kind="household",
        village=household.village,
        record=household.id,
        action=Does.CHANGE,
        fields=fields,
        seen={field: household.values.get(field) for field in fields},
    )
    write_as(intake, db, visitor.account, visitor.place, [draft], visitor.now_ms)
    entry = Entry(
        time=visitor.now,
        action=Action.VISIT_CLASS_WRITE,
        account=visitor.account.id,
        subject_kind="household",
        subject=household.id,
        village=visitor.place,
        detail={"changed": sorted(fields)},
    )
    audit(db, entry)


def _problem(field: str, code: str, message: str, message_en: str) -> Problem:
    return Problem(pointer=f"/{field}", code=code, message=message, message_en=message_en)
