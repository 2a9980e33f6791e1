"""The yearly pace of workers and villages: rounds so far over the days available, by `grid_map.pace`.

Counted by `round.attempted`. Available days are working days without those at the window and on leave. Of days beyond
the rota, a worker's own share of window days in the rota so far is taken off, and the pace says that it is estimated.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import msgspec

from forms.handling.calendar import WorkingCalendar
from grid_map.counting_rules import ROUND_ATTEMPTED
from grid_map.pace import Assignment, Availability, Pace, PaceTarget, yearly_pace
from server.store.places import VillageRange, villages_in

_CACHED_WORKERS = 4096


class PaceRow(msgspec.Struct, frozen=True):
    """A pace on a day, within its year; `worker` is empty for a village's sum over its workers.

    done        rounds so far this year, by `rule`, in this village
    expected    what the available days so far make of the year's target; None where the year's holidays are not known
    year_target what the available days of the whole year make of it; None likewise
    days_so_far, days_of_year   available days in this village
    estimated   days without a rota were assumed, or the year's holidays are not known
    """

    rule: str
    village: str
    worker: str
    done: int
    expected: float | None
    year_target: float | None
    days_so_far: float
    days_of_year: float
    estimated: bool


def village_paces(
    db: sqlite3.Connection,
    villages: VillageRange,
    today: date,
    calendar: WorkingCalendar,
    target: PaceTarget,
) -> list[PaceRow]:
    """The pace of each village, the sum over its workers, in the order of the codes."""
    rows: dict[str, list[PaceRow]] = defaultdict(list)
    for row in _rows(db, villages_in(db, villages), today, calendar, target):
        rows[row.village].append(row)
    return [_summed(village, of) for village, of in sorted(rows.items())]


def worker_paces(
    db: sqlite3.Connection,
    village: str,
    today: date,
    calendar: WorkingCalendar,
    target: PaceTarget,
    worker: str | None = None,
) -> list[PaceRow]:
    """The pace of each worker in a village, by account id: for that worker and the village lead, never a town."""
    rows = _rows(db, [village], today, calendar, target)
    return sorted((row for row in rows if worker in (None, row.worker)), key=lambda row: row.worker)


def _summed(village: str, rows: Sequence[PaceRow]) -> PaceRow:
    known = all(row.expected is not None for row in rows)
    return PaceRow(
        rule=rows[0].rule,
        village=village,
        worker="",
        done=sum(row.done for row in rows),
        expected=sum(row.expected or 0.0 for row in rows) if known else None,
        year_target=sum(row.year_target or 0.0 for row in rows) if known else None,
        days_so_far=sum(row.days_so_far for row in rows),
        days_of_year=sum(row.days_of_year for row in rows),
        estimated=any(row.estimated for row in rows),
    )


def _rows(
    db: sqlite3.Connection,
    villages: Sequence[str],
    today: date,
    calendar: WorkingCalendar,
    target: PaceTarget,
) -> Iterator[PaceRow]:
    """A row for each worker of each of the villages: who has a grid there this year, or has walked a round."""
    done = _rounds(db, villages, today)
    placed = _placed(db, villages, today)
    away = _away(db, villages, today)
    ends = _rota_ends(db, villages, today)
    working = _working_days(calendar, today.year)
    workers = {worker for _, worker in done} | placed.keys()
    for worker in sorted(workers):
        assignments = placed.get(worker, ())
        availability = _availability(assignments, away.get(worker, {}), ends, today, working)
        pace = _days(target, assignments, availability, working.known, today)
        of_year = sum(part.days_of_year for part in pace.villages)
        parts = {part.village: part for part in pace.villages}
        unknown = {one.village for one in assignments} if pace.expected is None else set()
        for village in villages:
            number, part = done.get((village, worker), 0), parts.get(village)
            if number == 0 and part is None and village not in unknown:
                continue
            share = part.days_of_year / of_year if part is not None and of_year else 0.0
            yield PaceRow(
                rule=pace.rule,
                village=village,
                worker=worker,
                done=number,
                expected=None if pace.expected is None else (part.expected if part is not None else 0.0),
                year_target=None if pace.year_target is None else pace.year_target * share,
                days_so_far=part.days_so_far if part is not None else 0.0,
                days_of_year=part.days_of_year if part is not None else 0.0,
                estimated=pace.estimated,
            )


class _Year(NamedTuple):
    """The working days of a year, those assumed of one without a notice; `known`: whether there is one."""

    days: tuple[date, ...]
    known: frozenset[date] | None


@lru_cache(maxsize=8)
def _working_days(calendar: WorkingCalendar, year: int) -> _Year:
    every = (date(year, 1, 1) + timedelta(days=shift) for shift in range(366))
    days = tuple(day for day in every if day.year == year and calendar.assume_working_day(day))
    return _Year(days, frozenset(days) if calendar.covers(date(year, 1, 1)) else None)


@lru_cache(maxsize=_CACHED_WORKERS)
def _days(
    target: PaceTarget,
    assignments: tuple[Assignment, ...],
    availability: Availability,
    working: frozenset[date] | None,
    today: date,
) -> Pace:
    """A worker's days by village, which stay the same all day, however many rounds come in."""

    def is_working(day: date) -> bool | None:
        return None if working is None else day in working

    return yearly_pace(target, assignments, availability, is_working, today, {})


