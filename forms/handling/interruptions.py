"""What interrupts a case: supplements (补正), public notice (公示), expert review (评审), a hand-up taken
back (撤回报送), and withdrawal (撤回).

Each function says which fields of a case change (`sync/kinds.py`, kind `case`), to be judged by
`workflow.check_move` and `duty.check_duty` like any other change. Values are as they travel.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from forms.definition import Label
from forms.handling.clocks import PAUSE_LABELS, PauseKind
from forms.handling.duty import Fields, Values
from forms.handling.materials import MaterialState
from forms.handling.states import State
from forms.problem import Problem, pointer_to


def ask_supplement(values: Values, materials: Collection[str], reason: str, at: datetime) -> Fields:
    """The town asks for everything that is missing, at once; the clock stops."""
    return {
        "state": State.SUPPLEMENTING.value,
        "reason": reason,
        **{f"materials/{key}": MaterialState.MISSING.value for key in materials},
        **stop_clock(values, PauseKind.SUPPLEMENT, at),
    }


def answer_supplement(values: Values, at: datetime) -> Fields:
    """The village sends back what was asked for; the clock goes on. `still_missing` says if that is all."""
    return {"state": State.PROCESSING.value, **go_on(values, PauseKind.SUPPLEMENT, at)}


def take_back() -> Fields:
    """The village takes back what it handed up, until the town has taken it up: its own clock runs on from receipt."""
    return {"state": State.RECEIVED.value, "handed_up_at": None, "hand_up": None}


def withdraw(values: Values, reason: str, at: datetime) -> Fields:
    """The applicant takes the case back, and why; an open pause ends with it."""
    pauses = [
        pause if pause.get("end") else {**pause, "end": at.isoformat()}
        for pause in values.get("pauses") or ()
    ]
    ended: Fields = {"pauses": pauses} if pauses else {}
    return {"state": State.WITHDRAWN.value, "reason": reason, **ended}


def stop_clock(values: Values, kind: PauseKind, at: datetime) -> Fields:
    """A pause of that kind begins."""
    begun = {"reason": kind.value, "start": at.isoformat()}
    return {"pauses": [*(values.get("pauses") or ()), begun]}


def go_on(values: Values, kind: PauseKind, at: datetime) -> Fields:
    """The open pause of that kind ends; without one, nothing changes and there are no fields."""
    pauses = [dict(pause) for pause in values.get("pauses") or ()]
    for pause in reversed(pauses):
        if pause["reason"] == kind and not pause.get("end"):
            pause["end"] = at.isoformat()
            return {"pauses": pauses}
    return {}


def still_missing(values: Values, fields: Values) -> list[str]:
    """The keys of materials that are missing after a change; a remark to whoever answers, never a refusal."""
    merged: Mapping[str, Any] = {**values, **fields}
    return [
        name.removeprefix("materials/")
        for name, state in merged.items()
        if name.startswith("materials/") and state == MaterialState.MISSING
    ]


def check_pauses(fields: Values) -> list[Problem]:
    """What is wrong with the pauses of a change: `pause-order` (ends before it starts), `pause-open-twice`."""
    problems, open_kinds = [], set()
    for place, pause in enumerate(fields.get("pauses") or ()):
        pointer, end = pointer_to("pauses", place), pause.get("end")
        label: Label = PAUSE_LABELS[PauseKind(pause["reason"])]
        if end and datetime.fromisoformat(end) < datetime.fromisoformat(pause["start"]):
            problems.append(
                Problem(
                    pointer=pointer,
                    code="pause-order",
                    message=f"{label.zh}的结束早于开始",
                    message_en=f"the {label.en} ends before it starts",
                )
            )
        if not end and pause["reason"] in open_kinds:
            problems.append(
                Problem(
                    pointer=pointer,
                    code="pause-open-twice",
                    message=f"已有未结束的{label.zh}",
                    message_en=f"a {label.en} is open already",
                )
            )
        if not end:
            open_kinds.add(pause["reason"])
    return problems
