"""Coverage of a city, a town or a village: three questions, figures by place, by class and by month.

Everything comes from tallies and indexes; no visit and no case is read. Nothing here is a worker's figure.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Final, Literal

import msgspec

from forms.definition import Label
from grid_map.counting_rules import HOUSEHOLD_DAY, ROUND_ATTEMPTED
from grid_map.pace import PaceTarget
from grid_map.visit_classes import load_visit_classes
from server.desk.figure_rules import SILENT_HOURS
from server.desk.places import short_name
from server.desk.views.months import Month, month_of, months_to
from server.desk.views.published import calendar
from server.keys import Keys
from server.settings import Settings
from server.store.case_list import CaseFilter, case_counts
from server.store.grid_shapes import grids_of
from server.store.overview import DueHouseholds, Figure, counted, overdue_by, silent_devices
from server.store.pace import PaceRow, village_paces
from server.store.places import VillageRange, village_range, villages_in
from server.store.signed_days import unsigned_between
from server.store.tally_keys import VISIT_RECORDED

RULES_TO_CHOOSE: Final = (HOUSEHOLD_DAY.key, VISIT_RECORDED, ROUND_ATTEMPTED.key)
HOUR_MS: Final = 3_600_000
Sort = Literal["place", "overdue", "share", "number", "unsigned", "silent"]
VILLAGE_DIGITS: Final = 12
TOWN_DIGITS: Final = 9


class Number(msgspec.Struct, frozen=True):
    """A month's figure: what stood at its closing, and what came after it (补录)."""

    closed: int = 0
    late: int = 0

    @property
    def count(self) -> int:
        return self.closed + self.late


class PlaceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A place below: a town, a village or a grid. What is not kept by its kind is None."""

    code: str
    name: str
    households: int
    overdue: int
    number: Number
    before: Number
    pace: PaceRow | None = None
    unsigned: int | None = None
    silent: int | None = None

    @property
    def share(self) -> float:
        """Overdue households over all."""
        return self.overdue / self.households if self.households else 0.0


class ClassRow(msgspec.Struct, frozen=True):
    """A visit class as a sum over a whole village or more, never of a household."""

    label: Label
    households: int
    overdue: int
    number: Number


class MonthRow(msgspec.Struct, frozen=True):
    """One month: household visits by the chosen rule (rounds where that is chosen), and rounds."""

    month: str
    number: Number
    rounds: Number


class Questions(msgspec.Struct, frozen=True):
    """What the town asks first. `overdue` of `due_this_month` are past their day; `near` cases are not yet stuck."""

    due_this_month: int
    overdue: int
    stuck: int
    near: int
    silent: int
    unsigned: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows of a place in a month."""

    month: Month
    months: list[str]
    rule: str
    questions: Questions
    total: PlaceRow
    rows: list[PlaceRow]
    classes: list[ClassRow]
    series: list[MonthRow]


