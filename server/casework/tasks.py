"""A task for a colleague that a case brings: fetching a material, delivering a result, a call afterwards."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any, Final

import msgspec

from forms.problem import Problem, pointer_to
from server.casework.case_access import case_for
from server.desk.views.case_words import TASKS
from server.desk.views.people import colleagues
from server.desk.views.published import catalogue_of
from server.desk.visitor import Visitor
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action

OFFERED: Final = ("supplement", "delivery", "follow_up")


class TaskRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done (`OFFERED`), by whom (an account id), until when (ISO day or empty)."""

    type: str
    holder: str
    due: str = ""
    note: str = ""


def add_task(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, case: str, request: TaskRequest
) -> None:
    """Give a colleague a task about a case; it reaches that phone. Runs inside a store write.

    Raises ProblemError: not-found, forbidden, request-invalid with every reason.
    """
    record = case_for(db, keys, visitor, case, Action.CASE_ADVANCE)
    problems = []
    if request.type not in OFFERED:
        problems.append(_problem("type", "请选择任务", "choose what is to be done"))
    if request.holder not in {colleague.id for colleague in colleagues(db, record.village)}:
        problems.append(_problem("holder", "请选择本村社的同事", "choose a colleague of this village"))
    if request.due and not _is_day_to_come(request.due, visitor.today):
        problems.append(_problem("due", "期限应是今天或以后的日期", "the day has to be today or later"))
    if problems:
        raise ProblemError("request-invalid", problems=problems)
    item = catalogue_of(db, keys).item(record.values["item"], record.values["item_version"])
    fields: dict[str, Any] = {
        "type": request.type,
        "title": f"{TASKS[request.type].zh}：{record.values['item'] if item is None else item.name}"[:200],
        "holder": request.holder,
        "household": record.values.get("household"),
        "resident": record.values.get("resident"),
        "case": record.id,
        "due": request.due or None,
        "state": "open",
        "note": request.note or None,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    draft = Draft(kind="task", village=record.village, fields=given)
    write_as(intake, db, visitor.account, record.village, [draft], visitor.now_ms)


def _is_day_to_come(text: str, today: date) -> bool:
    try:
        return date.fromisoformat(text) >= today
    except ValueError:
        return False


def _problem(field: str, message: str, message_en: str) -> Problem:
    return Problem(pointer=pointer_to(field), code="required", message=message, message_en=message_en)
