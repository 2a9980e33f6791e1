"""An identity number in full: for a stated reason, in the audit log, and of a resident as a reading of its own."""

from __future__ import annotations

import sqlite3
from typing import Final

from forms.definition import Label
from forms.problem import Problem
from server.casework.case_access import case_for
from server.desk.views.cases import CaseView, case_view
from server.desk.visitor import Visitor
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action
from server.store.audit import Entry
from server.store.audit import record as audit
from server.store.records import record_found

OF_RESIDENT: Final = "identity_number"
REASONS: Final = {
    "verify": Label(zh="核对申请人身份", en="to verify who applies"),
    "department_system": Label(zh="录入部门系统", en="to enter it in the department's system"),
    "asked": Label(zh="本人要求核对", en="the person asked for it"),
    "correction": Label(zh="更正登记错误", en="to put a mistake right"),
}
"""Why, by a code, as the log holds no free text about a resident."""


def hidden_fields(case: CaseView) -> set[str]:
    """The fields whose numbers a case's page masks."""
    of_applicant = {case.applicant.number_field} if case.applicant.number_field else set()
    return of_applicant | {answer.path for answer in case.answers if answer.hidden}


def identity_number_in_full(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, case: str, field: str, reason: str
) -> str:
    """The number that a field of the case, or of its resident (`OF_RESIDENT`), holds. Runs inside a store write.

    Raises ProblemError: not-found, forbidden, request-invalid without a reason.
    """
    record = case_for(db, keys, visitor, case, Action.IDENTITY_NUMBER_READ)
    if reason not in REASONS:
        needed = Problem(
            pointer="/why", code="required", message="请选择查看的原因", message_en="choose why you look"
        )
        raise ProblemError("request-invalid", problems=[needed])
    if field not in hidden_fields(case_view(db, keys, record, visitor.today)):
        raise ProblemError("not-found")
    subject = record
    if field == OF_RESIDENT:
        found = record_found(db, keys, record.village, record.values.get("resident") or "")
        if found is None:
            raise ProblemError("not-found")
        subject = found
    number = subject.values.get(field)
    if not isinstance(number, str) or not number:
        raise ProblemError("not-found")
    if field == OF_RESIDENT:
        reading = {
            "subject": subject.id,
            "field": field,
            "reason": REASONS[reason].zh,
            "worker": visitor.account.id,
            "read_at": visitor.now,
        }
        draft = Draft(kind="reading", village=subject.village, fields=reading)
        write_as(intake, db, visitor.account, subject.village, [draft], visitor.now_ms)
    entry = Entry(
        time=visitor.now,
        action=Action.IDENTITY_NUMBER_READ,
        account=visitor.account.id,
        subject_kind=subject.kind,
        subject=subject.id,
        village=record.village,
        detail={"field": field, "reason": reason, "case": record.id},
    )
    audit(db, entry)
    return number
