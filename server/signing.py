"""Closing a village's day: the rows as they stand, the outgoing person's signature, the incoming one's beside it.

Invariants
- One signature a village and day: its record's id follows from both.
- Figures are the rows as they were when they were signed; what arrives later stands beside them and changes none.
- A signature is an operation like any other; the sync rules judge it once more (`sync.rules.village`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import date, time
from typing import Any, NamedTuple

import msgspec

from forms.problem import Problem, pointer_to
from grid_map.days import count_day
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.reconciliation import LABELS, Row, decide_row
from server.roles import Action, require
from server.store import matters, rota
from server.store.accounts import Account, account_by_id, actor_of
from server.store.audit import Entry, record
from server.store.explained import REASONS
from server.store.late_arrivals import LateArrivals, late_arrivals
from server.store.matters import OpenMatters
from server.store.reconciliation import Day, facts_of_day
from server.store.records import record_in
from sync.clock import moment
from sync.ids import derived
from sync.operation import Action as Does
from sync.record import Record

KIND = "day-signature"


class Figures(msgspec.Struct, frozen=True):
    """What is signed: the rows, and what was open in the village."""

    rows: list[Row]
    open: OpenMatters


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed and countersigned a day, when, with which figures and reasons (by device)."""

    outgoing: str
    outgoing_name: str
    signed_at: str
    reasons: dict[str, str]
    figures: dict[str, Any]
    incoming: str | None = None
    incoming_name: str | None = None
    countersigned_at: str | None = None


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """A village's day. `unexplained` are the devices without which it cannot be signed but for a stated reason.

    late  what arrived after the signing and was captured on the signed day
    """

    village: str
    day: str
    report_from: str
    rows: list[Row]
    open: OpenMatters
    unexplained: list[str]
    signature: Signature | None = None
    late: LateArrivals | None = None


class Desk(NamedTuple):
    """What closing a day works with."""

    intake: Intake
    keys: Keys
    report_after: time


def reconciliation_of(
    db: sqlite3.Connection, keys: Keys, report_after: time, village: str, day: date, now_ms: int
) -> Reconciliation:
    """The day as it stands now, and how it was signed."""
    of = Day.of(day, now_ms)
    report_from_ms = of.start_ms + (report_after.hour * 60 + report_after.minute) * 60_000
    decided = [decide_row(facts, day, report_from_ms) for facts in facts_of_day(db, keys, village, of)]
    rows = [row for row in decided if row is not None]
    signed = record_in(db, keys, village, signature_id(village, day))
    return Reconciliation(
        village=village,
        day=of.text,
        report_from=moment(report_from_ms),
        rows=rows,
        open=matters.open_before(db, village, of.end_ms),
        unexplained=[row.device for row in rows if row.needs_reason],
        signature=None if signed is None else _signature(db, signed),
        late=None if signed is None else late_arrivals(db, keys, village, of.text, signed),
    )


def signature_id(village: str, day: date) -> str:
    """The record of a village's day."""
    return derived(KIND, village, day.isoformat())


def sign_day(
    desk: Desk,
    db: sqlite3.Connection,
    account: Account,
    village: str,
    day: date,
    reasons: Mapping[str, str],
    now_ms: int,
) -> Reconciliation:
    """Sign a day as its outgoing window. Runs inside a store write.

    Raises ProblemError: forbidden, already-signed, day-to-come, day-unexplained with each row that needs a reason,
    request-invalid for a reason without a row.
    """
    on_duty = rota.at_window(db, village, day.isoformat(), account.id)
    require(actor_of(account, on_duty=on_duty), Action.RECONCILIATION_SIGN, village)
    if day > count_day(now_ms):
        raise ProblemError("day-to-come")
    now = reconciliation_of(db, desk.keys, desk.report_after, village, day, now_ms)
    if now.signature is not None:
        raise ProblemError("already-signed", f"{now.signature.outgoing_name}已签字")
    stated = {device: text.strip() for device, text in reasons.items() if text.strip()}
    _refuse_unexplained(now, stated)
    draft = Draft(
        kind=KIND,
        village=village,
        record=signature_id(village, day),
        fields={
            "day": day.isoformat(),
            "outgoing": account.id,
            "signed_at": moment(now_ms),
            "figures": msgspec.to_builtins(Figures(now.rows, now.open)),
            **{REASONS + device: text for device, text in stated.items()},
        },
    )
    write_as(desk.intake, db, account, village, [draft], now_ms)
    _audit(db, account, village, Action.RECONCILIATION_SIGN, day, now_ms)
    return reconciliation_of(db, desk.keys, desk.report_after, village, day, now_ms)


