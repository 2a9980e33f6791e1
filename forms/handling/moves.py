"""The tables of how a case of each mode moves, and who may move it (domain notes, Handling a case).

Every move that is not in a table below is forbidden; `workflow.check_move` says so to people. Three readings
are this project's own [ASSUMED]: the town clerk may end (终止) a case whose supplement never came, straight
from 补正, and may record a withdrawal once the case was handed up to the town. A third: until the town has taken
a case up, the window may take it back (撤回报送), as from a batch that was handed up by mistake.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Final

import msgspec

from forms.catalogue import Finish, Mode
from forms.handling.states import Actor, State

W, V, T = Actor.WORKER, Actor.WINDOW, Actor.TOWN_CLERK


class Move(msgspec.Struct, frozen=True):
    """One permitted move. `at_doorstep`: who else may make it for an item that the doorstep can finish.

    `onward` is False for a way out (withdrawal, giving up), which nobody is waited for to take.
    """

    seen: State
    new: State
    actors: frozenset[Actor]
    at_doorstep: frozenset[Actor] = frozenset()
    onward: bool = True

    def may_be_made_by(self, actors: frozenset[Actor], finish: Finish) -> bool:
        """Whether any of these capacities allows it for an item finished there."""
        if not self.actors.isdisjoint(actors):
            return True
        return finish == Finish.DOORSTEP and not self.at_doorstep.isdisjoint(actors)


class Workflow(msgspec.Struct, frozen=True):
    """The states of a mode, where its cases begin and by whom, the moves, and which states are open."""

    mode: Mode
    initial: State
    starters: frozenset[Actor]
    moves: tuple[Move, ...]
    open_states: frozenset[State]

    @property
    def states(self) -> tuple[State, ...]:
        """Every state of the mode, in the order of the enumeration."""
        used = {self.initial, *chain.from_iterable((move.seen, move.new) for move in self.moves)}
        return tuple(state for state in State if state in used)


def _move(seen: State, new: State, *actors: Actor, onward: bool = True) -> Move:
    return Move(seen, new, frozenset(actors), onward=onward)


def _finish_direct(seen: State) -> Move:
    return Move(seen, State.FINISHED, frozenset({V}), at_doorstep=frozenset({W}))


_PROXY_IN_VILLAGE = (State.ENTRUSTED, State.RECEIVED)
_PROXY_IN_TOWN = (State.HANDED_UP, State.ACCEPTED, State.PROCESSING, State.SUPPLEMENTING)
_PROXY_DECIDED = (State.NOT_ACCEPTED, State.GRANTED, State.REFUSED, State.TERMINATED)

_DIRECT = (
    _move(State.REGISTERED, State.AWAITING_ONLINE, W, V),
    _finish_direct(State.REGISTERED),
    _finish_direct(State.AWAITING_ONLINE),
)
_PROXY = (
    _move(State.ENTRUSTED, State.RECEIVED, W, V),
    _move(State.RECEIVED, State.HANDED_UP, V),
    _move(State.HANDED_UP, State.ACCEPTED, T),
    _move(State.HANDED_UP, State.NOT_ACCEPTED, T),
    _move(State.HANDED_UP, State.RECEIVED, V, onward=False),
    _move(State.ACCEPTED, State.PROCESSING, T),
    _move(State.PROCESSING, State.SUPPLEMENTING, T),
    _move(State.SUPPLEMENTING, State.PROCESSING, W, V),
    _move(State.SUPPLEMENTING, State.TERMINATED, T, onward=False),
    _move(State.PROCESSING, State.GRANTED, T),
    _move(State.PROCESSING, State.REFUSED, T),
    _move(State.PROCESSING, State.TERMINATED, T),
    *(_move(state, State.DELIVERED, W, V) for state in _PROXY_DECIDED),
    _move(State.DELIVERED, State.ARCHIVED, V),
    _move(State.ARCHIVED, State.FOLLOWED_UP, W, V),
    *(_move(state, State.WITHDRAWN, W, V, onward=False) for state in _PROXY_IN_VILLAGE),
    *(_move(state, State.WITHDRAWN, W, V, T, onward=False) for state in _PROXY_IN_TOWN),
)
_REPORT = (
    _move(State.REGISTERED, State.ANSWERED, W, V),
    _move(State.REGISTERED, State.TRANSFERRED, V),
    _move(State.TRANSFERRED, State.REPORTED_BACK, T, V),
    _move(State.REPORTED_BACK, State.FINISHED, V),
)


def _workflow(mode: Mode, initial: State, moves: tuple[Move, ...], open_states: Iterable[State]) -> Workflow:
    starters = {W} if mode is Mode.VISIT else {W, V}
    return Workflow(mode, initial, frozenset(starters), moves, frozenset(open_states))


WORKFLOWS: Final = {
    workflow.mode: workflow
    for workflow in (
        _workflow(Mode.DIRECT, State.REGISTERED, _DIRECT, (State.REGISTERED, State.AWAITING_ONLINE)),
        _workflow(Mode.PROXY, State.ENTRUSTED, _PROXY, (*_PROXY_IN_VILLAGE, *_PROXY_IN_TOWN)),
        _workflow(
            Mode.REPORT,
            State.REGISTERED,
            _REPORT,
            (State.REGISTERED, State.TRANSFERRED, State.REPORTED_BACK),
        ),
        _workflow(
            Mode.ASSIST,
            State.REGISTERED,
            (_move(State.REGISTERED, State.FINISHED, W, V),),
            (State.REGISTERED,),
        ),
        _workflow(
            Mode.INFORM,
            State.REGISTERED,
            (_move(State.REGISTERED, State.INFORMED, W, V),),
            (State.REGISTERED,),
        ),
        _workflow(Mode.VISIT, State.RECORDED, (), ()),
    )
}
