"""Held and rejected operations at the desk: what is wrong with each, and putting one right, once.

Invariant: the first operation stays as it came; what puts it right is an operation of its own that names it and keeps
its record and its time of capture. Whoever mends first stands, worker or window.
"""

from __future__ import annotations

import os
import sqlite3
from typing import Any

import msgspec

from forms.problem import Problem
from grid_map.days import count_day
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action, may, require
from server.store import batches, devices, rota, unsettled
from server.store.accounts import Account, actor_of
from server.store.audit import Entry, record
from server.store.records import record_found
from server.store.unsettled import Unsettled
from sync.clock import is_clock, moment
from sync.ids import derived, uuid7
from sync.operation import Action as Does
from sync.operation import Operation
from sync.protocol import OutcomeEntry

LISTED_MAX = 500


class UnsettledOperation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation that is not applied, with every reason. What nobody could read has no kind and no fields."""

    device: str
    device_name: str
    worker: str
    worker_name: str
    counter: int
    outcome: str
    since: str
    problems: list[Problem]
    waits_for: str | None
    kind: str | None = None
    record: str | None = None
    action: str | None = None
    captured: str | None = None
    fields: dict[str, Any] = {}


class MendRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be different: `fields` to set, names of fields to leave out; the rest stays as it was captured.

    An operation that nobody could read needs `kind` too, and `record` unless it makes a new one.
    """

    fields: dict[str, Any] = {}
    leave_out: list[str] = []
    kind: str | None = None
    action: str | None = None
    record: str | None = None
    village: str | None = None
    reason: str | None = None


def unsettled_operations(
    db: sqlite3.Connection, keys: Keys, account: Account, village: str, now_ms: int
) -> list[UnsettledOperation]:
    """A village's held and rejected operations, oldest first: all for the window, one's own for a worker."""
    today = count_day(now_ms).isoformat()
    actor = actor_of(account, on_duty=rota.at_window(db, village, today, account.id))
    all_of_them = may(actor, Action.OPERATION_MEND, village)
    if not all_of_them:
        require(actor, Action.OPERATION_MEND, village, owners=_with_phones(db, village))
    found = []
    for row in unsettled.of_village(db, village):
        device = devices.by_id(db, row.device)
        if device is None or not (all_of_them or device.worker == account.id):
            continue
        operation, entry = stored_operation(db, keys, row)
        found.append(
            UnsettledOperation(
                device=device.id,
                device_name=device.name,
                worker=device.worker,
                worker_name=device.worker_name,
                counter=row.counter,
                outcome=entry.outcome,
                since=moment(row.since_ms),
                problems=entry.problems,
                waits_for=entry.waits_for,
                **({} if operation is None else _told(operation)),
            )
        )
        if len(found) == LISTED_MAX:
            break
    return found


def mend(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    account: Account,
    device: str,
    counter: int,
    request: MendRequest,
    now_ms: int,
) -> OutcomeEntry:
    """Put an operation right in the name of an account; the outcome of what puts it right. Runs in a store write.

    Raises ProblemError: not-found, forbidden, already-mended, request-invalid with what is still wrong.
    """
    phone, row = waiting_at(db, account, device, counter, now_ms)
    operation, _ = stored_operation(db, keys, row)
    draft = _draft(db, keys, phone.village, row, operation, request, now_ms)
    outcome, *_ = write_as(intake, db, account, phone.village, [draft, *done_task(db, keys, row)], now_ms)
    note_in_audit(db, account, phone, draft, {"counter": counter}, now_ms)
    return outcome


def task_of(row: Unsettled) -> str:
    """The task by which an operation is sent back to its worker."""
    return derived("sent-back", row.id)


def done_task(db: sqlite3.Connection, keys: Keys, row: Unsettled) -> list[Draft]:
    """The task by which it was sent back is over with it."""
    task = record_found(db, keys, row.village, task_of(row))
    if task is None or task.values.get("state") != "open":
        return []
    return [
        Draft(
            kind="task",
            village=task.village,
            record=task.id,
            action=Does.CHANGE,
            fields={"state": "cancelled"},
            seen={"state": "open"},
        )
    ]


