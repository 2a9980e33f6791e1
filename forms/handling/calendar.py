"""Working days, from the State Council's yearly notice, as versioned data that travels to devices.

Source: 国务院办公厅关于部分节假日安排的通知 of each year, as tabulated by `chinesecalendar`
(domain notes, Working days). The day of receipt is not counted. A year without a notice is not
known: `is_working_day` raises, and a date that was counted across such a year is `tentative`
(暂定): Monday to Friday was assumed there, and whoever shows the date says so. A notice may still move the
last days of the year before it (2018-12-31 became one off), so dates are recomputed with every new calendar.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

import chinese_calendar
import msgspec
from chinese_calendar.constants import holidays as days_off_published
from chinese_calendar.constants import workdays as make_up_days_published

# China keeps one zone without summer time since 1992; visits and cases are all later.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
ONE_DAY = timedelta(days=1)
SATURDAY = 5
MONTH_CLOSES_AFTER_DAYS = 5
"""A month closes on its 5th following working day (domain notes, How visits are counted)."""


class UnpublishedYearError(LookupError):
    """The table holds no notice for this year. Recover by adding a newer calendar, or count tentatively."""

    def __init__(self, year: int) -> None:
        super().__init__(f"{year}年放假安排不在工作日历中 (no holiday notice for {year})")
        self.year = year


class DueDate(NamedTuple):
    """A date, and whether it is 暂定: counted across a year whose holidays are not published."""

    day: date
    tentative: bool


class DayCount(NamedTuple):
    """A number of days, and whether it is 暂定."""

    days: int
    tentative: bool


class WorkingCalendar(msgspec.Struct, frozen=True):
    """The exceptions to Monday–Friday in the years `first_year` … `last_year`, both sorted.

    `holidays`: Mondays to Fridays off; `workdays`: Saturdays and Sundays made up for. A table that
    breaks this is refused when it is made or decoded, so a bad download never moves a date.
    """

    version: str
    first_year: int
    last_year: int
    holidays: tuple[date, ...]
    workdays: tuple[date, ...]

    def __post_init__(self) -> None:
        for days, weekend in ((self.holidays, False), (self.workdays, True)):
            if any(not self.covers(day) or (day.weekday() >= SATURDAY) is not weekend for day in days):
                raise ValueError("工作日历有误：日期越界或星期不符 (a day out of range, or a wrong weekday)")
            if any(later <= earlier for earlier, later in pairwise(days)):
                raise ValueError("工作日历有误：日期未按顺序或重复 (days not in order, or twice)")
        if self.first_year > self.last_year:
            raise ValueError("工作日历有误：年份颠倒 (years reversed)")

    def covers(self, day: date) -> bool:
        """Whether the holidays of this day's year are published."""
        return self.first_year <= day.year <= self.last_year

    def is_working_day(self, day: date) -> bool:
        """Whether `day` is a working day; raises UnpublishedYearError where nobody knows yet."""
        if not self.covers(day):
            raise UnpublishedYearError(day.year)
        return self.assume_working_day(day)

    def assume_working_day(self, day: date) -> bool:
        """As `is_working_day`, but Monday to Friday in an unpublished year: the caller must say 暂定."""
        if day.weekday() >= SATURDAY:
            return _among(day, self.workdays)
        return not _among(day, self.holidays)

    def add_working_days(self, start: date, days: int) -> DueDate:
        """The last day of a limit of `days` working days received on `start`, which is not counted.

        `days` 0 is `start` itself. Raises ValueError for a negative number.
        """
        if days < 0:
            raise ValueError(f"工作日数不能为负: {days} (working days cannot be negative)")
        day, tentative = start, False
        while days:
            day += ONE_DAY
            tentative = tentative or not self.covers(day)
            days -= self.assume_working_day(day)
        return DueDate(day, tentative)

    def working_day_from(self, day: date) -> DueDate:
        """`day` itself if it is a working day, else the next one."""
        tentative = not self.covers(day)
        while not self.assume_working_day(day):
            day += ONE_DAY
            tentative = tentative or not self.covers(day)
        return DueDate(day, tentative)

    def working_days_between(self, start: date, end: date) -> DayCount:
        """Working days after `start` up to and with `end`; negative when `end` is before `start`."""
        if end < start:
            back = self.working_days_between(end, start)
            return DayCount(-back.days, back.tentative)
        return self.available_days(start + ONE_DAY, end)

    def working_day_of_month(self, year: int, month: int, number: int) -> DueDate:
        """The `number`th (from 1) working day counted from the first of the month."""
        if number < 1:
            raise ValueError(f"从1数起: {number} (counted from 1)")
        return self.add_working_days(date(year, month, 1) - ONE_DAY, number)

    def month_closes_on(self, year: int, month: int, *, after_days: int = MONTH_CLOSES_AFTER_DAYS) -> DueDate:
        """The day on which a month's figures close: the nth working day of the month after it."""
        following = (date(year, month, 1) + timedelta(days=31)).replace(day=1)
        return self.working_day_of_month(following.year, following.month, after_days)

    def available_days(self, first: date, last: date, away: Collection[date] = ()) -> DayCount:
        """Working days from `first` to `last`, both counted, without the days `away`.

        `away` holds a worker's days of leave and at the window: neither can be used for visits
        (domain notes, Pace).
        """
        tentative = first <= last and not (self.covers(first) and self.covers(last))
        count = sum(self.assume_working_day(day) and day not in away for day in _days(first, last))
        return DayCount(count, tentative)


def published_calendar(version: str = "", first_year: int = 2004) -> WorkingCalendar:
    """The calendar of every year that the installed `chinesecalendar` knows, from `first_year` on.

    `version` names it on devices; by default `chinesecalendar-<its version>`.
    """
    years = _published_years(first_year)
    return WorkingCalendar(
        version=version or f"chinesecalendar-{chinese_calendar.__version__}",
        first_year=years[0],
        last_year=years[-1],
        holidays=_sorted_days(days_off_published, years, weekend=False),
        workdays=_sorted_days(make_up_days_published, years, weekend=True),
    )


def day_in_shanghai(instant: datetime) -> date:
    """The date in Haining of an instant. Raises ValueError for a time without its zone."""
    if instant.tzinfo is None:
        raise ValueError("时间缺少时区 (a time without its zone)")
    return instant.astimezone(UTC).astimezone(SHANGHAI).date()


def _published_years(first_year: int) -> list[int]:
    # A notice may reach into its neighbour year (31 December, 1 January); only a year whose
    # National Day is in the table has a notice of its own.
    years = sorted({day.year for day in days_off_published if (day.month, day.day) == (10, 1)})
    return [year for year in years if year >= first_year]


def _sorted_days(days: Collection[date], years: Collection[int], *, weekend: bool) -> tuple[date, ...]:
    return tuple(sorted(day for day in days if day.year in years and (day.weekday() >= SATURDAY) is weekend))


def _among(day: date, days: tuple[date, ...]) -> bool:
    place = bisect_left(days, day)
    return place < len(days) and days[place] == day


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += ONE_DAY
