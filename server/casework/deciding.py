"""What a town clerk does with a proxy case: 受理 or not, 补正 with all that is missing at once, 准予·不予·终止, 出件.

Invariants: each function asks for `CASE_DECIDE` in the case's village and the item's department; a case that is no
longer as it was seen is refused, and several at once are taken up together or not at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import msgspec

from forms.catalogue import Item
from forms.handling.case_clock import milestones_of
from forms.handling.clocks import PauseKind
from forms.handling.interruptions import ask_supplement, go_on
from forms.handling.licence import LicenceClock, licence_clock
from forms.handling.states import State
from forms.problem import Problem
from grid_map.days import count_day
from server.casework.case_access import refuse_changed
from server.casework.writing import changes_of, needed, refuse, write_cases
from server.desk.views.cases import case_record
from server.desk.views.published import calendar, catalogue_of
from server.desk.visitor import Visitor
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action, require
from sync.clock import moment_ms
from sync.record import Record

DECISIONS: Final = (State.GRANTED, State.REFUSED, State.TERMINATED)
ISSUED_FROM: Final = frozenset({*DECISIONS, State.NOT_ACCEPTED})
BEGUN: Final = {"state": State.PROCESSING.value}


class CaseKey(NamedTuple):
    """A case of a town: its village, its record's id, and the state in which the clerk saw it."""

    village: str
    case: str
    seen: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """How a case is decided: `to` one of `DECISIONS`, with the result or the reason, and the department's number."""

    to: str
    result: str = ""
    reason: str = ""
    department_number: str = ""


def town_case(
    db: sqlite3.Connection, keys: Keys, visitor: Visitor, key: CaseKey, action: Action = Action.CASE_DECIDE
) -> tuple[Record, Item]:
    """A case of the clerk's town and departments, and its item. ProblemError: not-found, forbidden."""
    if not key.village.startswith(visitor.place):
        raise ProblemError("not-found")
    record = case_record(db, keys, key.village, key.case)
    item = catalogue_of(db, keys).item(record.values["item"], record.values["item_version"])
    require(visitor.actor, action, record.village, department=None if item is None else item.department)
    if item is None:
        raise ProblemError("not-found")
    return record, item


def licence_of(record: Record, item: Item, today: date) -> LicenceClock | None:
    """The clock of a licence's one-off notice; None for an item that is no licence."""
    values = record.values
    received = milestones_of(values).received_on
    told = [
        count_day(moment_ms(values[field]))
        for field in ("missing_told_at", "accepted_at", "decided_at")
        if values.get(field)
    ]
    return licence_clock(item, received, min(told, default=None), today, calendar())


def accept(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    visitor: Visitor,
    cases: Sequence[CaseKey],
    number: str = "",
) -> None:
    """Accept cases for the department; its clock starts. `number`: the department's own, for a single case.

    A licence that counts as accepted from receipt, as nothing was told in time, keeps that day (行政许可法 art. 32).
    Raises ProblemError: not-found, forbidden, case-changed; request-invalid where none was chosen.
    """
    if not cases:
        refuse([needed("case", "请选择要受理的办件", "choose the cases to accept")])
    drafts: list[Draft] = []
    for key in dict.fromkeys(cases):
        record, item = town_case(db, keys, visitor, key)
        refuse_changed(db, record, "state", State.HANDED_UP)
        drafts += changes_of(record, [_accepted(record, item, visitor, number if len(cases) == 1 else "")])
    write_cases(intake, db, visitor, Action.CASE_DECIDE, drafts)


def _accepted(record: Record, item: Item, visitor: Visitor, number: str) -> dict[str, Any]:
    clock = licence_of(record, item, visitor.today)
    silent = clock is not None and clock.accepted_on is not None
    receipt = record.values.get("received_at") or record.values["captured_at"]
    fields = {"state": State.ACCEPTED.value, "accepted_at": receipt if silent else visitor.now}
    return {**fields, "department_number": number} if number else fields


def refuse_acceptance(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, key: CaseKey, reason: str
) -> None:
    """Do not accept a case, and why. Raises ProblemError: not-found, forbidden, case-changed, request-invalid."""
    record, item = town_case(db, keys, visitor, key)
    refuse_changed(db, record, "state", State.HANDED_UP)
    clock = licence_of(record, item, visitor.today)
    problems = [] if reason else [needed("reason", "请写明不予受理的理由", "say why it is not accepted")]
    if clock is not None and clock.accepted_on is not None:
        said = clock.explanation
        problems.append(
            Problem(
                pointer="/state",
                code="accepted-by-silence",
                message=f"{said.zh}不能再不予受理，可以受理后作出决定。",
                message_en=f"{said.en} It can be accepted and decided, no longer not accepted.",
            )
        )
    refuse(problems)
    fields = {"state": State.NOT_ACCEPTED.value, "reason": reason, "decided_at": visitor.now}
    write_cases(intake, db, visitor, Action.CASE_DECIDE, changes_of(record, [fields]))


