"""Handing a case over (工作流转, AB岗): to a colleague, to the window, back again, with a reason each time.

Invariant: a handover is never taken back in silence. Undoing one is a handover of its own, so that the list of them
tells what happened.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from typing import Any, Final

from forms.handling.duty import hand_over
from forms.problem import Problem, pointer_to
from server.casework.case_access import case_for, refuse_changed
from server.desk.views.cases import case_record
from server.desk.views.people import colleagues
from server.desk.visitor import Visitor
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action
from server.store import rota
from server.store.audit import Entry
from server.store.audit import record as audit
from server.store.case_list import CaseFilter, case_counts
from server.store.devices import DESK
from server.store.places import village_range
from sync.operation import Action as Does
from sync.record import Record

WINDOW: Final = "window"
"""In the place of a colleague: whoever is on the rota."""
ROTA_DAYS_AHEAD: Final = 7
UNDO_MINUTES: Final = 30
UNDO_REASON: Final = "撤销刚才的移交"


def hand_over_case(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    visitor: Visitor,
    case: str,
    receiver: str,
    reason: str,
    seen: str,
) -> Record:
    """Give a case to a colleague (an account id) or to `WINDOW`; the case as it is then. Runs inside a store write.

    `seen`: who held it as the person saw it. Raises ProblemError: not-found, forbidden, case-changed, request-invalid.
    """
    record = case_for(db, keys, visitor, case, Action.CASE_ADVANCE)
    refuse_changed(db, record, "holder", seen)
    named = _at_window(db, visitor, record.holder) if receiver == WINDOW else receiver
    problems = []
    if named not in {colleague.id for colleague in colleagues(db, record.village)}:
        words = ("本周没有排班的同事可接，请指定一位", "nobody else is on the rota this week")
        told = words if receiver == WINDOW else ("请选择本村社的同事", "choose a colleague of this village")
        problems.append(_problem("receiver", *told))
    if not reason:
        problems.append(_problem("reason", "移交要写明原因", "a handover says why"))
    if problems:
        raise ProblemError("request-invalid", problems=problems)
    return _written(intake, keys, db, visitor, record, str(named), reason)


def undo_hand_over(intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, case: str) -> Record:
    """Take back one's own handover right after it; the case as it is then. Runs inside a store write.

    Raises ProblemError: not-found; forbidden where it is another's, too long ago, or has gone on since.
    """
    record = case_record(db, keys, visitor.place, case)
    if not may_undo(record, visitor):
        raise ProblemError("forbidden", "这次移交已不能撤销，可以再移交一次 / it can no longer be undone")
    giver = record.values["handovers"][-1]["giver"]
    return _written(intake, keys, db, visitor, record, giver, UNDO_REASON)


def may_undo(record: Record, visitor: Visitor) -> bool:
    """Whether the last handover is this visitor's own, of the last half hour, and nothing came of it yet."""
    handovers = record.values.get("handovers") or []
    if not handovers or record.stamp_of("holder").device != f"{DESK}:{visitor.account.id}:{record.village}":
        return False
    last = handovers[-1]
    age = datetime.fromisoformat(visitor.now) - datetime.fromisoformat(last["at"])
    stands = last["receiver"] == record.holder and last["reason"] != UNDO_REASON
    moved_since = record.stamp_of("state").clock > record.stamp_of("holder").clock
    return stands and not moved_since and age < timedelta(minutes=UNDO_MINUTES) and bool(last["giver"])


def _at_window(db: sqlite3.Connection, visitor: Visitor, giver: str | None) -> str | None:
    """Who is at the window next, today or on the rota's next day: of several the one with the fewest open cases."""
    first, last = visitor.today, visitor.today + timedelta(days=ROTA_DAYS_AHEAD)
    for day in rota.between(db, visitor.place, first.isoformat(), last.isoformat()):
        others = [worker for worker in day.window if worker != giver]
        if others:
            return min(others, key=lambda worker: (_open_cases(db, visitor, worker), worker))
    return None


def _open_cases(db: sqlite3.Connection, visitor: Visitor, worker: str) -> int:
    held = CaseFilter(villages=village_range(visitor.place), worker=worker, open=True)
    return sum(case_counts(db, held, visitor.today.isoformat(), "village").values())


def _written(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    visitor: Visitor,
    record: Record,
    receiver: str,
    reason: str,
) -> Record:
    fields: dict[str, Any] = hand_over(record.values, receiver, reason, datetime.fromisoformat(visitor.now))
    draft = Draft(
        kind="case",
        village=record.village,
        record=record.id,
        action=Does.CHANGE,
        fields=fields,
        seen={field: record.values.get(field) for field in fields},
    )
    write_as(intake, db, visitor.account, record.village, [draft], visitor.now_ms)
    entry = Entry(
        time=visitor.now,
        action=Action.CASE_ADVANCE,
        account=visitor.account.id,
        subject_kind="case",
        subject=record.id,
        village=record.village,
        detail={"holder": receiver},
    )
    audit(db, entry)
    return case_record(db, keys, record.village, record.id)


def _problem(field: str, message: str, message_en: str) -> Problem:
    return Problem(pointer=pointer_to(field), code="required", message=message, message_en=message_en)
