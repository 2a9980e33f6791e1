"""A proxy case at the window: the case itself, its batch, its tasks, and what its stage lets the visitor do."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, timezone

import msgspec

from forms.handling.states import State
from server.casework.delivering import DECIDED, bearer, may_take_rating
from server.desk.views.case_history import Written, case_history
from server.desk.views.cases import CaseView, case_view
from server.desk.views.people import Person, person
from server.desk.views.published import catalogue_of
from server.desk.visitor import Visitor
from server.keys import Keys
from server.store.hand_ups import HandUpRow, hand_up_row
from server.store.task_list import TaskRow, tasks_of_case
from sync.record import Record

HAINING = timezone(timedelta(hours=8))


class TaskShown(msgspec.Struct, frozen=True):
    """A task of the case: its row, and who has it."""

    row: TaskRow
    holder: Person | None


class ProxyCase(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows beside the case.

    step       which form stands there: receive, hand-up, take-back, supplement, deliver, archive, follow-up or none
    bearer     to whom a delivery task would go; None once there is one
    takes_rating   whether this visitor may write a rating of it down
    now        the present as a form's field has it, in Haining
    """

    case: CaseView
    history: tuple[Written, ...]
    step: str
    batch: HandUpRow | None
    tasks: tuple[TaskShown, ...]
    bearer: Person | None
    takes_rating: bool
    issued_at: str | None
    delivered_at: str | None
    delivered_to: str | None
    follow_up: str | None
    told_at: str | None
    now: str


STEPS = {
    State.ENTRUSTED.value: "receive",
    State.RECEIVED.value: "hand-up",
    State.HANDED_UP.value: "take-back",
    State.SUPPLEMENTING.value: "supplement",
    State.DELIVERED.value: "archive",
    State.ARCHIVED.value: "follow-up",
    **{state.value: "deliver" for state in DECIDED},
}


def proxy_case(db: sqlite3.Connection, keys: Keys, visitor: Visitor, record: Record) -> ProxyCase:
    """The page of a proxy case for a visitor who may advance it."""
    values, case = record.values, case_view(db, keys, record, visitor.today)
    form = None if case.item is None else catalogue_of(db, keys).form(case.item.form)
    tasks = tasks_of_case(db, record.village, record.id)
    step = "" if record.void is not None else STEPS.get(values["state"], "")
    tasked = any(row.type == "delivery" and row.state == "open" for row in tasks)
    to = bearer(db, keys, record, visitor.today.isoformat()) if step == "deliver" and not tasked else None
    batch = values.get("hand_up")
    return ProxyCase(
        case=case,
        history=tuple(case_history(db, keys, record.village, record.id, case.item, form)),
        step=step,
        batch=None if batch is None else hand_up_row(db, record.village, batch),
        tasks=tuple(TaskShown(row, person(db, row.holder)) for row in tasks),
        bearer=person(db, to),
        takes_rating=step == "follow-up" and may_take_rating(db, record, visitor.account.id),
        issued_at=values.get("issued_at"),
        delivered_at=values.get("delivered_at"),
        delivered_to=values.get("delivered_to"),
        follow_up=values.get("follow_up"),
        told_at=values.get("missing_told_at"),
        now=datetime.fromtimestamp(visitor.now_ms / 1000, HAINING).strftime("%Y-%m-%dT%H:%M"),
    )
