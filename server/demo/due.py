"""Which household is called at in which period, so that the right few are behind on the day the city is made for.

For each household the periods of its class (half-years, months, ISO weeks) are gone through. Who is not behind was
seen in the last whole period or in the present one; who is behind was not, perhaps for want of trying, often because
nobody was at home. Calls before the history begins leave one trace, the last of them, so that a household whose
half-year visit was in July has one.
"""

from datetime import date
from functools import lru_cache
from random import Random

import msgspec

from grid_map.visit_classes import VisitClass, period_of
from server.demo.rota import calendar
from server.demo.rounds import Outings
from server.demo.times import half_year_start
from server.demo.visit_mix import NOT_HOME_SHARE, OVERDUE_SHARE

_KEPT_SHARE = 0.97  # earlier periods in which somebody was met
_KEEPING_UP = 0.93  # of what could have been done in the present period by now
_BEHIND_TRIED_SHARE = 0.45
_BEHIND_PHONED_SHARE = 0.1
_HALF_YEAR_SLACK_DAYS = 7
# Attempts in vain before a visit: with those at the households that are behind they make up `NOT_HOME_SHARE`.
_IN_VAIN_BEFORE = 0.6 * NOT_HOME_SHARE / (1 - NOT_HOME_SHARE)

Span = tuple[int, int]


class History(msgspec.Struct, frozen=True):
    """What the history covers: `first` to `last` are ordinals, both included; `last` is the day before `today`.

    `registered` is the day on which the village's households were taken into the system.
    """

    registered: date
    first: int
    last: int
    today: date


def history_of(today: date, months_first: date) -> History:
    """The history from `months_first` up to yesterday; registration lies at least one whole half-year before today."""
    before = date.fromordinal(half_year_start(today).toordinal() - 1)
    registered = half_year_start(min(months_first, before))
    while not calendar().assume_working_day(registered):
        registered = date.fromordinal(registered.toordinal() + 1)
    return History(registered, months_first.toordinal(), today.toordinal() - 1, today)


@lru_cache(maxsize=64)
def periods(visit_class: VisitClass, history: History) -> tuple[Span, ...]:
    """The periods of a class from the last whole one before the history (or before today) to the present one."""
    found = [period_of(visit_class, history.today)]
    while found[0].first_day.toordinal() > history.first or len(found) < 2:
        found.insert(0, period_of(visit_class, date.fromordinal(found[0].first_day.toordinal() - 1)))
    return tuple((period.first_day.toordinal(), period.last_day.toordinal()) for period in found)


def draw_behind(random: Random, class_keys: list[str]) -> set[int]:
    """The places of the households that are behind: the same share of each class, in whole households."""
    by_class: dict[str, list[int]] = {}
    for place, key in enumerate(class_keys):
        by_class.setdefault(key, []).append(place)
    behind: set[int] = set()
    for places in by_class.values():
        behind.update(random.sample(places, round(len(places) * OVERDUE_SHARE)))
    return behind


def plan_calls(
    random: Random,
    outings: Outings,
    household: int,
    grid: str,
    visit_class: VisitClass,
    behind: bool,
    history: History,
) -> int | None:
    """Deal out the calls at one household. Gives the day of its last visit before the history, if that is its last."""
    spans = periods(visit_class, history)
    half_years = visit_class.period == "half_year"
    seen = False
    earlier: int | None = None
    for first, last in _visited(random, spans, behind, history):
        day = first + int(random.random() * (min(last, history.last) - first + 1))
        if day < history.first:
            earlier = day
            continue
        slack = _HALF_YEAR_SLACK_DAYS if half_years else last - first
        earliest = max(first, history.first, day - slack)
        latest = min(last, history.last, day + slack)
        outing = outings.place(household, grid, earliest, latest, "met")
        if outing is None:
            continue
        seen = True
        if random.random() < _IN_VAIN_BEFORE:
            outings.place(household, grid, earliest, outing.day - 1, "not_home")
    if behind:
        _try_in_vain(random, outings, household, grid, spans, history)
    return None if seen else earlier


def _visited(random: Random, spans: tuple[Span, ...], behind: bool, history: History) -> list[Span]:
    """The periods in which somebody is met, in the order of time."""
    visited = [span for span in spans[:-2] if random.random() < _KEPT_SHARE]
    if behind:
        return visited
    last_whole, (first, last) = spans[-2], spans[-1]
    elapsed = (history.last - first + 1) / (last - first + 1)
    now = random.random() < elapsed * _KEEPING_UP
    if not now or random.random() < _KEPT_SHARE:
        visited.append(last_whole)
    if now:
        visited.append((first, last))
    return visited


def _try_in_vain(
    random: Random, outings: Outings, household: int, grid: str, spans: tuple[Span, ...], history: History
) -> None:
    """What was tried at a household that is behind, in the period that it was missed in or since."""
    first, last = max(spans[-2][0], history.first), history.last
    draw = random.random()
    if draw < _BEHIND_TRIED_SHARE:
        outings.place(household, grid, first, last, "not_home")
    elif draw < _BEHIND_TRIED_SHARE + _BEHIND_PHONED_SHARE:
        outings.place(household, grid, first, last, "phone")