def questions_of(db: sqlite3.Connection, place: str, today: date, now_ms: int) -> Questions:
    """The three questions, as of now."""
    villages, month_end = village_range(place), (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    due = overdue_by(db, villages, month_end.isoformat())
    overdue = overdue_by(db, villages, today.isoformat())
    lights = case_counts(db, CaseFilter(villages=villages, open=True), today.isoformat(), "light")
    unsigned = unsigned_between(db, villages, today.replace(day=1).isoformat(), _yesterday(today))
    return Questions(
        due_this_month=sum(one.overdue for one in due.values()),
        overdue=sum(one.overdue for one in overdue.values()),
        stuck=lights.get("late", 0),
        near=lights.get("near", 0),
        silent=len(silent_devices(db, villages, now_ms - SILENT_HOURS * HOUR_MS)),
        unsigned=len(unsigned),
    )


def coverage_of(
    db: sqlite3.Connection,
    keys: Keys,
    settings: Settings,
    place: str,
    now: tuple[date, int],
    month: Month,
    rule: str,
    sort: Sort,
) -> Coverage:
    """The figures of a place; `now` is the day in Haining and the instant in milliseconds."""
    today, now_ms = now
    rows = place_rows(db, keys, settings, place, now, month, rule)
    return Coverage(
        month=month,
        months=months_to(month_of(today)),
        rule=rule,
        questions=questions_of(db, place, today, now_ms),
        total=_total(place, rows, _own_pace(db, settings, place, today)),
        rows=_sorted(rows, sort),
        classes=class_rows(db, village_range(place), today, month, rule),
        series=month_rows(db, village_range(place), month, rule),
    )


def place_rows(
    db: sqlite3.Connection,
    keys: Keys,
    settings: Settings,
    place: str,
    now: tuple[date, int],
    month: Month,
    rule: str,
) -> list[PlaceRow]:
    """The places right below: of a village its grids, of a town its villages, of the city its towns."""
    if len(place) == VILLAGE_DIGITS:
        return _grid_rows(db, keys, place, now[0], month, rule)
    return _village_rows(db, keys, settings, place, now, month, rule)


def month_rows(db: sqlite3.Connection, villages: VillageRange, month: Month, rule: str) -> list[MonthRow]:
    """The months up to the chosen one, each beside the others."""
    months = months_to(month.key)
    numbers = _numbers(counted(db, villages, months, rule, ("month",)))
    rounds = _numbers(counted(db, villages, months, ROUND_ATTEMPTED.key, ("month",)))
    return [MonthRow(one, numbers[one], rounds[one]) for one in months]


def class_rows(
    db: sqlite3.Connection, villages: VillageRange, today: date, month: Month, rule: str
) -> list[ClassRow]:
    """By class; a round has none, and what was recorded under a class that is unknown here keeps its code."""
    due = overdue_by(db, villages, today.isoformat(), "class")
    numbers = _numbers(counted(db, villages, [month.key], rule, ("class",)))
    classes = load_visit_classes()
    known = [one.key for one in classes]
    keys = known + sorted((due.keys() | numbers.keys()) - {"", *known})
    rows = []
    for key in keys:
        of, one = due.get(key, DueHouseholds(0, 0)), classes.get(key)
        label = Label(zh=key) if one is None else Label(zh=one.label, en=one.label_en)
        if of.households or numbers[key].count:
            rows.append(ClassRow(label, of.households, of.overdue, numbers[key]))
    return rows


def _grid_rows(
    db: sqlite3.Connection, keys: Keys, village: str, today: date, month: Month, rule: str
) -> list[PlaceRow]:
    villages = village_range(village)
    due = overdue_by(db, villages, today.isoformat(), "grid")
    now, before = _this_and_before(db, villages, month, rule, "grid")
    names = {shape.code: shape.name for shape in grids_of(db, keys, villages)}
    codes = sorted(names.keys() | due.keys() | now.keys() | before.keys())
    return [
        PlaceRow(
            code=code,
            name=names.get(code, code),
            households=due[code].households if code in due else 0,
            overdue=due[code].overdue if code in due else 0,
            number=now[code],
            before=before[code],
        )
        for code in codes
        if code or code in due
    ]


def _village_rows(
    db: sqlite3.Connection,
    keys: Keys,
    settings: Settings,
    place: str,
    now: tuple[date, int],
    month: Month,
    rule: str,
) -> list[PlaceRow]:
    villages, (today, now_ms) = village_range(place), now
    digits = TOWN_DIGITS if len(place) < TOWN_DIGITS else VILLAGE_DIGITS
    due = overdue_by(db, villages, today.isoformat())
    this, before = _this_and_before(db, villages, month, rule, "village")
    target = PaceTarget(settings.pace_rounds_a_year, settings.pace_unit)
    paces = village_paces(db, villages, today, calendar(), target)
    last = min(month.last.isoformat(), _yesterday(today))
    unsigned = Counter(one.village for one in unsigned_between(db, villages, month.first.isoformat(), last))
    silent = Counter(one.village for one in silent_devices(db, villages, now_ms - SILENT_HOURS * HOUR_MS))
    of_place: dict[str, list[str]] = defaultdict(list)
    for village in villages_in(db, villages):
        of_place[village[:digits]].append(village)
    return [
        PlaceRow(
            code=code,
            name=short_name(db, keys, code),
            households=sum(due[one].households for one in of if one in due),
            overdue=sum(due[one].overdue for one in of if one in due),
            number=_sum(this[one] for one in of),
            before=_sum(before[one] for one in of),
            pace=_pace(code, [pace for pace in paces if pace.village in of]),
            unsigned=sum(unsigned[one] for one in of),
            silent=sum(silent[one] for one in of),
        )
        for code, of in sorted(of_place.items())
    ]


def _this_and_before(
    db: sqlite3.Connection, villages: VillageRange, month: Month, rule: str, by: Literal["village", "grid"]
) -> tuple[Mapping[str, Number], Mapping[str, Number]]:
    figures = counted(db, villages, [month.before, month.key], rule, ("month", by))
    months: dict[str, dict[str, Number]] = {month.key: defaultdict(Number), month.before: defaultdict(Number)}
    for figure in figures:
        months[figure.key[0]][figure.key[1]] = Number(figure.closed, figure.late)
    return months[month.key], months[month.before]


def _numbers(figures: Iterable[Figure]) -> dict[str, Number]:
    found: dict[str, Number] = defaultdict(Number)
    for figure in figures:
        found[figure.key[0]] = Number(figure.closed, figure.late)
    return found


def _sum(numbers: Iterable[Number]) -> Number:
    closed = late = 0
    for number in numbers:
        closed, late = closed + number.closed, late + number.late
    return Number(closed, late)


def _pace(code: str, paces: list[PaceRow]) -> PaceRow | None:
    """The pace of several villages: the sum."""
    if not paces:
        return None
    known = all(pace.expected is not None for pace in paces)
    return PaceRow(
        rule=paces[0].rule,
        village=code,
        worker="",
        done=sum(pace.done for pace in paces),
        expected=sum(pace.expected or 0.0 for pace in paces) if known else None,
        year_target=sum(pace.year_target or 0.0 for pace in paces) if known else None,
        days_so_far=sum(pace.days_so_far for pace in paces),
        days_of_year=sum(pace.days_of_year for pace in paces),
        estimated=any(pace.estimated for pace in paces),
    )


def _own_pace(db: sqlite3.Connection, settings: Settings, place: str, today: date) -> list[PaceRow]:
    """A village's own pace, whose grids have none."""
    if len(place) != VILLAGE_DIGITS:
        return []
    target = PaceTarget(settings.pace_rounds_a_year, settings.pace_unit)
    return village_paces(db, village_range(place), today, calendar(), target)


def _total(place: str, rows: list[PlaceRow], own: list[PaceRow]) -> PlaceRow:
    return PlaceRow(
        code=place,
        name="",
        households=sum(row.households for row in rows),
        overdue=sum(row.overdue for row in rows),
        number=_sum(row.number for row in rows),
        before=_sum(row.before for row in rows),
        pace=_pace(place, own or [row.pace for row in rows if row.pace is not None]),
        unsigned=None if len(place) == VILLAGE_DIGITS else sum(row.unsigned or 0 for row in rows),
        silent=None if len(place) == VILLAGE_DIGITS else sum(row.silent or 0 for row in rows),
    )


def _sorted(rows: list[PlaceRow], sort: Sort) -> list[PlaceRow]:
    """Places by their code, or the largest figure first; these are places, never workers."""
    return rows if sort == "place" else sorted(rows, key=lambda row: (-_FIGURES[sort](row), row.code))


_FIGURES: Final[dict[str, Callable[[PlaceRow], float]]] = {
    "overdue": lambda row: row.overdue,
    "share": lambda row: row.share,
    "number": lambda row: row.number.count,
    "unsigned": lambda row: row.unsigned or 0,
    "silent": lambda row: row.silent or 0,
}


def _yesterday(today: date) -> str:
    return (today - timedelta(days=1)).isoformat()
