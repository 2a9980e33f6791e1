"""A worker's own figures: rounds, visits, cases and the yearly pace, with the records that add up to each.

For that worker and the village lead (`Action.WORKER_FIGURES_READ`), never for a town; a lead's list of workers is in
the order of their names and has no other, and ends at the lead's village.
"""

from __future__ import annotations

import sqlite3
from datetime import date

import msgspec

from forms.definition import Label
from grid_map.counting_rules import ROUND_ATTEMPTED
from grid_map.days import count_day
from grid_map.pace import PaceTarget
from server.desk.places import place_name
from server.desk.views.case_figures import item_names
from server.desk.views.case_words import state_label
from server.desk.views.coverage import Number
from server.desk.views.months import Month, month_of, months_to
from server.desk.views.people import Person, colleagues, person
from server.desk.views.published import calendar, catalogue_of
from server.desk.views.shower import Shower
from server.desk.views.visit_receipts import RoundLine, VisitLine, rounds_of, visit_lines
from server.settings import Settings
from server.store.overview import counted
from server.store.pace import PaceRow, worker_paces
from server.store.places import village_range
from server.store.receipts_of_figures import cases_captured_by, villages_worked_in, visits_between
from server.store.tally_keys import CASE_CAPTURED, VISIT_RECORDED
from sync.counting_facts import occurred_ms

_RULES = (ROUND_ATTEMPTED.key, VISIT_RECORDED, CASE_CAPTURED)


class CaseLine(msgspec.Struct, frozen=True):
    """A case that the worker captured."""

    id: str
    village: str
    day: date
    item: Label
    state: Label
    holder: str | None


class OwnMonth(msgspec.Struct, frozen=True):
    """One month of a worker."""

    month: str
    rounds: Number
    visits: Number
    cases: Number


class VillagePaceShown(msgspec.Struct, frozen=True):
    """The yearly pace in one village."""

    village_name: str
    pace: PaceRow


class OwnFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's figures of a month, with everything that explains them.

    `erased_cases` were captured and counted, and erased since: the number stays, the record is gone.
    """

    worker: Person
    month: Month
    months: list[str]
    now: OwnMonth
    rounds: list[RoundLine]
    visits: list[VisitLine]
    cases: list[CaseLine]
    erased_cases: int
    paces: list[VillagePaceShown]
    series: list[OwnMonth]


class WorkerRow(msgspec.Struct, frozen=True):
    """A worker in the lead's list, which is in the order of names."""

    worker: Person
    now: OwnMonth
    pace: PaceRow | None


def own_figures(shower: Shower, settings: Settings, worker: str, today: date, month: Month) -> OwnFigures:
    """The figures of a worker in the visitor's village; one's own in every village where one has or had a grid."""
    db, keys = shower.db, shower.keys
    villages = [shower.visitor.place]
    if shower.own:
        villages = villages_worked_in(db, worker) or villages
    months = months_to(month.key)
    series = _series(db, villages, worker, months)
    first, last = month.first.isoformat(), month.last.isoformat()
    visits = [
        one for village in villages for one in visits_between(db, keys, village, first, last, worker=worker)
    ]
    cases = _cases(shower, villages, worker, month)
    now = series[-1]
    return OwnFigures(
        worker=person(db, worker) or Person(worker, worker),
        month=month,
        months=months_to(month_of(today)),
        now=now,
        rounds=[line for village in villages for line in rounds_of(shower, village, month, worker=worker)],
        visits=visit_lines(shower, visits, VISIT_RECORDED),
        cases=cases,
        erased_cases=max(now.cases.count - len(cases), 0),
        paces=_paces(shower, settings, villages, worker, today),
        series=series,
    )


def worker_rows(
    db: sqlite3.Connection, settings: Settings, village: str, today: date, month: Month
) -> list[WorkerRow]:
    """Everybody who works in a village or counted there in the month, by name."""
    target = PaceTarget(settings.pace_rounds_a_year, settings.pace_unit)
    paces = {row.worker: row for row in worker_paces(db, village, today, calendar(), target)}
    numbers = {rule: _by_worker(db, village, month.key, rule) for rule in _RULES}
    ids = (
        {one.id for one in colleagues(db, village)}
        | {of for by in numbers.values() for of in by}
        | paces.keys()
    )
    people = [person(db, one) or Person(one, one) for one in ids if one]
    return [
        WorkerRow(
            one,
            OwnMonth(month.key, *(numbers[rule].get(one.id, Number()) for rule in _RULES)),
            paces.get(one.id),
        )
        for one in sorted(people, key=lambda one: (one.name, one.id))
    ]


def _by_worker(db: sqlite3.Connection, village: str, month: str, rule: str) -> dict[str, Number]:
    figures = counted(db, village_range(village), [month], rule, ("worker",))
    return {figure.key[0]: Number(figure.closed, figure.late) for figure in figures}


def _series(db: sqlite3.Connection, villages: list[str], worker: str, months: list[str]) -> list[OwnMonth]:
    sums = {(rule, month): [0, 0] for rule in _RULES for month in months}
    for village in villages:
        for rule in _RULES:
            for figure in counted(db, village_range(village), months, rule, ("month",), worker=worker):
                both = sums[rule, figure.key[0]]
                both[0] += figure.closed
                both[1] += figure.late
    return [OwnMonth(month, *(Number(*sums[rule, month]) for rule in _RULES)) for month in months]


def _cases(shower: Shower, villages: list[str], worker: str, month: Month) -> list[CaseLine]:
    names = item_names(catalogue_of(shower.db, shower.keys))
    first, last = month.first.isoformat(), month.last.isoformat()
    return [
        CaseLine(
            id=record.id,
            village=record.village,
            day=count_day(occurred_ms(record)),
            item=names.get(record.values["item"]) or Label(zh=record.values["item"]),
            state=state_label(record.values["state"]),
            holder=record.holder,
        )
        for village in villages
        for record in cases_captured_by(shower.db, shower.keys, village, first, last, worker)
    ]


def _paces(
    shower: Shower, settings: Settings, villages: list[str], worker: str, today: date
) -> list[VillagePaceShown]:
    target = PaceTarget(settings.pace_rounds_a_year, settings.pace_unit)
    return [
        VillagePaceShown(place_name(shower.db, shower.keys, village), row)
        for village in villages
        for row in worker_paces(shower.db, village, today, calendar(), target, worker)
    ]
