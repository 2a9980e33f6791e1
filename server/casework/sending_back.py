"""What is not mended at the desk: sent back to its worker with a message, or given up for a stated reason.

Invariant: nothing is dropped. What is given up stays as it came, with who gave it up and why in an operation that names
it (`server.outcomes.gives_up`), and a task on its worker's phone says so.
"""

from __future__ import annotations

import os
import sqlite3

from forms.problem import Problem
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.mending import note_in_audit, stored_operation, task_of, waiting_at
from server.own_device import Draft
from server.problem import ProblemError
from server.store.accounts import Account
from server.store.devices import Device
from server.store.records import record_found
from server.store.unsettled import Unsettled
from sync.ids import uuid7
from sync.kinds import KINDS
from sync.operation import Action as Does
from sync.operation import Operation
from sync.protocol import OutcomeEntry
from sync.record import Record

DONE = {"create": "登记", "change": "修改", "void": "撤销"}
_REASON = Problem(
    pointer="/reason",
    code="required",
    message="请写明为什么不再处理",
    message_en="say why nothing more is done",
)
_MESSAGE = Problem(
    pointer="/message", code="required", message="请写明要改什么", message_en="say what is to be put right"
)
_NOBODY = Problem(
    pointer="/message",
    code="account-closed",
    message="这位工作者的账号已停用，收不到；请在这里改好，或写明原因不再处理",
    message_en="the worker's account is closed and would not get it: put it right here, or give it up with a reason",
)


def give_up(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    account: Account,
    device: str,
    counter: int,
    reason: str,
    now_ms: int,
) -> OutcomeEntry:
    """Nothing more is done about an operation, for a stated reason that its worker is told; it is kept as it came.

    Runs in a store write. Raises ProblemError: not-found, forbidden, already-mended, request-invalid.
    """
    phone, row = waiting_at(db, account, device, counter, now_ms)
    if not reason.strip():
        raise ProblemError("request-invalid", problems=[_REASON])
    operation, _ = stored_operation(db, keys, row)
    kind = "task" if operation is None or operation.kind not in KINDS else operation.kind
    draft = Draft(
        kind=kind,
        village=phone.village if operation is None else operation.village,
        record=uuid7(now_ms, os.urandom(10)) if operation is None else operation.record,
        action=Does.CHANGE,
        fields={},
        reason=reason.strip(),
        mends=row.id,
    )
    title = f"窗口不再处理{_what(operation)}（第{counter}条），请看原因"
    told = [] if phone.account_closed else [_task(db, keys, phone, row, title, reason.strip())]
    outcome, *_ = write_as(intake, db, account, phone.village, [draft, *told], now_ms)
    note_in_audit(db, account, phone, draft, {"counter": counter, "given_up": True}, now_ms)
    return outcome


def send_back(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    account: Account,
    device: str,
    counter: int,
    message: str,
    now_ms: int,
) -> Record:
    """A task for the worker to put an operation right on the phone, which lists it with its reasons; again: the same
    task with another message. Runs in a store write.

    Raises ProblemError: not-found, forbidden, already-mended, request-invalid.
    """
    phone, row = waiting_at(db, account, device, counter, now_ms)
    if not message.strip():
        raise ProblemError("request-invalid", problems=[_MESSAGE])
    if phone.account_closed:
        raise ProblemError("request-invalid", problems=[_NOBODY])
    operation, _ = stored_operation(db, keys, row)
    title = f"请改正退回的{_what(operation)}（第{counter}条）"
    draft = _task(db, keys, phone, row, title, message.strip())
    write_as(intake, db, account, phone.village, [draft], now_ms)
    note_in_audit(db, account, phone, draft, {"counter": counter, "sent_back": True}, now_ms)
    written = record_found(db, keys, phone.village, draft.record)
    if written is None:
        raise LookupError(draft.record)
    return written


def _task(db: sqlite3.Connection, keys: Keys, phone: Device, row: Unsettled, title: str, note: str) -> Draft:
    """One task an operation, whatever is said of it and how often: its worker's phone shows it among the tasks."""
    task = task_of(row)
    fields = {"type": "other", "title": title, "holder": phone.worker, "state": "open", "note": note}
    before = record_found(db, keys, phone.village, task)
    if before is None:
        return Draft(kind="task", village=phone.village, record=task, fields=fields)
    return Draft(
        kind="task",
        village=before.village,
        record=task,
        action=Does.CHANGE,
        fields=fields,
        seen={field: before.values.get(field) for field in fields},
    )


def _what(operation: Operation | None) -> str:
    if operation is None:
        return "一条"
    kind = KINDS.get(operation.kind)
    return f"{'' if kind is None else kind.label}{DONE.get(operation.action, '登记')}"
