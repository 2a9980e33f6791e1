"""Coverage: how many households of a class were seen in a period, how many are due, how many are overdue.

This is the supervisor's view (domain notes, What users complain about): it counts households, never
workers. Each household is in exactly one of three states on a day:
- done: the period that holds the day is covered by a counted visit;
- overdue: the last day of its first uncovered period has passed;
- due: neither; there is still time.
A server that keeps each household's `next_due` as an indexed day gets the same states from `state_of`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

import msgspec

from grid_map.counting import VisitFact, coverage_key
from grid_map.counting_rules import HOUSEHOLD_DAY
from grid_map.visit_classes import Period, VisitClass, VisitClasses, next_due_day, period_of

State = Literal["done", "due", "overdue"]


class HouseholdFact(msgspec.Struct, frozen=True):
    """What coverage needs of a household: its class, and the days between which the class holds (both
    included).
    """

    id: str
    grid: str
    village: str
    visit_class: str
    since: date
    until: date | None = None


class ClassCoverage(msgspec.Struct, frozen=True):
    """One class in one period, on one day: `households` = `done` + `due` + `overdue`."""

    rule: str
    visit_class: str
    period: str
    households: int
    done: int
    due: int
    overdue: int
    overdue_ids: tuple[str, ...]


def state_of(next_due: date, period: Period, today: date) -> State:
    """A household's state on `today`, from its `next_due_day` and the period that holds today."""
    if next_due < today:
        return "overdue"
    return "done" if next_due > period.last_day else "due"


def last_counted_days(visits: Iterable[VisitFact], classes: VisitClasses, until: date) -> dict[str, date]:
    """The latest day, up to and including `until`, on which each household's visit counted."""
    latest: dict[str, date] = {}
    for visit in visits:
        key = coverage_key(visit, classes.get(visit.visit_class))
        if key is not None and key[1] <= until:
            household, day = key
            latest[household] = max(day, latest.get(household, day))
    return latest


def coverage_by_class(
    households: Iterable[HouseholdFact], visits: Iterable[VisitFact], classes: VisitClasses, today: date
) -> tuple[ClassCoverage, ...]:
    """Every class's coverage on `today` in the period that holds it, in the order of the table.

    Visits after `today` are left out, so a past day gives what was known to have happened by then.
    Households of a class that the table does not have are listed under their class with period "" as due:
    never dropped.
    """
    latest = last_counted_days(visits, classes, today)
    groups: dict[str, list[HouseholdFact]] = {c.key: [] for c in classes}
    for household in households:
        if household.since <= today and (household.until is None or today <= household.until):
            groups.setdefault(household.visit_class, []).append(household)
    return tuple(
        _coverage_of(key, classes.get(key), members, latest, today) for key, members in groups.items()
    )


def _coverage_of(
    key: str,
    visit_class: VisitClass | None,
    members: list[HouseholdFact],
    latest: Mapping[str, date],
    today: date,
) -> ClassCoverage:
    if visit_class is None:
        return ClassCoverage(HOUSEHOLD_DAY.key, key, "", len(members), 0, len(members), 0, ())
    period = period_of(visit_class, today)
    states = {
        m.id: state_of(next_due_day(visit_class, latest.get(m.id), m.since), period, today) for m in members
    }
    found = list(states.values())
    return ClassCoverage(
        rule=HOUSEHOLD_DAY.key,
        visit_class=key,
        period=period.key,
        households=len(members),
        done=found.count("done"),
        due=found.count("due"),
        overdue=found.count("overdue"),
        overdue_ids=tuple(sorted(i for i, state in states.items() if state == "overdue")),
    )
