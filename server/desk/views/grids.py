"""Who has which grid, and what a change of that would touch: people, their phones, unsent work, what goes along."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import date

import msgspec

from server.casework.grid_changes import GridChange, seen_of, standing_beside
from server.desk.views.people import Person, person
from server.desk.visitor import Visitor
from server.keys import Keys
from server.roles import Action
from server.store import assignments, device_cards
from server.store.assignments import Assignment
from server.store.device_cards import DeviceCard
from server.store.grid_load import GridLoad, households_by_grid, load_of
from server.store.grid_shapes import grids_of
from server.store.places import village_range
from server.store.records import record_in


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's assignment: from when to when, whether it covers a colleague; `begun`: whether it holds today."""

    id: str
    person: Person
    from_day: str
    to_day: str | None
    cover: bool
    reason: str
    begun: bool
    seen: str


class GridShown(msgspec.Struct, frozen=True):
    """A grid with its households' number and whoever has it or will."""

    code: str
    name: str
    households: int
    holdings: list[Holding]

    @property
    def nobody(self) -> bool:
        """Whether nobody has it today."""
        return not any(one.begun for one in self.holdings)


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom a change touches, with the phones as they last reported. `until`: the last day with the grid.

    cases, tasks  what of the grid is in this person's hand, and stays there until it is handed over
    """

    person: Person
    until: date | None
    phones: list[DeviceCard]
    cases: int
    tasks: int

    @property
    def unsent(self) -> int:
        """How many operations and photos the phones said they still keep."""
        return sum((phone.pending or 0) + phone.pending_files for phone in self.phones)


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a change would do. `receives`: who gets the grid (None: nobody does); `seen` as `change_grid` wants it."""

    grid: GridShown
    load: GridLoad
    loses: list[Touched]
    stays: list[Touched]
    receives: Touched | None
    seen: list[str]
    uncovered: bool


def grids_shown(db: sqlite3.Connection, keys: Keys, visitor: Visitor) -> list[GridShown]:
    """The village's grids, by code. Raises ProblemError: forbidden."""
    visitor.require(Action.ASSIGNMENT_WRITE)
    households = households_by_grid(db, visitor.place)
    holdings: dict[str, list[Holding]] = {}
    for one in assignments.of_village(db, visitor.place, visitor.today.isoformat()):
        holdings.setdefault(one.grid, []).append(_holding(db, keys, visitor, one))
    return [
        GridShown(shape.code, shape.name, households.get(shape.code, 0), holdings.get(shape.code, []))
        for shape in grids_of(db, keys, village_range(visitor.place))
    ]


def preview_of(db: sqlite3.Connection, keys: Keys, visitor: Visitor, change: GridChange) -> Preview | None:
    """What giving the grid to somebody would touch; None where there is no such grid."""
    grid = _grid(db, keys, visitor, change.grid)
    if grid is None:
        return None
    load = load_of(db, visitor.place, change.grid)
    beside = standing_beside(db, visitor.place, change)
    until = date.fromordinal(change.from_day.toordinal() - 1) if change.way == "hand_over" else None
    touched = [_touched(db, visitor, one.worker, load, until) for one in beside]
    ends = change.way == "hand_over"
    return Preview(
        grid=grid,
        load=load,
        loses=touched if ends else [],
        stays=[] if ends else touched,
        receives=_touched(db, visitor, change.worker, load, change.to_day),
        seen=[seen_of(one) for one in beside],
        uncovered=False,
    )


def preview_of_end(
    db: sqlite3.Connection, keys: Keys, visitor: Visitor, assignment: str, last: date | None
) -> Preview | None:
    """What setting an assignment's last day would touch; None where there is no such assignment."""
    visitor.require(Action.ASSIGNMENT_WRITE)
    present = assignments.by_id(db, visitor.place, assignment)
    grid = None if present is None else _grid(db, keys, visitor, present.grid)
    if present is None or grid is None:
        return None
    load = load_of(db, visitor.place, present.grid)
    others = [one for one in grid.holdings if one.id != assignment]
    return Preview(
        grid=grid,
        load=load,
        loses=[_touched(db, visitor, present.worker, load, last)],
        stays=[_touched(db, visitor, one.person.id, load, None) for one in others],
        receives=None,
        seen=[seen_of(present)],
        uncovered=last is not None and not _goes_on(others, last),
    )


def _goes_on(others: Iterable[Holding], last: date) -> bool:
    """Whether somebody else has the grid on the day after."""
    after = date.fromordinal(last.toordinal() + 1).isoformat()
    return any(one.from_day <= after and (one.to_day is None or one.to_day >= after) for one in others)


def _grid(db: sqlite3.Connection, keys: Keys, visitor: Visitor, code: str) -> GridShown | None:
    return next((one for one in grids_shown(db, keys, visitor) if one.code == code), None)


def _touched(
    db: sqlite3.Connection, visitor: Visitor, worker: str, load: GridLoad, until: date | None
) -> Touched:
    phones = [
        card
        for card in device_cards.of_village(db, visitor.place)
        if card.worker == worker and card.revoked_at is None and card.continued_at is None
    ]
    return Touched(
        person=person(db, worker) or Person(worker, worker),
        until=until,
        phones=phones,
        cases=load.cases_held.get(worker, 0),
        tasks=load.tasks_held.get(worker, 0),
    )


def _holding(db: sqlite3.Connection, keys: Keys, visitor: Visitor, one: Assignment) -> Holding:
    record = record_in(db, keys, visitor.place, one.id)
    values = {} if record is None else record.values
    return Holding(
        id=one.id,
        person=person(db, one.worker) or Person(one.worker, one.worker),
        from_day=one.from_day,
        to_day=one.to_day,
        cover=bool(values.get("cover")),
        reason=str(values.get("reason") or ""),
        begun=one.from_day <= visitor.today.isoformat(),
        seen=seen_of(one),
    )
