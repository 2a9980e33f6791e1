"""How a promised date was reached, in a sentence for the resident and the worker."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from forms.catalogue import Item
from forms.definition import Label
from forms.handling.clocks import Milestones
from forms.handling.limits import HANDOVER_KEY, Promise, PromiseKind, StageDue

DEMONSTRATION: Final = Label(zh="演示时限", en="demonstration limit")
TENTATIVE: Final = Label(
    zh="暂定：所涉年份的放假安排尚未公布", en="tentative: holidays of that year are not published"
)
STOPPED: Final = Label(
    zh="暂停计时中，恢复后重新推算", en="the clock stands; the date is worked out anew when it goes on"
)
NOT_STATUTORY: Final = Label(zh="不计法定时限", en="no statutory time limit")
UNKNOWN_LIMIT: Final = Label(zh="时限未载明", en="time limit not stated")
COUNTING: Final = {
    "working": Label(zh="工作日", en="working days"),
    "calendar": Label(zh="自然日", en="calendar days"),
}


def explain(item: Item, milestones: Milestones, promised: Promise) -> Label:
    """The promise of such a case in Chinese and English; every caveat that it carries is in it."""
    parts = list(_parts(item, milestones, promised))
    return Label(
        zh="；".join(part.zh for part in parts) + "。",
        en="; ".join(part.en or part.zh for part in parts) + ".",
    )


def _parts(item: Item, milestones: Milestones, promised: Promise) -> Iterator[Label]:
    if promised.kind is PromiseKind.NONE:
        yield UNKNOWN_LIMIT if item.limit.statutory else NOT_STATUTORY
    elif promised.kind is PromiseKind.IMMEDIATE:
        yield _at_once(promised.due_on)
    else:
        yield _beginning(milestones)
        yield from (_stage(stage) for stage in promised.stages)
        yield STOPPED if promised.due_on is None else _end(promised.kind, promised.due_on)
    if promised.tentative:
        yield TENTATIVE
    if promised.demonstration:
        yield DEMONSTRATION


def _at_once(due_on: date | None) -> Label:
    if due_on is None:
        return Label(zh="即办", en="at once")
    return Label(zh=f"即办，{_chinese(due_on)}", en=f"at once, {due_on}")


def _beginning(milestones: Milestones) -> Label:
    for day, zh, en in (
        (milestones.accepted_on, "部门受理", "accepted by the department"),
        (milestones.handed_up_on, "村社报送", "handed up by the village"),
    ):
        if day is not None:
            return Label(zh=f"{_chinese(day)}{zh}", en=f"{en} on {day}")
    day = milestones.received_on
    return Label(zh=f"{_chinese(day)}收件，当日不计", en=f"received on {day}, a day that is not counted")


def _stage(stage: StageDue) -> Label:
    counting = COUNTING[stage.counting]
    name_en = "handover to the town" if stage.key == HANDOVER_KEY else stage.name
    until, until_en = "", ""
    if stage.due_on is not None:
        until, until_en = f"，至{_chinese(stage.due_on)}", f", until {stage.due_on}"
    return Label(
        zh=f"{stage.name}{stage.days}个{counting.zh}{until}",
        en=f"{name_en}: {stage.days} {counting.en}{until_en}",
    )


def _end(kind: PromiseKind, due_on: date) -> Label:
    if kind is PromiseKind.EXPECTED:
        return Label(
            zh=f"预计{_chinese(due_on)}前办结，以部门受理为准",
            en=f"expected by {due_on}, subject to the department's acceptance",
        )
    return Label(zh=f"{_chinese(due_on)}前办结", en=f"due by {due_on}")


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
