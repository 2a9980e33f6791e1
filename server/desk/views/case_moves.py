"""The moves of a case that whoever looks may make now, each with what it asks for."""

from __future__ import annotations

import msgspec

from forms.definition import Label
from forms.handling.states import Actor, State
from forms.handling.workflow import check_move, moves_from
from server.casework.moving import RESULT_NEEDED, asks_of
from server.desk.views.case_words import state_label
from server.desk.views.cases import CaseView
from server.desk.visitor import Visitor

SUPPLEMENT_HANDED_IN = Label(zh="补正已交", en="supplement handed in")
BY_BATCH = State.HANDED_UP
"""Handed up in batches with a cover list, on the page of proxy cases."""


class MoveShown(msgspec.Struct, frozen=True, kw_only=True):
    """A move that may be made now. `asks` are `result`, `department_number`, `reason`; `needed` those it must have."""

    to: str
    label: Label
    asks: tuple[str, ...]
    needed: tuple[str, ...]
    onward: bool
    by_batch: bool


def moves_shown(case: CaseView, visitor: Visitor) -> list[MoveShown]:
    """The moves onward first, then the ways out; none of a void case."""
    item, state = case.item, case.row.state
    if item is None or case.void_reason is not None or state not in State.__members__.values():
        return []
    actors = frozenset(_capacities(case, visitor))
    shown = [
        _shown(case, move.new, move.onward)
        for move in moves_from(item.mode, State(state))
        if check_move(item.mode, item.finish, state, move.new, actors) is None
    ]
    return sorted(shown, key=lambda move: not move.onward)


def _capacities(case: CaseView, visitor: Visitor) -> list[Actor]:
    """As the worker who holds it now, as the window on duty; the town decides on its own pages."""
    holds = case.row.holder == visitor.account.id
    return [Actor.WORKER] * holds + [Actor.WINDOW] * visitor.actor.on_duty


def _shown(case: CaseView, to: State, onward: bool) -> MoveShown:
    asks = () if case.item is None else asks_of(case.item, to)
    answered = case.row.state == State.SUPPLEMENTING and to is State.PROCESSING
    return MoveShown(
        to=to.value,
        label=SUPPLEMENT_HANDED_IN if answered else state_label(to),
        asks=asks,
        needed=tuple(of for of in asks if of != "result" or to in RESULT_NEEDED),
        onward=onward,
        by_batch=to is BY_BATCH,
    )
