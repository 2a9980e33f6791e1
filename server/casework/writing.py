"""Changing cases at a desk: what was seen goes with each change, and the audit log says under which right."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from forms.problem import Problem, pointer_to
from server.desk.visitor import Visitor
from server.desk_writing import write_as
from server.intake import Intake
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action
from server.store.audit import Entry
from server.store.audit import record as audit
from sync.operation import Action as Does
from sync.record import Record


def change_of(record: Record, fields: Mapping[str, Any]) -> Draft:
    """A change of a record, with what stood there before."""
    return Draft(
        kind=record.kind,
        village=record.village,
        record=record.id,
        action=Does.CHANGE,
        fields=dict(fields),
        seen={field: record.values.get(field) for field in fields},
    )


def changes_of(record: Record, steps: Iterable[Mapping[str, Any]]) -> list[Draft]:
    """Several changes of one record in order, each with what the one before it left."""
    values, drafts = dict(record.values), []
    for fields in steps:
        draft = change_of(record, fields)
        draft.seen = {field: values.get(field) for field in fields}
        values |= fields
        drafts.append(draft)
    return drafts


def write_cases(
    intake: Intake, db: sqlite3.Connection, visitor: Visitor, action: Action, drafts: list[Draft]
) -> None:
    """Write drafts in the visitor's name, village by village, each case with its audit entry.

    Runs inside a store write. Raises ProblemError: request-invalid with every reason.
    """
    for village in sorted({draft.village for draft in drafts}):
        of_village = [draft for draft in drafts if draft.village == village]
        write_as(intake, db, visitor.account, village, of_village, visitor.now_ms)
        for case, state in {
            draft.record: draft.fields.get("state") for draft in of_village if draft.kind == "case"
        }.items():
            detail = {} if state is None else {"state": state}
            entry = Entry(
                time=visitor.now,
                action=action,
                account=visitor.account.id,
                subject_kind="case",
                subject=case,
                village=village,
                detail=detail,
            )
            audit(db, entry)


def needed(field: str, message: str, message_en: str) -> Problem:
    """Something that a form lacks."""
    return Problem(pointer=pointer_to(field), code="required", message=message, message_en=message_en)


def refuse(problems: Iterable[Problem]) -> None:
    """Raises ProblemError request-invalid with all problems, if there are any."""
    if found := list(problems):
        raise ProblemError("request-invalid", problems=found)
