"""Writing a day of a village's rota and its leave, in the name of the village lead."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from forms.problem import Problem, pointer_to
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action, Role, require
from server.store import rota
from server.store.accounts import Account, accounts_in, actor_of
from server.store.audit import Entry, record
from server.store.records import record_in
from server.store.rota import RotaDay
from sync.clock import moment
from sync.ids import derived
from sync.operation import Action as Does


class RotaRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A day with the account ids at its window and on leave."""

    day: str
    window: list[str]
    leave: list[str] = []
    note: Annotated[str, Meta(max_length=8000)] | None = None


def write_rota(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    account: Account,
    village: str,
    day: date,
    request: RotaRequest,
    now_ms: int,
) -> RotaDay:
    """Write the day anew, or change it. Runs inside a store write.

    Raises ProblemError: forbidden; request-invalid for people who do not work in the village, or who would be at
    the window while on leave.
    """
    actor, text = actor_of(account), day.isoformat()
    require(actor, Action.ROTA_WRITE, village)
    require(actor, Action.LEAVE_WRITE, village)
    _refuse_strangers(db, village, request)
    fields: dict[str, Any] = {"window": request.window, "leave": request.leave}
    if request.note is not None:
        fields["note"] = request.note
    written = rota.between(db, village, text, text)
    subject = written[0].record if written else derived("rota", village, text)
    present = record_in(db, keys, village, subject)
    if present is None:
        draft = Draft(kind="rota", village=village, record=subject, fields={"day": text, **fields})
    else:
        seen = {"note": present.values.get("note")} if "note" in fields else {}
        draft = Draft(
            kind="rota", village=village, record=subject, action=Does.CHANGE, fields=fields, seen=seen
        )
    write_as(intake, db, account, village, [draft], now_ms)
    entry = Entry(
        time=moment(now_ms),
        action=Action.ROTA_WRITE,
        account=account.id,
        subject_kind="rota",
        subject=subject,
        village=village,
        detail={"day": text},
    )
    record(db, entry)
    return RotaDay(text, sorted(set(request.window)), sorted(set(request.leave)), subject)


def _refuse_strangers(db: sqlite3.Connection, village: str, request: RotaRequest) -> None:
    people = {
        account.id
        for account in accounts_in(db, village)
        if account.role in (Role.WORKER, Role.VILLAGE_LEAD) and account.closed_at is None
    }
    problems = [
        Problem(
            pointer=pointer_to(duty, place),
            code="not-of-village",
            message="不是本村社在岗的工作者",
            message_en="nobody who works in this village",
        )
        for duty, named in (("window", request.window), ("leave", request.leave))
        for place, worker in enumerate(named)
        if worker not in people
    ]
    if problems:
        raise ProblemError("request-invalid", problems=problems)
