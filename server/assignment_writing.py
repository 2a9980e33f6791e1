"""Who has which grid, and who covers it for a time: written in the name of the village lead."""

from __future__ import annotations

import os
import sqlite3
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action, require
from server.store import assignments
from server.store.accounts import Account, actor_of
from server.store.assignments import Assignment
from server.store.audit import Entry, record
from server.store.records import record_in
from sync.clock import moment
from sync.ids import uuid7
from sync.operation import Action as Does

Reason = Annotated[str, Meta(max_length=200)]
TAKEN_BACK = "撤销刚才的分工"


class AssignmentRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A grid given to a worker from a day on; with a last day it ends by itself. `cover`: for a colleague's absence."""

    worker: str
    grid: str
    from_day: date
    to_day: date | None = None
    cover: bool = False
    reason: Reason = ""


class EndRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The last day of an assignment."""

    to_day: date
    reason: Reason = ""


def assign(
    intake: Intake,
    db: sqlite3.Connection,
    account: Account,
    village: str,
    request: AssignmentRequest,
    now_ms: int,
) -> Assignment:
    """Give a grid to a worker. Runs inside a store write. Raises ProblemError: forbidden, request-invalid."""
    require(actor_of(account), Action.ASSIGNMENT_WRITE, village)
    identifier = uuid7(now_ms, os.urandom(10))
    fields = {
        name: value for name, value in msgspec.to_builtins(request).items() if value not in (None, "", False)
    }
    draft = Draft(kind="assignment", village=village, record=identifier, fields=fields)
    return _written(intake, db, account, village, draft, now_ms)


def end(
    intake: Intake,
    db: sqlite3.Connection,
    account: Account,
    village: str,
    identifier: str,
    request: EndRequest,
    now_ms: int,
) -> Assignment:
    """Set an assignment's last day. Raises ProblemError: forbidden, not-found, request-invalid."""
    return set_last_day(intake, db, account, village, identifier, request.to_day, request.reason, now_ms)


def set_last_day(
    intake: Intake,
    db: sqlite3.Connection,
    account: Account,
    village: str,
    identifier: str,
    to_day: date | None,
    reason: str,
    now_ms: int,
) -> Assignment:
    """Set an assignment's last day; None: it goes on. Raises ProblemError: forbidden, not-found, request-invalid."""
    require(actor_of(account), Action.ASSIGNMENT_WRITE, village)
    present = assignments.by_id(db, village, identifier)
    if present is None:
        raise ProblemError("not-found")
    draft = Draft(
        kind="assignment",
        village=village,
        record=identifier,
        action=Does.CHANGE,
        fields={
            "to_day": None if to_day is None else to_day.isoformat(),
            **({"reason": reason} if reason else {}),
        },
        seen={"to_day": present.to_day},
    )
    return _written(intake, db, account, village, draft, now_ms)


def take_back(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    account: Account,
    village: str,
    identifier: str,
    now_ms: int,
) -> None:
    """Void an assignment that was made in error. Raises ProblemError: forbidden, not-found."""
    require(actor_of(account), Action.ASSIGNMENT_WRITE, village)
    present = record_in(db, keys, village, identifier)
    if present is None or present.kind != "assignment" or present.void is not None:
        raise ProblemError("not-found")
    draft = Draft(
        kind="assignment",
        village=village,
        record=identifier,
        action=Does.VOID,
        fields={},
        seen={"revision": present.revision},
        reason=TAKEN_BACK,
    )
    write_as(intake, db, account, village, [draft], now_ms)
    _noted(db, account, village, identifier, now_ms)


def _written(
    intake: Intake, db: sqlite3.Connection, account: Account, village: str, draft: Draft, now_ms: int
) -> Assignment:
    write_as(intake, db, account, village, [draft], now_ms)
    _noted(db, account, village, draft.record, now_ms)
    written = assignments.by_id(db, village, draft.record)
    if written is None:
        raise ProblemError("not-found")
    return written


def _noted(db: sqlite3.Connection, account: Account, village: str, identifier: str, now_ms: int) -> None:
    entry = Entry(
        time=moment(now_ms),
        action=Action.ASSIGNMENT_WRITE,
        account=account.id,
        subject_kind="assignment",
        subject=identifier,
        village=village,
    )
    record(db, entry)