def waiting_at(
    db: sqlite3.Connection, account: Account, device: str, counter: int, now_ms: int
) -> tuple[devices.Device, Unsettled]:
    """The device of an operation that waits, and its row, for whoever may settle it.

    Raises ProblemError: not-found, forbidden, already-mended.
    """
    phone = devices.by_id(db, device)
    if phone is None or not 1 <= counter <= phone.acknowledged:
        raise ProblemError("not-found")
    today = count_day(now_ms).isoformat()
    actor = actor_of(account, on_duty=rota.at_window(db, phone.village, today, account.id))
    require(actor, Action.OPERATION_MEND, phone.village, owners=[phone.worker])
    row = unsettled.at(db, device, counter)
    if row is None:
        raise ProblemError("already-mended")
    return phone, row


def note_in_audit(
    db: sqlite3.Connection,
    account: Account,
    phone: devices.Device,
    draft: Draft,
    detail: dict[str, Any],
    now_ms: int,
) -> None:
    entry = Entry(
        time=moment(now_ms),
        action=Action.OPERATION_MEND,
        account=account.id,
        device=phone.id,
        subject_kind=draft.kind,
        subject=draft.record,
        village=draft.village,
        detail=detail,
    )
    record(db, entry)


def _draft(
    db: sqlite3.Connection,
    keys: Keys,
    village: str,
    row: Unsettled,
    operation: Operation | None,
    request: MendRequest,
    now_ms: int,
) -> Draft:
    """The mending operation: the first one's content with what the request changes."""
    kind = request.kind or (None if operation is None else operation.kind)
    if kind is None:
        missing = Problem(
            pointer="/kind", code="required", message="请写明这是哪一类记录", message_en="the kind is needed"
        )
        raise ProblemError("request-invalid", problems=[missing])
    action = request.action or (Does.CREATE.value if operation is None else operation.action)
    of_first = "" if operation is None else operation.record
    subject = of_first or request.record or uuid7(now_ms, os.urandom(10))
    first = {} if operation is None else operation.fields
    fields = {
        field: value for field, value in (first | request.fields).items() if field not in request.leave_out
    }
    seen = (
        {} if operation is None else {name: operation.seen[name] for name in operation.seen if name in fields}
    )
    where = request.village or (village if operation is None else operation.village)
    if action == Does.CHANGE:
        present = record_found(db, keys, where, subject)
        for field in fields.keys() - first.keys():
            seen[field] = None if present is None else present.values.get(field)
    elif action == Does.VOID and operation is not None:
        seen = dict(operation.seen)
    captured = None if operation is None or not is_clock(operation.clock) else operation.clock
    return Draft(
        kind=kind,
        village=where,
        record=subject,
        action=action,
        fields=fields,
        seen=seen,
        reason=request.reason or (None if operation is None else operation.reason),
        mends=row.id,
        captured=captured,
    )


def stored_operation(
    db: sqlite3.Connection, keys: Keys, row: Unsettled
) -> tuple[Operation | None, OutcomeEntry]:
    """An unsettled operation and its outcome; None for one that nobody could read."""
    batch = batches.holding(db, keys, row.village, row.device, row.counter)
    return batch.operation(row.counter).operation, batch.outcomes[row.counter - batch.first]


def _told(operation: Operation) -> dict[str, Any]:
    return {
        "kind": operation.kind,
        "record": operation.record,
        "action": operation.action,
        "captured": operation.clock[:24],
        "fields": operation.fields,
    }


def _with_phones(db: sqlite3.Connection, village: str) -> set[str]:
    """The workers who have a phone in the village: their own operations are theirs to see."""
    return {device.worker for device in devices.of_village(db, village)}
