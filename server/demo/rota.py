"""Who is at the window and who is on leave, day by day, fair by the month.

Half of a village's workers, two or three, are at the window on each working day (domain notes, The seed's world).
Each day takes those who were there least often this month, then those whose last day there is longest ago, so in
every month two workers differ by one day at most. A leave day is granted on the first day from the wished one on
which the worker is not among those, so leave never costs anybody fairness and nobody is on leave at the window.
"""

from datetime import date, timedelta
from functools import lru_cache
from random import Random

import msgspec

from forms.handling.calendar import WorkingCalendar, published_calendar

LEAVE_DAYS_A_YEAR = 5
WORKING_DAYS_A_YEAR = 249
TENTATIVE_NOTE = "暂定：当年放假安排尚未公布"


class RotaDay(msgspec.Struct, frozen=True):
    """One working day: who is at the window, who is on leave; `tentative` where the calendar is not published."""

    day: date
    window: tuple[str, ...]
    leave: tuple[str, ...]
    tentative: bool


@lru_cache(maxsize=1)
def calendar() -> WorkingCalendar:
    """The published working days, make-up workdays included."""
    return published_calendar()


@lru_cache(maxsize=8)
def working_days(first: date, last: date) -> tuple[date, ...]:
    """The working days from `first` to `last`; Monday to Friday in a year that is not published yet."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return tuple(day for day in days if calendar().assume_working_day(day))


def window_size(workers: int, day_number: int) -> int:
    """Half of the workers, two or three: of five, two on one day and three on the next."""
    return max(1, min(3, (workers + day_number % 2) // 2))


def draw_rota(random: Random, workers: list[str], first: date, last: date) -> list[RotaDay]:
    """The rota of whole months from `first` to `last`, one entry a working day."""
    days = working_days(first, last)
    wishes = _leave_wishes(random, workers, days)
    served = dict.fromkeys(workers, 0)
    last_day = dict.fromkeys(workers, -1)
    order = list(workers)
    random.shuffle(order)
    month = 0
    rota: list[RotaDay] = []
    for number, day in enumerate(days):
        if day.month != month:
            month = day.month
            served = dict.fromkeys(workers, 0)
        ranked = sorted(order, key=lambda worker: (served[worker], last_day[worker]))
        size = window_size(len(workers), number)
        window, others = ranked[:size], ranked[size:]
        for worker in window:
            served[worker] += 1
            last_day[worker] = number
        leave = [worker for worker in others if _granted(wishes[worker], number)]
        tentative = not calendar().covers(day)
        rota.append(RotaDay(day, tuple(sorted(window)), tuple(sorted(leave)), tentative))
    return rota


def _leave_wishes(random: Random, workers: list[str], days: tuple[date, ...]) -> dict[str, list[int]]:
    """For each worker the places in `days` of the wished leave days: five a year, spread, in proportion."""
    expected = LEAVE_DAYS_A_YEAR * len(days) / WORKING_DAYS_A_YEAR
    wishes: dict[str, list[int]] = {}
    for worker in workers:
        count = int(expected + random.random())
        step = len(days) / max(1, count)
        wishes[worker] = [int((n + random.random() * 0.9) * step) for n in range(count)]
    return wishes


def _granted(wishes: list[int], number: int) -> bool:
    """Whether the next wished day has come; it is then used up."""
    if wishes and wishes[0] <= number:
        wishes.pop(0)
        return True
    return False
