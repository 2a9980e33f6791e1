"""Who is at the window, day by day, drawn fairly by the month.

Half of a village's workers, two or three, are at the window on each working day (domain notes, The seed's world). Each
day takes those who were there least often this month, then those whose last day there is longest ago, so in every month
two workers differ by one day at most; nobody on leave is at the window, and whoever was away catches up afterwards as
far as the month allows. Make-up workdays count as working days; a year without a published notice is 暂定 (tentative):
Monday to Friday is assumed there, and whoever shows the rota says so.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from forms.handling.calendar import WorkingCalendar

AT_WINDOW_MAX = 3
TENTATIVE_NOTE = "暂定：当年放假安排尚未公布"


class DrawnDay(msgspec.Struct, frozen=True):
    """One working day: who is at the window, who is on leave; `tentative` where the calendar is not published.

    `wanted`: how many should be at the window; fewer are there where the others are on leave.
    """

    day: date
    window: tuple[str, ...]
    leave: tuple[str, ...]
    tentative: bool
    wanted: int = 0

    @property
    def short(self) -> int:
        """How many are missing at the window."""
        return max(0, self.wanted - len(self.window))


def window_size(workers: int, day_number: int) -> int:
    """Half of the workers, two or three: of five, two on one day and three on the next."""
    return max(1, min(AT_WINDOW_MAX, (workers + day_number % 2) // 2))


class Turns:
    """Who was at the window how often this month, and when last. `order` decides between equals."""

    def __init__(self, order: Sequence[str]) -> None:
        self._order = list(order)
        self._served = dict.fromkeys(order, 0)
        self._last = dict.fromkeys(order, date.min)
        self._month = 0

    def served(self, worker: str) -> int:
        """How often a worker was there this month."""
        return self._served.get(worker, 0)

    def stands(self, day: date, window: Iterable[str]) -> None:
        """A day that stands as it is; days come in order."""
        self._begin(day)
        for worker in window:
            if worker in self._served:
                self._served[worker] += 1
                self._last[worker] = day

    def take(self, day: date, size: int, away: Collection[str] = ()) -> tuple[str, ...]:
        """Those whose turn it is, of those who are not away; days come in order."""
        self._begin(day)
        there = [worker for worker in self._order if worker not in away]
        turn = sorted(there, key=lambda worker: (self._served[worker], self._last[worker]))[:size]
        self.stands(day, turn)
        return tuple(turn)

    def _begin(self, day: date) -> None:
        if day.month != self._month:
            self._month = day.month
            self._served = dict.fromkeys(self._order, 0)


def draw_days(
    calendar: WorkingCalendar,
    order: Sequence[str],
    first: date,
    last: date,
    *,
    away: Mapping[date, Collection[str]] | None = None,
    standing: Mapping[date, Collection[str]] | None = None,
) -> list[DrawnDay]:
    """The working days from `first` to `last` that do not stand yet.

    order     the workers who take turns; who comes first among equals
    away      who is on leave when
    standing  days that are not drawn (gone by, or kept), with who is at the window; also those of the days before
              `first`, so that whoever was there last is not there again at once
    """
    turns, away, standing = Turns(order), away or {}, standing or {}
    for day in sorted(day for day in standing if day < first):
        turns.stands(day, standing[day])
    drawn = []
    number = 0
    for day in _days(first, last):
        if not calendar.assume_working_day(day):
            if day in standing:
                turns.stands(day, standing[day])
            continue
        size = window_size(len(order), number)
        number += 1
        if day in standing:
            turns.stands(day, standing[day])
            continue
        leave = away.get(day, ())
        window = turns.take(day, size, leave)
        tentative = not calendar.covers(day)
        drawn.append(DrawnDay(day, tuple(sorted(window)), tuple(sorted(leave)), tentative, size))
    return drawn


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
