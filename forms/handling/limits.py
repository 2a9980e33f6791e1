"""Promised dates: the stages of an item's time limit laid along the working calendar.

A department's clock starts with its own acceptance; the village only receives. Until then a date given
on the doorstep is handover + limit and labelled 预计 (domain notes, Handling a case). Stages follow one
another, in working or calendar days, and a pausable stage stops for 补正, 公示 and 评审. A date counted
across a year whose holidays are not published is 暂定; that a limit is demonstration data (演示时限) is said
too.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final, Literal

import msgspec

from forms.catalogue import Finish, Item, Mode, Stage
from forms.definition import Label
from forms.handling.calendar import ONE_DAY, DueDate, WorkingCalendar
from forms.handling.clocks import RULES, LimitRules, Milestones, Pause

HANDOVER_KEY = "handover"


class StageDue(msgspec.Struct, frozen=True, kw_only=True):
    """One stage on the calendar; `due_on` None: the clock stands, so nobody can say."""

    key: str
    name: str
    days: int
    counting: Literal["working", "calendar"]
    starts_on: date | None
    due_on: date | None
    tentative: bool


class PromiseKind(StrEnum):
    """What sort of date it is."""

    NONE = "none"  # no limit applies, or none is known
    IMMEDIATE = "immediate"  # 即办
    EXPECTED = "expected"  # 预计: the department has not accepted yet
    PROMISED = "promised"  # 承诺


PROMISE_LABELS: Final = {
    PromiseKind.NONE: Label(zh="不计时限", en="no time limit"),
    PromiseKind.IMMEDIATE: Label(zh="即办", en="at once"),
    PromiseKind.EXPECTED: Label(zh="预计", en="expected"),
    PromiseKind.PROMISED: Label(zh="承诺", en="promised"),
}


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """When a case is due, and how that was reached.

    `stopped`: a pause is open, so `due_on` is None until it ends. `demonstration`: the limit is assumed and
    shown as 演示时限.
    """

    kind: PromiseKind
    due_on: date | None = None
    tentative: bool = False
    stopped: bool = False
    demonstration: bool = False
    stages: tuple[StageDue, ...] = ()


def promise(
    item: Item,
    milestones: Milestones,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause] = (),
    rules: LimitRules = RULES,
) -> Promise:
    """When a case of this item is due, by what is known so far.

    Only an item that is handed up (proxy) waits for a department's acceptance; what the village finishes
    itself counts from receipt. Recompute after every milestone, pause and new calendar.
    """
    limit = item.limit
    if not limit.immediate and not limit.stages:
        return Promise(kind=PromiseKind.NONE, demonstration=limit.demonstration)
    stages, start = _planned(item, milestones, rules)
    if not stages:
        due = _at_once(item, start, calendar)
        return Promise(
            kind=PromiseKind.EXPECTED if _unaccepted(item, milestones) else PromiseKind.IMMEDIATE,
            due_on=due.day,
            tentative=due.tentative,
            demonstration=limit.demonstration,
        )
    placed = _place(stages, start, calendar, pauses, rules)
    last = placed[-1]
    return Promise(
        kind=PromiseKind.EXPECTED if _unaccepted(item, milestones) else PromiseKind.PROMISED,
        due_on=last.due_on,
        tentative=last.tentative,
        stopped=last.due_on is None,
        demonstration=limit.demonstration,
        stages=placed,
    )


def _unaccepted(item: Item, milestones: Milestones) -> bool:
    return item.mode is Mode.PROXY and milestones.accepted_on is None


def _planned(item: Item, milestones: Milestones, rules: LimitRules) -> tuple[tuple[Stage, ...], date]:
    """The stages still to be counted, and the day from which they are."""
    stages = () if item.limit.immediate else item.limit.stages
    if item.mode is not Mode.PROXY:
        return stages, milestones.received_on
    began = milestones.accepted_on or milestones.handed_up_on
    if began is not None:
        return stages, began
    handover = Stage(key=HANDOVER_KEY, name="村社报送", days=rules.handover_days, pausable=False)
    return (handover, *stages), milestones.received_on


def _at_once(item: Item, start: date, calendar: WorkingCalendar) -> DueDate:
    # What needs a department's system or office cannot be done on a day off.
    if item.finish is Finish.DOORSTEP:
        return DueDate(start, tentative=False)
    return calendar.working_day_from(start)


def _place(
    stages: Sequence[Stage],
    start: date | None,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause],
    rules: LimitRules,
) -> tuple[StageDue, ...]:
    placed: list[StageDue] = []
    tentative = False
    for stage in stages:
        due = None
        if start is not None:
            due = _stage_due(stage, start, calendar, pauses if stage.pausable else (), rules)
        tentative = tentative or (due is not None and due.tentative)
        end = due.day if due is not None else None
        placed.append(
            StageDue(
                key=stage.key,
                name=stage.name,
                days=stage.days,
                counting=stage.counting,
                starts_on=start,
                due_on=end,
                tentative=tentative,
            )
        )
        start = end
    return tuple(placed)


def _stage_due(
    stage: Stage, start: date, calendar: WorkingCalendar, pauses: Sequence[Pause], rules: LimitRules
) -> DueDate | None:
    """The last day of a stage that is counted from the day after `start`; None while its clock stands."""
    day, left, tentative = start, stage.days, False
    while left > 0:
        day += ONE_DAY
        stopping = [pause for pause in pauses if pause.stops(day)]
        if any(pause.ends is None for pause in stopping):
            return None
        if stopping:
            continue
        if stage.counting == "calendar":
            left -= 1
        else:
            tentative = tentative or not calendar.covers(day)
            left -= calendar.assume_working_day(day)
    if stage.counting == "calendar" and rules.roll_calendar_end:
        return calendar.working_day_from(day)
    return DueDate(day, tentative)
