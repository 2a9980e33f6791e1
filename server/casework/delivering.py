"""Bringing a result home: a task for whoever has the grid, 送达 with when and to whom, 归档, 回访 and its rating."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from forms.handling.duty import has_held
from forms.handling.rating import Rating
from forms.handling.states import State
from server.casework.case_access import case_for, refuse_changed
from server.casework.tasks_ended import ended_tasks
from server.casework.writing import change_of, needed, refuse, write_cases
from server.desk.views.published import calendar, catalogue_of
from server.desk.visitor import Visitor
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action
from server.store import assignments, hand_ups, rota
from server.store.records import record_in
from server.store.task_list import tasks_of_case
from sync.clock import moment
from sync.record import Record
from sync.rules.handing_up import rating_id

HAINING: Final = timezone(timedelta(hours=8))
DECIDED: Final = (State.GRANTED, State.REFUSED, State.NOT_ACCEPTED, State.TERMINATED)
DELIVERY_WITHIN_DAYS: Final = 5
"""Working days until a result should be with the resident [assumed]: the task's due day, no limit of the case."""
TEXT_MAX: Final = 200


def bearer(db: sqlite3.Connection, keys: Keys, case: Record, day: str) -> str | None:
    """Who brings a result: whoever has the household's grid on a day, a cover before its owner; else the window.

    None where nobody has the grid and nobody is on the rota. Somebody on leave is passed over.
    """
    today = next(iter(rota.between(db, case.village, day, day)), None)
    away = set() if today is None else set(today.leave)
    having = [
        one
        for one in assignments.of_village(db, case.village, day)
        if case.grid is not None and one.grid == case.grid and one.from_day <= day and one.worker not in away
    ]
    for one in sorted(having, key=lambda one: not _is_cover(db, keys, one)):
        return one.worker
    return None if today is None or not today.window else today.window[0]


def _is_cover(db: sqlite3.Connection, keys: Keys, one: assignments.Assignment) -> bool:
    record = record_in(db, keys, one.village, one.id)
    return record is not None and bool(record.values.get("cover"))


def add_delivery(intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, case: str) -> None:
    """One click: a delivery task for the worker whose grid it is. Runs inside a store write.

    Raises ProblemError: not-found, forbidden; case-changed where there is such a task, or no result to bring.
    """
    record = case_for(db, keys, visitor, case, Action.CASE_ADVANCE)
    open_tasks = [row for row in tasks_of_case(db, record.village, record.id) if row.state == "open"]
    if record.values["state"] not in DECIDED or any(row.type == "delivery" for row in open_tasks):
        raise ProblemError("case-changed", "已经派了送达任务，或者结果已经送达。")
    holder = bearer(db, keys, record, visitor.today.isoformat()) or visitor.account.id
    item = catalogue_of(db, keys).item(record.values["item"], record.values["item_version"])
    due = calendar().add_working_days(visitor.today, DELIVERY_WITHIN_DAYS).day
    fields: dict[str, Any] = {
        "type": "delivery",
        "title": f"送达办理结果：{record.values['item'] if item is None else item.name}"[:TEXT_MAX],
        "holder": holder,
        "household": record.values.get("household"),
        "resident": record.values.get("resident"),
        "case": record.id,
        "due": due.isoformat(),
        "state": "open",
    }
    given = {name: value for name, value in fields.items() if value is not None}
    draft = Draft(kind="task", village=record.village, fields=given)
    write_cases(intake, db, visitor, Action.CASE_ADVANCE, [draft])


def deliver(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    visitor: Visitor,
    case: str,
    at: str,
    to: str,
    seen: str,
) -> None:
    """The result is with the resident: when (local time, as a form has it) and to whom. Runs inside a store write.

    Raises ProblemError: not-found, forbidden, case-changed, request-invalid.
    """
    record = case_for(db, keys, visitor, case, Action.CASE_ADVANCE)
    refuse_changed(db, record, "state", seen)
    delivered_ms = _local_ms(at)
    problems = []
    if delivered_ms is None or delivered_ms > visitor.now_ms:
        problems.append(needed("delivered_at", "请填写送达时间，不晚于现在", "when? not later than now"))
    if not to:
        problems.append(needed("delivered_to", "请写明交给了谁", "to whom?"))
    refuse(problems)
    fields = {
        "state": State.DELIVERED.value,
        "delivered_at": moment(delivered_ms or visitor.now_ms),
        "delivered_to": to[:TEXT_MAX],
    }
    drafts = [change_of(record, fields), *ended_tasks(db, keys, record, "delivery")]
    write_cases(intake, db, visitor, Action.CASE_ADVANCE, drafts)


def archive(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, cases: Sequence[str]
) -> None:
    """Archive delivered cases. Raises ProblemError: forbidden; case-changed for one that is not delivered."""
    visitor.require(Action.CASE_ADVANCE)
    records = [case_for(db, keys, visitor, case, Action.CASE_ADVANCE) for case in dict.fromkeys(cases)]
    if not records:
        refuse([needed("case", "请选择要归档的办件", "choose the cases to archive")])
    for record in records:
        refuse_changed(db, record, "state", State.DELIVERED)
    drafts = [change_of(record, {"state": State.ARCHIVED.value}) for record in records]
    write_cases(intake, db, visitor, Action.CASE_ADVANCE, drafts)


def may_take_rating(db: sqlite3.Connection, case: Record, worker: str) -> bool:
    """Whether somebody may write a rating of this handling down: nobody who handled it, and only once."""
    return not has_held(case.values, worker) and not hand_ups.is_rated(db, case.village, rating_id(case.id))


def follow_up(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, case: str, said: str, level: str
) -> None:
    """A call afterwards: what was said, and the resident's rating where one was given (empty: none was).

    Runs inside a store write. Raises ProblemError: not-found, forbidden, case-changed, request-invalid.
    """
    record = case_for(db, keys, visitor, case, Action.CASE_ADVANCE)
    refuse_changed(db, record, "state", State.ARCHIVED)
    if not said:
        refuse([needed("follow_up", "请写明回访情况", "what was said?")])
    fields = {"state": State.FOLLOWED_UP.value, "follow_up": said}
    drafts = [change_of(record, fields), *ended_tasks(db, keys, record, "follow_up")]
    if level in Rating.__members__.values():
        rated = {"subject": record.id, "level": level, "rated_at": visitor.now}
        drafts.append(Draft(kind="rating", village=record.village, record=rating_id(record.id), fields=rated))
    write_cases(intake, db, visitor, Action.CASE_ADVANCE, drafts)


def _local_ms(text: str) -> int | None:
    """A moment of a form (`2026-11-24T09:30`, in Haining); None for what is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=HAINING)).timestamp() * 1000)
