"""How a case goes on in the very moment in which a window writes it down: received, 待联办, done, or not yet."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from forms.catalogue import Finish, Item, Mode
from forms.definition import Label
from forms.handling.states import State
from forms.problem import Problem, pointer_to, problem


class Ending(StrEnum):
    """What follows the registration at once."""

    RECEIVE = "receive"
    FINISH = "finish"
    ONLINE = "online"
    NONE = "none"


# What a mode's cases become where they are done at once (`forms.handling.moves`); a proxy case never is.
FINISHED_AS: Final = {
    Mode.DIRECT: State.FINISHED,
    Mode.ASSIST: State.FINISHED,
    Mode.REPORT: State.ANSWERED,
    Mode.INFORM: State.INFORMED,
}
_WORDS: Final = {
    Mode.DIRECT: Label(zh="当场办结", en="finished here and now"),
    Mode.ASSIST: Label(zh="当场办结", en="finished here and now"),
    Mode.REPORT: Label(zh="当场答复", en="answered here and now"),
    Mode.INFORM: Label(zh="已告知", en="informed"),
}
_RECEIVE = Label(
    zh="收件：材料收下，出具收件回执（代办）", en="Received: a receipt of the proxy case is printed"
)
_ENTRUSTED = Label(zh="只登记委托，先不收件", en="Only entrusted, not received yet")
_ONLINE = Label(zh="待联办：要到部门系统里办", en="Awaiting the department's system")
_REGISTERED = Label(zh="先登记，稍后再办", en="Only registered, to go on later")


def endings_of(item: Item) -> dict[Ending, Label]:
    """The ways on that an item offers, the usual one first.

    What is done in a department's system is finished on the case's page, with that system's own number.
    """
    if item.mode is Mode.PROXY:
        return {Ending.RECEIVE: _RECEIVE, Ending.NONE: _ENTRUSTED}
    if item.mode is Mode.DIRECT and item.finish is not Finish.DOORSTEP:
        return {Ending.ONLINE: _ONLINE, Ending.NONE: _REGISTERED}
    done = {Ending.FINISH: _WORDS[item.mode]} if item.mode in FINISHED_AS else {}
    return {Ending.NONE: _REGISTERED, **done}


def ending_problems(item: Item, ending: str, result: str) -> list[Problem]:
    """What is wrong with an ending: none that the item offers, or done without a result."""
    if ending not in endings_of(item):
        return [
            Problem(
                pointer=pointer_to("ending"),
                code="ending",
                message="请选登记之后怎么办",
                message_en="choose what follows the registration",
            )
        ]
    if ending == Ending.FINISH and not result.strip():
        return [problem(pointer_to("result"), "required", label="办理结果", label_en="the result")]
    return []


def ending_fields(item: Item, ending: str, result: str, now: str) -> Mapping[str, Any] | None:
    """The fields of the move that follows the creation; None where it stays as it was registered."""
    match ending:
        case Ending.RECEIVE:
            return {"state": State.RECEIVED.value, "received_at": now}
        case Ending.FINISH:
            return {"state": FINISHED_AS[item.mode].value, "result": result.strip()}
        case Ending.ONLINE:
            return {"state": State.AWAITING_ONLINE.value}
    return None
