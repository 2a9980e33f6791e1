"""Who has a case in hand: first contact, formal handover, and what each of them may then do with it.

Rules (domain notes, Handling a case). 首问负责: who is asked first is responsible until the matter is handed
over. AB岗: when A is away, B takes over by a formal handover that says from whom, to whom and why; the matter
may not be left lying. The functions say which fields of a case change (`sync/kinds.py`, kind `case`), and the
checks what is wrong with such a change; values are as they travel.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from forms.handling.states import ACTOR_LABELS, STATE_LABELS, Actor, State
from forms.problem import Problem, pointer_to

Values = Mapping[str, Any]
Fields = dict[str, Any]

REASONED_STATES = frozenset(
    {
        State.WITHDRAWN,
        State.NOT_ACCEPTED,
        State.REFUSED,
        State.TERMINATED,
        State.TRANSFERRED,
        State.SUPPLEMENTING,
    }
)
"""States that nobody may put a case into without saying why."""


def first_contact(worker: str) -> Fields:
    """The fields of a new case that make the worker who was asked first responsible for it."""
    return {"first_contact": worker, "holder": worker}


def responsible(values: Values) -> str | None:
    """The worker who answers for the case now: who holds it, else who was asked first."""
    holder: str | None = values.get("holder") or values.get("first_contact")
    return holder


def has_held(values: Values, worker: str) -> bool:
    """Whether the worker holds the case or once did: what was done offline before a handover still counts."""
    givers = {handover["giver"] for handover in values.get("handovers") or ()}
    return worker in {responsible(values), values.get("first_contact"), *givers}


def capacities(
    values: Values, worker: str, *, on_duty: bool = False, town_clerk: bool = False
) -> frozenset[Actor]:
    """In what capacities somebody may act on a case; for a new one, pass the fields of its creation."""
    held = {
        Actor.WORKER: has_held(values, worker),
        Actor.WINDOW: on_duty,
        Actor.TOWN_CLERK: town_clerk,
    }
    return frozenset(actor for actor, may in held.items() if may)


def hand_over(values: Values, receiver: str, reason: str, at: datetime) -> Fields:
    """The fields that hand a case to a colleague, formally. Judge them with `check_duty` before use."""
    entry = {
        "giver": responsible(values),
        "receiver": receiver,
        "reason": reason,
        "at": at.isoformat(),
    }
    return {"holder": receiver, "handovers": [*(values.get("handovers") or ()), entry]}


def check_duty(values: Values, fields: Values, actors: frozenset[Actor]) -> list[Problem]:
    """All that is wrong with a change of holder or of state as to duty; `values` are those before it.

    Codes: `wrong-actor`, `same-holder`, `handover-required`, `handover-changed`, `handover-reason`,
    `reason-required`. Whether the state may be reached at all says `workflow.check_move`.
    """
    problems = []
    if "holder" in fields or "handovers" in fields:
        problems += _check_handover(values, fields, actors)
    if fields.get("state") in REASONED_STATES and _blank(fields.get("reason")):
        label = STATE_LABELS[State(fields["state"])]
        problems.append(
            _problem("reason", "reason-required", f"“{label.zh}”要写明原因", f"“{label.en}” needs a reason")
        )
    return problems


def _check_handover(values: Values, fields: Values, actors: frozenset[Actor]) -> list[Problem]:
    giver, receiver = responsible(values), fields.get("holder", values.get("holder"))
    before = list(values.get("handovers") or ())
    after = list(fields.get("handovers") or before)
    problems = []
    if actors.isdisjoint({Actor.WORKER, Actor.WINDOW}):
        who = ACTOR_LABELS[Actor.WORKER].zh + "或" + ACTOR_LABELS[Actor.WINDOW].zh
        problems.append(
            _problem(
                "holder", "wrong-actor", f"移交只能由{who}办理", "only the holder or the window hands over"
            )
        )
    if receiver == giver:
        problems.append(
            _problem("holder", "same-holder", "此件已由该人承办", "this worker holds the case already")
        )
    elif after[: len(before)] != before:
        problems.append(
            _problem(
                "handovers", "handover-changed", "已有的移交记录不能改", "past handovers are not changed"
            )
        )
    elif len(after) != len(before) + 1 or (after[-1]["giver"], after[-1]["receiver"]) != (giver, receiver):
        problems.append(
            _problem(
                "handovers",
                "handover-required",
                "移交要写明由谁交给谁",
                "a change of holder needs one handover, from the present holder to the next",
            )
        )
    elif _blank(after[-1]["reason"]):
        problems.append(_problem("handovers", "handover-reason", "移交要写明原因", "a handover says why"))
    return problems


def _blank(text: str | None) -> bool:
    return not (text or "").strip()


def _problem(field: str, code: str, message: str, message_en: str) -> Problem:
    return Problem(pointer=pointer_to(field), code=code, message=message, message_en=message_en)
