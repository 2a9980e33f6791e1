"""What a mode's workflow permits: which moves there are, and for one that is refused, why.

The server asks `check_move` for every move that is pushed, so a permitted move costs one dictionary lookup.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

from forms.catalogue import Finish, Mode
from forms.handling.moves import WORKFLOWS, Move
from forms.handling.states import ACTOR_LABELS, STATE_LABELS, Actor, State
from forms.problem import Problem

POINTER = "/state"

# A State and a Mode are texts and hash as such, so identifiers as they travel find their move too.
_MOVES: Final[dict[tuple[str, str, str], Move]] = {
    (workflow.mode, move.seen, move.new): move for workflow in WORKFLOWS.values() for move in workflow.moves
}
_MOVES_FROM: Final = {
    (workflow.mode, state): tuple(move for move in workflow.moves if move.seen is state)
    for workflow in WORKFLOWS.values()
    for state in workflow.states
}


def moves_from(mode: Mode, state: State) -> tuple[Move, ...]:
    """The moves that a case of this mode can make from this state; empty at an end."""
    return _MOVES_FROM.get((mode, state), ())


def is_open(mode: Mode, state: State) -> bool:
    """Whether the matter is not settled yet (before 办结): what counts for duplicates and stuck cases.

    A proxy case that is granted but not delivered is no longer open, but not final either.
    """
    return state in WORKFLOWS[mode].open_states


def is_final(mode: Mode, state: State) -> bool:
    """Whether nothing can follow."""
    return not moves_from(mode, state)


@cache
def awaited(mode: Mode, finish: Finish, state: State) -> frozenset[Actor]:
    """Who can take the case onward from here; empty at an end. Ways out are not waited for."""
    onward = [move for move in moves_from(mode, state) if move.onward]
    doorstep = [move.at_doorstep for move in onward] if finish == Finish.DOORSTEP else []
    return frozenset().union(*(move.actors for move in onward), *doorstep)


def check_start(mode: Mode, state: str, actors: frozenset[Actor]) -> Problem | None:
    """None if somebody acting as `actors` may make a case of this mode in this state.

    Codes: `not-initial-state`, `wrong-actor`. A case begins at its mode's initial state and then moves.
    """
    workflow = WORKFLOWS[mode]
    if state != workflow.initial:
        right, wrong = STATE_LABELS[workflow.initial], _name(state)
        return _problem(
            "not-initial-state",
            f"新办件须从“{right.zh}”开始，不能是“{wrong[0]}”",
            f"a new case starts as “{right.en}”, not as “{wrong[1]}”",
        )
    if workflow.starters.isdisjoint(actors):
        return _wrong_actor(workflow.initial, workflow.starters)
    return None


def check_move(mode: Mode, finish: Finish, seen: str, new: str, actors: frozenset[Actor]) -> Problem | None:
    """None if somebody acting as `actors` may move a case of such an item from `seen` to `new`.

    Otherwise the one Problem, at `/state`: `unknown-state` (no such state in this mode),
    `move-forbidden` (no such move, whoever makes it), `not-at-doorstep` (the worker may not finish this
    item on a doorstep), `wrong-actor` (somebody else may). `seen` and `new` are identifiers of State.
    """
    move = _MOVES.get((mode, seen, new))
    if move is None:
        return _no_such_move(mode, seen, new)
    if move.may_be_made_by(actors, finish):
        return None
    if not move.at_doorstep.isdisjoint(actors):
        return _problem(
            "not-at-doorstep",
            f"该事项不能上门办结，须由{_who(move.actors)[0]}办结",
            f"this item cannot be finished at the doorstep; {_who(move.actors)[1]} finishes it",
        )
    allowed = move.actors | move.at_doorstep if finish == Finish.DOORSTEP else move.actors
    return _wrong_actor(move.new, allowed)


def _problem(code: str, message: str, message_en: str) -> Problem:
    return Problem(pointer=POINTER, code=code, message=message, message_en=message_en)


def _no_such_move(mode: Mode, seen: str, new: str) -> Problem:
    states = WORKFLOWS[mode].states
    strange = [state for state in (seen, new) if state not in states]
    if strange:
        return _problem(
            "unknown-state",
            f"这类事项没有“{_name(strange[0])[0]}”状态",
            f"cases of this mode have no state “{_name(strange[0])[1]}”",
        )
    onward = [STATE_LABELS[move.new] for move in moves_from(mode, State(seen))]
    ways = "、".join(f"“{label.zh}”" for label in onward)
    ways_en = ", ".join(f"“{label.en}”" for label in onward)
    return _problem(
        "move-forbidden",
        f"不能从“{_name(seen)[0]}”变为“{_name(new)[0]}”，" + (f"可变为{ways}" if ways else "办件已到终点"),
        f"no move from “{_name(seen)[1]}” to “{_name(new)[1]}”; "
        + (f"possible: {ways_en}" if ways else "the case is at its end"),
    )


def _wrong_actor(new: State, allowed: Iterable[Actor]) -> Problem:
    label, who = STATE_LABELS[new], _who(allowed)
    return _problem(
        "wrong-actor",
        f"“{label.zh}”只能由{who[0]}操作",
        f"only {who[1]} may set “{label.en}”",
    )


def _who(actors: Iterable[Actor]) -> tuple[str, str]:
    allowed = set(actors)
    labels = [ACTOR_LABELS[actor] for actor in Actor if actor in allowed]
    return "或".join(label.zh for label in labels), " or ".join(label.en or label.zh for label in labels)


def _name(state: str) -> tuple[str, str]:
    if state not in State.__members__.values():
        return state, state
    label = STATE_LABELS[State(state)]
    return label.zh, label.en or label.zh
