"""Settling at the desk: a person's choice in a conflict, a person's decision on a suspected duplicate."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from forms.problem import Problem
from grid_map.days import count_day
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action, require
from server.store import rota
from server.store.accounts import Account, actor_of
from server.store.audit import Entry
from server.store.audit import record as audit
from server.store.places import village_range
from server.store.records import record_found
from server.store.signed_days import signed_between
from sync.clock import moment, moment_ms
from sync.operation import Action as Does
from sync.record import Record

STANDING = "standing"


class ChoiceRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Which value a conflict is settled with: `take` names the standing one or the operation that offered one;
    or `value`, where neither is right.

    seen      the choice that the person saw, where somebody had chosen before
    village   where the conflict is, if not the account's own
    """

    take: str | None = None
    value: Any = UNSET
    note: Annotated[str, Meta(max_length=8000)] | None = None
    seen: Any = None
    village: str | None = None


class DecisionRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Whether two cases are one matter (they stay linked) or two; `seen` the decision that stood before."""

    decision: Literal["linked", "separate"]
    reason: Annotated[str, Meta(max_length=8000)] | None = None
    seen: str | None = None
    village: str | None = None


def authors_of(conflict: Record) -> set[str]:
    """The workers who set the values that a conflict is about."""
    values = conflict.values
    return {values["standing_by"][1], *(offer["worker"] for offer in values["offered"])}


def settle_conflict(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    account: Account,
    conflict: str,
    request: ChoiceRequest,
    now_ms: int,
) -> Record:
    """The conflict with the choice made. Runs inside a store write. Another choice is made until the day of the first
    is signed.

    Raises ProblemError: not-found, forbidden, already-settled, already-signed, request-invalid.
    """
    found = _found(db, keys, "conflict", conflict, request.village or account.division)
    _require(db, account, Action.CONFLICT_SETTLE, found, authors_of(found), now_ms)
    if request.seen is not None:
        require_unsigned(db, found.village, settled_on(found))
    fields: dict[str, Any] = {"choice": {"value": _chosen(found, request)}}
    if request.note is not None:
        fields["note"] = request.note
    draft = Draft(
        kind="conflict",
        village=found.village,
        record=conflict,
        action=Does.CHANGE,
        fields=fields,
        seen={"choice": request.seen, "note": found.values.get("note")},
    )
    write_as(intake, db, account, found.village, [draft], now_ms)
    _audit(db, account, Action.CONFLICT_SETTLE, found, now_ms)
    return _found(db, keys, "conflict", conflict, found.village)


def decide_duplicate(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    account: Account,
    duplicate: str,
    request: DecisionRequest,
    now_ms: int,
) -> Record:
    """The suspected duplicate with its decision; linked cases name each other. Runs inside a store write.

    Raises ProblemError: not-found, forbidden, already-settled, already-signed, request-invalid.
    """
    return _decide(intake, keys, db, account, duplicate, request, request.decision, now_ms)


def reopen_duplicate(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    account: Account,
    duplicate: str,
    seen: str,
    village: str,
    now_ms: int,
) -> Record:
    """Take a decision back until its day is signed: the pair awaits somebody again. Runs inside a store write.

    Raises ProblemError: not-found, forbidden, already-settled, already-signed.
    """
    request = DecisionRequest(decision="separate", seen=seen, village=village)
    return _decide(intake, keys, db, account, duplicate, request, None, now_ms)


def settled_on(record: Record) -> str | None:
    """The day on which a conflict or a suspected duplicate was settled (ISO); None while it is open."""
    clock = record.values.get("settled_at") if record.kind == "conflict" else None
    if record.kind == "duplicate" and "decision" in record.values:
        clock = record.stamp_of("decision").clock
    return None if clock is None else count_day(moment_ms(str(clock)[:24])).isoformat()


def require_unsigned(db: sqlite3.Connection, village: str, day: str | None) -> None:
    """What was settled on a day stands once that day is signed. Raises ProblemError already-signed."""
    if day is not None and signed_between(db, village_range(village), day, day):
        raise ProblemError("already-signed")


def _decide(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    account: Account,
    duplicate: str,
    request: DecisionRequest,
    decision: str | None,
    now_ms: int,
) -> Record:
    found = _found(db, keys, "duplicate", duplicate, request.village or account.division)
    _require(db, account, Action.DUPLICATE_SETTLE, found, (), now_ms)
    standing = found.values.get("decision")
    if standing != request.seen:
        raise ProblemError("already-settled")
    if standing is not None:
        require_unsigned(db, found.village, settled_on(found))
    fields: dict[str, Any] = {"decision": decision}
    if request.reason is not None:
        fields["reason"] = request.reason
    drafts = [
        Draft(
            kind="duplicate",
            village=found.village,
            record=duplicate,
            action=Does.CHANGE,
            fields=fields,
            seen={"decision": standing, "reason": found.values.get("reason")},
        ),
        *_links(db, keys, found, decision),
    ]
    write_as(intake, db, account, found.village, drafts, now_ms)
    _audit(db, account, Action.DUPLICATE_SETTLE, found, now_ms)
    return _found(db, keys, "duplicate", duplicate, found.village)


def _chosen(conflict: Record, request: ChoiceRequest) -> Any:
    if (request.take is None) is isinstance(request.value, UnsetType):
        raise _invalid("/take", "choice", "采用哪个值，请指明一个", "name one value: take or value")
    if request.take is None:
        return request.value
    if request.take == STANDING:
        return conflict.values.get("standing")
    for offer in conflict.values["offered"]:
        if offer["operation"] == request.take:
            return offer["value"]
    raise _invalid("/take", "not-offered", "没有这个值可选，请刷新", "no such value is offered")


def _links(db: sqlite3.Connection, keys: Keys, duplicate: Record, decision: str | None) -> list[Draft]:
    """Both cases name each other while they count as one matter."""
    first, second = duplicate.values["first"], duplicate.values["second"]
    change = "add" if decision == "linked" else "remove"
    drafts = []
    for case, other in ((first, second), (second, first)):
        found = record_found(db, keys, duplicate.village, case)
        if found is None or (change == "remove") is (other not in found.values.get("linked_cases", ())):
            continue
        fields = {"linked_cases": {change: [other]}}
        drafts.append(
            Draft(kind="case", village=found.village, record=case, action=Does.CHANGE, fields=fields)
        )
    return drafts


def _found(db: sqlite3.Connection, keys: Keys, kind: str, identifier: str, village: str) -> Record:
    found = record_found(db, keys, village, identifier)
    if found is None or found.kind != kind:
        raise ProblemError("not-found")
    return found


def _require(
    db: sqlite3.Connection,
    account: Account,
    action: Action,
    record: Record,
    owners: Collection[str],
    now_ms: int,
) -> None:
    today = count_day(now_ms).isoformat()
    on_duty = rota.at_window(db, record.village, today, account.id)
    require(actor_of(account, on_duty=on_duty), action, record.village, owners=owners)


def _invalid(pointer: str, code: str, message: str, message_en: str) -> ProblemError:
    problem = Problem(pointer=pointer, code=code, message=message, message_en=message_en)
    return ProblemError("request-invalid", problems=[problem])


def _audit(db: sqlite3.Connection, account: Account, action: Action, record: Record, now_ms: int) -> None:
    entry = Entry(
        time=moment(now_ms),
        action=action,
        account=account.id,
        subject_kind=record.kind,
        subject=record.id,
        village=record.village,
    )
    audit(db, entry)
