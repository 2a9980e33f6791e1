"""Who is at the window and who is on leave, day by day, fair by the month.

Drawn by the rule by which a village draws its own (`forms.handling.rota`). A leave day is granted on the first day from
the wished one on which the worker is not at the window, so leave never costs anybody fairness.
"""

from datetime import date, timedelta
from functools import lru_cache
from random import Random

from forms.handling.calendar import WorkingCalendar, published_calendar
from forms.handling.rota import DrawnDay, Turns, window_size

LEAVE_DAYS_A_YEAR = 5
WORKING_DAYS_A_YEAR = 249


@lru_cache(maxsize=1)
def calendar() -> WorkingCalendar:
    """The published working days, make-up workdays included."""
    return published_calendar()


@lru_cache(maxsize=8)
def working_days(first: date, last: date) -> tuple[date, ...]:
    """The working days from `first` to `last`; Monday to Friday in a year that is not published yet."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return tuple(day for day in days if calendar().assume_working_day(day))


def draw_rota(random: Random, workers: list[str], first: date, last: date) -> list[DrawnDay]:
    """The rota of whole months from `first` to `last`, one entry a working day."""
    days = working_days(first, last)
    wishes = _leave_wishes(random, workers, days)
    order = list(workers)
    random.shuffle(order)
    turns = Turns(order)
    rota: list[DrawnDay] = []
    for number, day in enumerate(days):
        window = turns.take(day, window_size(len(workers), number))
        others = [worker for worker in workers if worker not in window]
        leave = [worker for worker in others if _granted(wishes[worker], number)]
        rota.append(DrawnDay(day, tuple(sorted(window)), tuple(sorted(leave)), not calendar().covers(day)))
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
