"""Cases in figures: by item, department, mode, month and timing from tallies; by state and stage what is in hand now.

A clerk's figures end at the own departments: tallies know items, and an item its department.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from forms.catalogue import Catalogue
from forms.definition import Label
from forms.handling.states import State
from server.desk.places import short_name
from server.desk.views.case_words import mode_label, state_label
from server.desk.views.coverage import TOWN_DIGITS, VILLAGE_DIGITS, Number
from server.desk.views.months import Month, months_to
from server.desk.views.published import catalogue_of
from server.keys import Keys
from server.store.case_list import CaseFilter, case_counts
from server.store.case_row import LATE, ON_TIME, UNTIMED
from server.store.overview import Figure, counted
from server.store.places import village_range, villages_in
from server.store.tally_keys import CASE_CAPTURED, CASE_DECIDED

_Key = tuple[str, str]
TIMINGS: Final = {
    ON_TIME: Label(zh="按时", en="on time"),
    LATE: Label(zh="超期", en="late"),
    UNTIMED: Label(zh="没有时限", en="no limit"),
}


class CaseFigure(msgspec.Struct, frozen=True, kw_only=True):
    """Cases under one heading: captured in the month and in the one before, decided in the month by timing."""

    key: str
    label: Label
    captured: Number
    before: Number
    decided: Number
    on_time: int
    late: int
    untimed: int


class StageFigure(msgspec.Struct, frozen=True):
    """Open cases in one state now: all, past their date, and nearly due."""

    state: str
    label: Label
    open: int
    late: int
    near: int


class CaseMonth(msgspec.Struct, frozen=True):
    """One month's cases: captured and decided."""

    month: str
    captured: Number
    decided: Number
    late: int


class CaseFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows of a place in a month; `departments` are those that the figures end at (empty: all)."""

    month: Month
    departments: tuple[str, ...]
    stages: list[StageFigure]
    total: CaseFigure
    places: list[CaseFigure]
    by_department: list[CaseFigure]
    by_mode: list[CaseFigure]
    by_item: list[CaseFigure]
    series: list[CaseMonth]

    @property
    def stuck(self) -> int:
        return sum(stage.late for stage in self.stages)

    @property
    def near(self) -> int:
        return sum(stage.near for stage in self.stages)


class _Counted(msgspec.Struct, frozen=True):
    """One figure of the tallies, with its item's department."""

    rule: str
    month: str
    village: str
    item: str
    department: str
    mode: str
    timing: str
    number: Number


def case_figures(
    db: sqlite3.Connection,
    keys: Keys,
    place: str,
    today: str,
    month: Month,
    departments: tuple[str, ...] = (),
) -> CaseFigures:
    """The cases of a place; `departments` restricts them to a clerk's own."""
    catalogue = catalogue_of(db, keys)
    months = months_to(month.key)
    every = [
        one
        for one in _counted(db, place, months, catalogue)
        if not departments or one.department in departments
    ]
    now = [one for one in every if one.month in (month.key, month.before)]
    digits = _digits_below(place)
    codes = sorted({village[:digits] for village in villages_in(db, village_range(place))}) if digits else []
    names = {code: Label(zh=short_name(db, keys, code)) for code in codes}
    return CaseFigures(
        month=month,
        departments=departments,
        stages=stage_figures(db, place, today, departments),
        total=_figure("", Label(zh="合计", en="Total"), now, month),
        places=_split(now, month, names, lambda one: one.village[:digits]) if digits else [],
        by_department=_split(now, month, department_names(catalogue), lambda one: one.department),
        by_mode=_split(now, month, {}, lambda one: one.mode, mode_label),
        by_item=_split(now, month, item_names(catalogue), lambda one: one.item),
        series=[_month(one, every) for one in months],
    )


