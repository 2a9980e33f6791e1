"""Words for the codes of a case that no table of `forms` names: modes, materials' necessity, tasks, readings."""

from __future__ import annotations

from typing import Final

from forms.catalogue import Mode
from forms.definition import Label
from forms.handling.states import ACTOR_LABELS, STATE_LABELS, Actor, State

MODES: Final = {
    Mode.DIRECT.value: Label(zh="直接办", en="direct"),
    Mode.PROXY.value: Label(zh="代理办", en="proxy"),
    Mode.ASSIST.value: Label(zh="协办", en="assist"),
    Mode.INFORM.value: Label(zh="公开告知", en="inform"),
    Mode.REPORT.value: Label(zh="登记上报", en="report"),
    Mode.VISIT.value: Label(zh="随走访", en="with a visit"),
}
NECESSITY: Final = {
    "required": Label(zh="必要", en="required"),
    "conditional": Label(zh="视情形", en="conditional"),
}
NOT_STATED: Final = Label(zh="未载明", en="not stated")
UNCHECKED: Final = Label(zh="未核对", en="not looked at")
TASKS: Final = {
    "visit": Label(zh="走访", en="visit"),
    "supplement": Label(zh="补材料", en="supplement"),
    "delivery": Label(zh="送达", en="delivery"),
    "follow_up": Label(zh="回访", en="follow-up"),
    "other": Label(zh="其他", en="other"),
}
TASK_STATES: Final = {
    "open": Label(zh="待办", en="open"),
    "done": Label(zh="已完成", en="done"),
    "cancelled": Label(zh="已取消", en="cancelled"),
}
AWAITED: Final = {
    "W": ACTOR_LABELS[Actor.WORKER],
    "V": ACTOR_LABELS[Actor.WINDOW],
    "T": ACTOR_LABELS[Actor.TOWN_CLERK],
}
YES, NO = Label(zh="是", en="yes"), Label(zh="否", en="no")


def state_label(state: str) -> Label:
    """A state's words; the code itself for one that is not known here."""
    return STATE_LABELS[State(state)] if state in State.__members__.values() else Label(zh=state)


def mode_label(mode: str) -> Label:
    """A mode's words; empty for a case whose item is not in the catalogue."""
    return MODES.get(mode, Label(zh=mode))
