"""Moving a case along its workflow at the window: the fields that a move sets, checked and written as an operation."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from forms.catalogue import Finish, Item, Mode
from forms.handling.duty import REASONED_STATES
from forms.handling.interruptions import answer_supplement, withdraw
from forms.handling.states import State
from forms.problem import Problem, pointer_to
from server.casework.case_access import case_for, refuse_changed
from server.desk.views.published import catalogue_of
from server.desk.visitor import Visitor
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action
from server.store.audit import Entry
from server.store.audit import record as audit
from sync.operation import Action as Does
from sync.record import Record

MILESTONES: Final = {State.RECEIVED: "received_at"}
"""The moments that the village's own moves write down; those of handing up and of the town are theirs."""
WITH_RESULT: Final = frozenset(
    {State.FINISHED, State.ANSWERED, State.INFORMED, State.REPORTED_BACK, State.FOLLOWED_UP}
)
RESULT_NEEDED: Final = frozenset({State.ANSWERED, State.REPORTED_BACK})
"""Nothing else of the case says what was answered."""


class MoveRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The state to move to, the one that the person saw, and what the move needs.

    no_number   the department's system gave none: a person says so instead of leaving the number out
    """

    to: str
    seen: str
    reason: str = ""
    result: str = ""
    department_number: str = ""
    no_number: bool = False


def asks_of(item: Item, to: State) -> tuple[str, ...]:
    """What a move asks for: some of `result`, `department_number`, `reason`."""
    asks = ["result"] if to in WITH_RESULT else []
    if to is State.FINISHED and item.mode is Mode.DIRECT and item.finish is not Finish.DOORSTEP:
        asks.append("department_number")  # what a department's system finishes carries that system's number
    if to in REASONED_STATES:
        asks.append("reason")
    return tuple(asks)


def move_case(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, case: str, request: MoveRequest
) -> None:
    """Move a case on, in the visitor's name. Runs inside a store write.

    Raises ProblemError: not-found, forbidden, case-changed (somebody was first), request-invalid with every reason.
    """
    record = case_for(db, keys, visitor, case, Action.CASE_ADVANCE)
    refuse_changed(db, record, "state", request.seen)
    item = catalogue_of(db, keys).item(record.values["item"], record.values["item_version"])
    if item is None or request.to not in State.__members__.values() or record.void is not None:
        raise ProblemError("request-invalid", "这件现在不能这样办理 / this case cannot be moved so")
    to = State(request.to)
    if problems := list(_missing(item, to, request, record)):
        raise ProblemError("request-invalid", problems=problems)
    fields = _fields(record, to, request, visitor)
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
        detail={"state": to.value},
    )
    audit(db, entry)


def _missing(item: Item, to: State, request: MoveRequest, record: Record) -> Iterator[Problem]:
    asks = asks_of(item, to)
    if "reason" in asks and not request.reason:
        yield _needed("reason", "请写明原因", "say why")
    if to in RESULT_NEEDED and not request.result:
        yield _needed("result", "请写明办理结果", "say what came of it")
    has_number = request.department_number or record.values.get("department_number")
    if "department_number" in asks and not has_number and not request.no_number:
        yield _needed(
            "department_number",
            "请填写部门系统受理号；系统没有给号的，请勾选“没有受理号”",
            "enter the department's number, or tick that there is none",
        )


def _needed(field: str, message: str, message_en: str) -> Problem:
    return Problem(pointer=pointer_to(field), code="required", message=message, message_en=message_en)


def _fields(record: Record, to: State, request: MoveRequest, visitor: Visitor) -> dict[str, Any]:
    at = datetime.fromisoformat(visitor.now)
    fields: dict[str, Any] = {"state": to.value}
    if to is State.WITHDRAWN:
        fields = withdraw(record.values, request.reason, at)
    elif record.values["state"] == State.SUPPLEMENTING and to is State.PROCESSING:
        fields = answer_supplement(record.values, at)
    if to in MILESTONES:
        fields[MILESTONES[to]] = visitor.now
    for name, text in (
        ("reason", request.reason),
        ("result", request.result),
        ("department_number", request.department_number),
    ):
        if text:
            fields[name] = text
    return fields