def stage_figures(
    db: sqlite3.Connection, place: str, today: str, departments: tuple[str, ...]
) -> list[StageFigure]:
    """Open cases by the stage that they stand at, in the order of a case's life."""
    villages = village_range(place)
    every = CaseFilter(villages=villages, open=True, department=departments)
    late, near = (msgspec.structs.replace(every, light=light) for light in ("late", "near"))
    by_state, by_late, by_near = (case_counts(db, of, today, "state") for of in (every, late, near))
    return [
        StageFigure(state, state_label(state), by_state[state], by_late.get(state, 0), by_near.get(state, 0))
        for state in sorted(by_state, key=_place_in_life)
    ]


def _counted(db: sqlite3.Connection, place: str, months: list[str], catalogue: Catalogue) -> list[_Counted]:
    villages = village_range(place)
    department_of = {item.key: item.department for item in catalogue.items}
    captured = counted(db, villages, months, CASE_CAPTURED, ("month", "village", "item", "mode"))
    decided = counted(db, villages, months, CASE_DECIDED, ("month", "village", "item", "mode", "class"))
    return [_of(figure, department_of) for figure in (*captured, *decided)]


def _of(figure: Figure, department_of: dict[str, str]) -> _Counted:
    month, village, item, mode, *timing = figure.key
    return _Counted(
        rule=figure.rule,
        month=month,
        village=village,
        item=item,
        department=department_of.get(item, ""),
        mode=mode,
        timing=timing[0] if timing else "",
        number=Number(figure.closed, figure.late),
    )


def _split(
    every: Iterable[_Counted],
    month: Month,
    names: dict[str, Label],
    key_of: Any,
    label_of: Any = None,
) -> list[CaseFigure]:
    """The figures by a heading; headings with a name come even where nothing was counted in neither month."""
    groups: dict[str, list[_Counted]] = defaultdict(list)
    for one in every:
        groups[key_of(one)].append(one)
    order = [key for key in names if key in groups] + sorted(groups.keys() - names.keys())
    return [
        _figure(key, names.get(key) or (label_of(key) if label_of else Label(zh=key)), groups[key], month)
        for key in order
    ]


def _figure(key: str, label: Label, every: Iterable[_Counted], month: Month) -> CaseFigure:
    sums: dict[_Key, list[int]] = defaultdict(lambda: [0, 0])
    timings = Counter[str]()
    for one in every:
        both = sums[one.rule, one.month]
        both[0] += one.number.closed
        both[1] += one.number.late
        if one.rule == CASE_DECIDED and one.month == month.key:
            timings[one.timing] += one.number.count
    return CaseFigure(
        key=key,
        label=label,
        captured=Number(*sums[CASE_CAPTURED, month.key]),
        before=Number(*sums[CASE_CAPTURED, month.before]),
        decided=Number(*sums[CASE_DECIDED, month.key]),
        on_time=timings[ON_TIME],
        late=timings[LATE],
        untimed=timings[UNTIMED],
    )


def _month(month: str, every: Iterable[_Counted]) -> CaseMonth:
    sums: dict[str, list[int]] = {CASE_CAPTURED: [0, 0], CASE_DECIDED: [0, 0]}
    late = 0
    for one in every:
        if one.month == month:
            sums[one.rule][0] += one.number.closed
            sums[one.rule][1] += one.number.late
            late += one.number.count if one.timing == LATE else 0
    return CaseMonth(month, Number(*sums[CASE_CAPTURED]), Number(*sums[CASE_DECIDED]), late)


def department_names(catalogue: Catalogue) -> dict[str, Label]:
    """The departments' names."""
    return {one.key: Label(zh=one.name, en=one.name_en) for one in catalogue.departments}


def item_names(catalogue: Catalogue) -> dict[str, Label]:
    """The items' names, those of the newest version, in the order of the catalogue."""
    newest = sorted(catalogue.items, key=lambda item: (item.number, item.version))
    return {item.key: Label(zh=item.name, en=item.name_en) for item in newest}


def _digits_below(place: str) -> int:
    """How many digits name the places below; 0 for a village, whose cases have no place of their own."""
    if len(place) == VILLAGE_DIGITS:
        return 0
    return TOWN_DIGITS if len(place) < TOWN_DIGITS else VILLAGE_DIGITS


def _place_in_life(state: str) -> int:
    known = [one.value for one in State]
    return known.index(state) if state in known else len(known)