def _availability(
    assignments: Sequence[Assignment], away: dict[str, str], ends: dict[str, date], today: date, year: _Year
) -> Availability:
    """A worker's days away; beyond the rota of the village where they work now, their share so far is assumed."""
    first, last = date(today.year, 1, 1), date(today.year, 12, 31)
    until = min(ends.get(assignments[-1].village if assignments else "", first - timedelta(days=1)), last)
    window = frozenset(date.fromisoformat(day) for day, duty in away.items() if duty == "window")
    leave = frozenset(date.fromisoformat(day) for day, duty in away.items() if duty == "leave")
    begun = max([first, *(one.first_day for one in assignments[:1])])
    rostered = year.days[bisect_left(year.days, begun) : bisect_right(year.days, until)]
    there = [day for day in rostered if day not in leave]
    share = sum(day in window for day in there) / len(there) if there else 0.0
    return Availability(window, leave, until, share)


def _rounds(db: sqlite3.Connection, villages: Sequence[str], today: date) -> dict[tuple[str, str], int]:
    """Rounds of this year's months so far, by village and worker, those that came late included."""
    months = [f"{today.year}-{month:02d}" for month in range(1, today.month + 1)]
    rows = db.execute(
        f"SELECT village, worker, sum(count) FROM tallies WHERE village IN ({_marks(villages)})"
        f" AND month IN ({_marks(months)}) AND rule = ? GROUP BY village, worker",
        (*villages, *months, ROUND_ATTEMPTED.key),
    )
    return {(village, worker): number for village, worker, number in rows if number}


def _placed(
    db: sqlite3.Connection, villages: Sequence[str], today: date
) -> dict[str, tuple[Assignment, ...]]:
    """Where the workers of these villages had grids this year, elsewhere too, in the order of their beginnings."""
    first, last = f"{today.year}-01-01", f"{today.year}-12-31"
    rows = db.execute(
        "SELECT DISTINCT worker, from_day, village, to_day FROM assignments WHERE worker IN"
        f" (SELECT worker FROM assignments WHERE village IN ({_marks(villages)}) AND void = 0 AND from_day <= ?"
        " AND (to_day IS NULL OR to_day >= ?)) AND void = 0 AND from_day <= ? AND (to_day IS NULL OR to_day >= ?)"
        " ORDER BY worker, from_day, village",
        (*villages, last, first, last, first),
    )
    placed: dict[str, list[Assignment]] = defaultdict(list)
    for worker, from_day, village, to_day in rows:
        ends = None if to_day is None else date.fromisoformat(to_day)
        placed[worker].append(Assignment(village, date.fromisoformat(from_day), ends))
    return {worker: tuple(of) for worker, of in placed.items()}


def _away(db: sqlite3.Connection, villages: Sequence[str], today: date) -> dict[str, dict[str, str]]:
    """The days at the window or on leave of this year, by worker; leave prevails."""
    away: dict[str, dict[str, str]] = defaultdict(dict)
    rows = db.execute(
        f"SELECT worker, day, duty FROM rotas WHERE village IN ({_marks(villages)}) AND day BETWEEN ? AND ?",
        (*villages, f"{today.year}-01-01", f"{today.year}-12-31"),
    )
    for worker, day, duty in rows:
        if duty == "leave" or day not in away[worker]:
            away[worker][day] = duty
    return away


def _rota_ends(db: sqlite3.Connection, villages: Sequence[str], today: date) -> dict[str, date]:
    """The last day on which the rota puts somebody at a village's window, this year or later."""
    rows = db.execute(
        f"SELECT village, max(day) FROM rotas WHERE village IN ({_marks(villages)}) AND day >= ?"
        " AND duty = 'window' GROUP BY village",
        (*villages, f"{today.year}-01-01"),
    )
    return {village: date.fromisoformat(day) for village, day in rows}


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
