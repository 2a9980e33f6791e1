"""Writing a day of a village's rota and its leave, in the name of the village lead."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Sequence
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
from sync.ids import derived, uuid7
from sync.operation import Action as Does

MERGED = "同一天有两条轮值记录，已并为一条"


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
    asked = msgspec.structs.replace(request, day=day.isoformat())
    return write_days(intake, keys, db, account, village, [asked], now_ms)[0]


def write_days(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    account: Account,
    village: str,
    requests: Sequence[RotaRequest],
    now_ms: int,
) -> list[RotaDay]:
    """Write several days at once, all or none; what each says is all that holds on it afterwards.

    Where two records speak of one day (two leads' phones without a signal may make two) both count, so one is kept and
    the others are voided. Raises ProblemError as `write_rota`.
    """
    actor = actor_of(account)
    require(actor, Action.ROTA_WRITE, village)
    require(actor, Action.LEAVE_WRITE, village)
    people = people_of(db, village)
    _refuse_strangers({one.id for one in people}, requests)
    drafts: list[Draft] = []
    written = []
    for request in requests:
        kept, of_day = _drafts(db, keys, village, request, now_ms)
        drafts += of_day
        window, leave = sorted(set(request.window)), sorted(set(request.leave))
        written.append(RotaDay(request.day, window, leave, kept))
    write_as(intake, db, account, village, drafts, now_ms)
    for one in written:
        entry = Entry(
            time=moment(now_ms),
            action=Action.ROTA_WRITE,
            account=account.id,
            subject_kind="rota",
            subject=one.record,
            village=village,
            detail={"day": one.day},
        )
        record(db, entry)
    return written


def people_of(db: sqlite3.Connection, village: str) -> list[Account]:
    """Who works in the village, always in the same order: its workers and its lead."""
    return [
        account
        for account in accounts_in(db, village)
        if account.role in (Role.WORKER, Role.VILLAGE_LEAD) and account.closed_at is None
    ]


def _drafts(
    db: sqlite3.Connection, keys: Keys, village: str, request: RotaRequest, now_ms: int
) -> tuple[str, list[Draft]]:
    """The record that speaks of the day from now on, and what has to be written."""
    fields: dict[str, Any] = {"window": request.window, "leave": request.leave}
    if request.note is not None:
        fields["note"] = request.note
    usual = derived("rota", village, request.day)
    there = {one.record for one in rota.between(db, village, request.day, request.day)} | {usual}
    records = [found for name in sorted(there) if (found := record_in(db, keys, village, name)) is not None]
    standing = [found for found in records if found.void is None]
    if not standing:
        fresh = uuid7(now_ms, os.urandom(10)) if records else usual
        return fresh, [
            Draft(kind="rota", village=village, record=fresh, fields={"day": request.day, **fields})
        ]
    kept = next((one for one in standing if one.id == usual), standing[0])
    seen = {"note": kept.values.get("note")} if "note" in fields else {}
    change = Draft(kind="rota", village=village, record=kept.id, action=Does.CHANGE, fields=fields, seen=seen)
    others = [
        Draft(
            kind="rota",
            village=village,
            record=one.id,
            action=Does.VOID,
            fields={},
            seen={"revision": one.revision},
            reason=MERGED,
        )
        for one in standing
        if one is not kept
    ]
    return kept.id, [*others, change]


def _refuse_strangers(people: Collection[str], requests: Sequence[RotaRequest]) -> None:
    problems = [
        Problem(
            pointer=pointer_to(duty, place),
            code="not-of-village",
            message="不是本村社在岗的工作者",
            message_en="nobody who works in this village",
        )
        for request in requests
        for duty, named in (("window", request.window), ("leave", request.leave))
        for place, worker in enumerate(named)
        if worker not in people
    ]
    if problems:
        raise ProblemError("request-invalid", problems=problems)
