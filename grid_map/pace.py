"""A worker's yearly pace: the threshold x available days so far / available days of the year.

Days at the window, leave and holidays are not available days (domain notes, How visits are counted). The
threshold and its unit are settings: the seed's 走访网格超180 has no unit; rounds are the reading that fits.
A pace is shown to the worker and the village lead, as a yearly figure and never as a daily quota.

Someone who moves to another village keeps one pace: rounds stay where they were walked, the year's
threshold is split over the villages by available days. Someone who works for part of the year owes that
part: the threshold times assigned working days / working days of the year.

Future days without a rota are counted with `window_share_assumed` and make the pace an estimate.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Literal

import msgspec

IsWorkingDay = Callable[[date], bool | None]


class PaceTarget(msgspec.Struct, frozen=True):
    """The threshold a year and what it counts: rounds (`round.attempted`) or `household.day.worker` visits."""

    threshold: int = 180
    unit: Literal["round", "household_visit"] = "round"

    @property
    def rule(self) -> str:
        return "round.attempted" if self.unit == "round" else "household.day.worker"


class Assignment(msgspec.Struct, frozen=True):
    """A worker works in a village from the first to the last day, both included; None is an open end."""

    village: str
    first_day: date
    last_day: date | None = None


class VillagePace(msgspec.Struct, frozen=True):
    """One village's part of a pace. Days are available days; `expected` is what they make so far."""

    village: str
    done: int
    expected: float
    days_so_far: float
    days_of_year: float


class Pace(msgspec.Struct, frozen=True):
    """A worker's pace on a day.

    `year_target` and `expected` are None when the calendar is not published (暂定); `estimated` says that
    days without a rota were assumed.
    """

    rule: str
    done: int
    expected: float | None
    year_target: float | None
    estimated: bool
    villages: tuple[VillagePace, ...]


class Availability(msgspec.Struct, frozen=True):
    """What is known of a worker's days. The rota is complete up to `rota_until`, None: for the whole year."""

    window_days: frozenset[date] = frozenset()
    leave_days: frozenset[date] = frozenset()
    rota_until: date | None = None
    window_share_assumed: float = 0.0

    def of(self, day: date) -> float:
        """How much of a working day is available for rounds: 0 or 1, or the assumed share beyond the rota."""
        if day in self.window_days or day in self.leave_days:
            return 0.0
        beyond = self.rota_until is not None and day > self.rota_until
        return 1.0 - self.window_share_assumed if beyond else 1.0


def yearly_pace(
    target: PaceTarget,
    assignments: Iterable[Assignment],
    availability: Availability,
    is_working_day: IsWorkingDay,
    today: date,
    done: Mapping[str, int],
) -> Pace:
    """The pace of one worker on `today`, within its calendar year.

    `done` is the number counted so far this year by `target.rule`, for each village (rounds count where and
    when they began). `is_working_day` answers None for a day of an unpublished year.
    """
    days = [date(today.year, 1, 1) + timedelta(days=n) for n in range(366)]
    days = [d for d in days if d.year == today.year]
    answers = {d: is_working_day(d) for d in days}
    total = sum(done.values())
    if None in answers.values():
        parts = tuple(VillagePace(v, n, 0.0, 0.0, 0.0) for v, n in sorted(done.items()))
        return Pace(target.rule, total, None, None, True, parts)
    working = [d for d in days if answers[d]]
    placed = _placed(working, list(assignments))
    year_target = target.threshold * len(placed) / len(working) if working else 0.0
    of_year = _by_village(placed, availability, days[-1])
    so_far = _by_village(placed, availability, today)
    all_days = sum(of_year.values())
    villages = tuple(
        VillagePace(
            village=village,
            done=done.get(village, 0),
            expected=year_target * so_far.get(village, 0.0) / all_days if all_days else 0.0,
            days_so_far=so_far.get(village, 0.0),
            days_of_year=of_year.get(village, 0.0),
        )
        for village in sorted(of_year.keys() | done.keys())
    )
    expected = year_target * sum(so_far.values()) / all_days if all_days else 0.0
    estimated = availability.rota_until is not None and availability.rota_until < days[-1]
    return Pace(target.rule, total, expected, year_target if all_days else 0.0, estimated, villages)


def _placed(working: list[date], assignments: list[Assignment]) -> dict[date, str]:
    """The village of each working day; where assignments overlap, the one that began last."""
    placed: dict[date, str] = {}
    for assignment in sorted(assignments, key=lambda a: (a.first_day, a.village)):
        for day in working:
            if assignment.first_day <= day and (assignment.last_day is None or day <= assignment.last_day):
                placed[day] = assignment.village
    return placed


def _by_village(placed: Mapping[date, str], availability: Availability, until: date) -> dict[str, float]:
    days: dict[str, float] = {}
    for day, village in placed.items():
        if day <= until:
            days[village] = days.get(village, 0.0) + availability.of(day)
    return days