def countersign_day(
    desk: Desk, db: sqlite3.Connection, account: Account, village: str, day: date, now_ms: int
) -> Reconciliation:
    """Countersign a signed day: the window of that day, or of the day on which the next person takes over.

    Runs inside a store write. Raises ProblemError: forbidden, day-not-signed, same-person, already-signed.
    """
    today = count_day(now_ms).isoformat()
    on_duty = any(rota.at_window(db, village, on, account.id) for on in (day.isoformat(), today))
    require(actor_of(account, on_duty=on_duty), Action.RECONCILIATION_COUNTERSIGN, village)
    signed = record_in(db, desk.keys, village, signature_id(village, day))
    if signed is None or signed.void is not None:
        raise ProblemError("day-not-signed")
    if signed.values["outgoing"] == account.id:
        raise ProblemError("same-person")
    if (by := signed.values.get("incoming")) is not None:
        raise ProblemError("already-signed", f"{_name(db, by)}已接班签字")
    draft = Draft(
        kind=KIND,
        village=village,
        record=signed.id,
        action=Does.CHANGE,
        fields={"incoming": account.id, "countersigned_at": moment(now_ms)},
        seen={"incoming": None, "countersigned_at": None},
    )
    write_as(desk.intake, db, account, village, [draft], now_ms)
    _audit(db, account, village, Action.RECONCILIATION_COUNTERSIGN, day, now_ms)
    return reconciliation_of(db, desk.keys, desk.report_after, village, day, now_ms)


def _refuse_unexplained(now: Reconciliation, stated: Mapping[str, str]) -> None:
    known = {row.device for row in now.rows}
    strange = [
        Problem(
            pointer=pointer_to("reasons", device),
            code="unknown-device",
            message="对账表里没有这台设备",
            message_en="there is no such row",
        )
        for device in stated
        if device not in known
    ]
    if strange:
        raise ProblemError("request-invalid", problems=strange)
    open_rows = [_unexplained(row) for row in now.rows if row.needs_reason and row.device not in stated]
    if open_rows:
        raise ProblemError("day-unexplained", problems=open_rows)


def _unexplained(row: Row) -> Problem:
    said, said_en = LABELS[row.standing]
    return Problem(
        pointer=pointer_to("reasons", row.device),
        code=row.standing.value.replace("_", "-"),
        message=f"{row.worker_name}的{row.name}：{said}，缺失{row.missing}条，待处理{row.unsettled}条，请说明原因",
        message_en=f"{row.name}: {said_en}, {row.missing} missing, {row.unsettled} unsettled",
    )


def _signature(db: sqlite3.Connection, signed: Record) -> Signature | None:
    values = signed.values
    if signed.void is not None:
        return None
    incoming = values.get("incoming")
    figures = values.get("figures")
    return Signature(
        outgoing=values["outgoing"],
        outgoing_name=_name(db, values["outgoing"]),
        signed_at=values["signed_at"],
        reasons={
            device: text for field, text in values.items() if (device := field.removeprefix(REASONS)) != field
        },
        figures=figures if isinstance(figures, dict) else {},
        incoming=incoming,
        incoming_name=None if incoming is None else _name(db, incoming),
        countersigned_at=values.get("countersigned_at"),
    )


def _name(db: sqlite3.Connection, account: str) -> str:
    found = account_by_id(db, account)
    return account if found is None else found.name


def _audit(
    db: sqlite3.Connection, account: Account, village: str, action: Action, day: date, now_ms: int
) -> None:
    entry = Entry(
        time=moment(now_ms),
        action=action,
        account=account.id,
        subject_kind=KIND,
        subject=signature_id(village, day),
        village=village,
        detail={"day": day.isoformat()},
    )
    record(db, entry)
