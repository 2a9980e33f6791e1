"""The department system's own number of a case: entered at the window once the fields were put in over there."""

from __future__ import annotations

import sqlite3

from forms.problem import Problem
from server.casework.case_access import case_for, refuse_changed
from server.desk.visitor import Visitor
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action
from sync.operation import Action as Does

FIELD = "department_number"


def enter_department_number(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, case: str, number: str, seen: str
) -> None:
    """Write the number down, or put a wrong one right; `seen` is the one that stood there ("" for none).

    Raises ProblemError: not-found, forbidden, case-changed, request-invalid. Runs inside a store write.
    """
    record = case_for(db, keys, visitor, case, Action.CASE_ADVANCE)
    refuse_changed(db, record, FIELD, seen)
    if not number:
        needed = Problem(
            pointer=f"/{FIELD}",
            code="required",
            message="请填写部门系统受理号",
            message_en="enter the number",
        )
        raise ProblemError("request-invalid", problems=[needed])
    draft = Draft(
        kind="case",
        village=record.village,
        record=record.id,
        action=Does.CHANGE,
        fields={FIELD: number},
        seen={FIELD: record.values.get(FIELD)},
    )
    write_as(intake, db, visitor.account, record.village, [draft], visitor.now_ms)