def return_for_supplement(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    visitor: Visitor,
    key: CaseKey,
    materials: Iterable[str],
    words: str,
) -> None:
    """一次性告知: everything that is missing, told at once; the clock stops. One that only arrived is accepted by it.

    Raises ProblemError: not-found, forbidden, case-changed; request-invalid where nothing is named.
    """
    record, item = town_case(db, keys, visitor, key)
    refuse_changed(db, record, "state", key.seen)
    names = {material.key: material.name for material in item.materials}
    wanted = [material for material in dict.fromkeys(materials) if material in names]
    if not wanted and not words:
        refuse(
            [needed("materials", "请勾选缺少的材料，或写明要补正什么", "tick what is missing, or say what")]
        )
    listed = f"请补正：{'、'.join(names[material] for material in wanted)}" if wanted else ""
    reason = "。".join(text for text in (listed, words) if text)
    asked = ask_supplement(record.values, wanted, reason, datetime.fromisoformat(visitor.now))
    steps = [*_onward(record, item, visitor), {**asked, "missing_told_at": visitor.now}]
    write_cases(intake, db, visitor, Action.CASE_DECIDE, changes_of(record, steps))


def _onward(record: Record, item: Item, visitor: Visitor) -> list[dict[str, Any]]:
    """The moves that bring a case to 办理, from which the town asks and decides."""
    state = record.values["state"]
    if state == State.HANDED_UP:
        return [_accepted(record, item, visitor, ""), BEGUN]
    if state == State.ACCEPTED:
        return [BEGUN]
    return []


def decide(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, key: CaseKey, decision: Decision
) -> None:
    """准予, 不予 or 终止. Raises ProblemError: not-found, forbidden, case-changed, request-invalid."""
    record, item = town_case(db, keys, visitor, key)
    refuse_changed(db, record, "state", key.seen)
    problems = []
    if decision.to not in DECISIONS:
        problems.append(needed("to", "请选择准予、不予或终止", "granted, refused or terminated?"))
    elif decision.to == State.GRANTED and not decision.result:
        problems.append(needed("result", "请写明办理结果", "say what came of it"))
    elif decision.to != State.GRANTED and not decision.reason:
        problems.append(needed("reason", "请写明理由", "say why"))
    refuse(problems)
    fields: dict[str, Any] = {"state": decision.to, "decided_at": visitor.now}
    if record.values["state"] == State.SUPPLEMENTING:
        fields |= go_on(record.values, PauseKind.SUPPLEMENT, datetime.fromisoformat(visitor.now))
    for name, text in (
        ("result", decision.result),
        ("reason", decision.reason),
        ("department_number", decision.department_number),
    ):
        if text:
            fields[name] = text
    steps = [*_onward(record, item, visitor), fields]
    write_cases(intake, db, visitor, Action.CASE_DECIDE, changes_of(record, steps))


def issue(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, cases: Sequence[CaseKey]
) -> None:
    """窗口统一出件: results leave the town's window for the villages.

    Raises ProblemError: not-found, forbidden; case-changed for one that is issued, delivered or not decided.
    """
    if not cases:
        refuse([needed("case", "请选择要出件的办件", "choose the cases to issue")])
    drafts: list[Draft] = []
    for key in dict.fromkeys(cases):
        record, _ = town_case(db, keys, visitor, key)
        if record.values["state"] not in ISSUED_FROM or record.values.get("issued_at"):
            raise ProblemError("case-changed", "有办件已经出件、送达或尚未作出决定。")
        drafts += changes_of(record, [{"issued_at": visitor.now}])
    write_cases(intake, db, visitor, Action.CASE_DECIDE, drafts)


def report_back(
    intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, key: CaseKey, result: str
) -> None:
    """The town answers a report that was passed on (流转 → 反馈). Raises ProblemError as `decide` does."""
    record, _ = town_case(db, keys, visitor, key)
    refuse_changed(db, record, "state", State.TRANSFERRED)
    if not result:
        refuse([needed("result", "请写明处理情况", "say what was done")])
    fields = {"state": State.REPORTED_BACK.value, "result": result}
    write_cases(intake, db, visitor, Action.CASE_DECIDE, changes_of(record, [fields]))
