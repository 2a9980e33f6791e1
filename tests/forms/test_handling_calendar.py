"""Working days: the published years as the State Council's notices have them, and honesty beyond them."""

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.handling.calendar import (
    UnpublishedYearError,
    WorkingCalendar,
    day_in_shanghai,
    published_calendar,
)

CALENDAR = published_calendar()
published_days = st.dates(date(2004, 1, 1), date(2026, 12, 31))
some_days = st.dates(date(2004, 1, 1), date(2030, 12, 31))
numbers = st.integers(0, 60)


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", range(2004, 2027))
def test_every_day_of_every_published_year_agrees_with_the_notice(year: int) -> None:
    for day in days_of(year):
        assert CALENDAR.is_working_day(day) is chinese_calendar.is_workday(day), day


@pytest.mark.parametrize(("year", "expected"), [(2024, 251), (2025, 248), (2026, 248)])
def test_working_days_a_year_are_those_of_the_domain_notes(year: int, expected: int) -> None:
    assert CALENDAR.available_days(date(year, 1, 1), date(year, 12, 31)) == (expected, False)


def test_the_make_up_days_of_2026_are_working_days() -> None:
    made_up = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]
    assert [day for day in CALENDAR.workdays if day.year == 2026] == [date(2026, m, d) for m, d in made_up]


def test_an_unpublished_year_is_unknown_and_named() -> None:
    for day in (date(2027, 1, 4), date(2003, 12, 31)):
        with pytest.raises(UnpublishedYearError, match=str(day.year)) as caught:
            CALENDAR.is_working_day(day)
        assert caught.value.year == day.year


def test_a_limit_that_enters_an_unpublished_year_is_tentative() -> None:
    assert CALENDAR.add_working_days(date(2026, 12, 30), 1) == (date(2026, 12, 31), False)
    assert CALENDAR.add_working_days(date(2026, 12, 31), 1) == (date(2027, 1, 1), True)
    assert CALENDAR.working_days_between(date(2026, 12, 30), date(2027, 1, 4)) == (3, True)
    assert CALENDAR.working_days_between(date(2026, 12, 30), date(2026, 12, 31)) == (1, False)


def test_a_newer_calendar_settles_what_was_tentative() -> None:
    known = WorkingCalendar("2027试验", 2026, 2027, (date(2026, 1, 1), date(2027, 1, 1)), ())
    assert known.add_working_days(date(2026, 12, 31), 1) == (date(2027, 1, 4), False)


def test_the_day_of_receipt_is_not_counted() -> None:
    assert CALENDAR.add_working_days(date(2026, 11, 23), 1).day == date(2026, 11, 24)
    assert CALENDAR.add_working_days(date(2026, 11, 23), 0) == (date(2026, 11, 23), False)
    with pytest.raises(ValueError, match="工作日数不能为负"):
        CALENDAR.add_working_days(date(2026, 11, 23), -1)


def test_a_month_closes_on_the_fifth_working_day_of_the_next() -> None:
    assert CALENDAR.month_closes_on(2026, 9) == (date(2026, 10, 13), False)
    assert CALENDAR.month_closes_on(2026, 1) == (date(2026, 2, 6), False)
    assert CALENDAR.month_closes_on(2025, 12) == (date(2026, 1, 8), False)
    assert CALENDAR.month_closes_on(2026, 12).tentative


def test_leave_and_days_at_the_window_are_not_available() -> None:
    away = {date(2026, 10, 8), date(2026, 10, 10), date(2026, 10, 3)}  # the third is a holiday anyway
    assert CALENDAR.available_days(date(2026, 10, 1), date(2026, 10, 12), away) == (2, False)
    assert CALENDAR.available_days(date(2026, 10, 2), date(2026, 10, 1)) == (0, False)


def test_a_date_belongs_to_haining_and_not_to_london() -> None:
    assert day_in_shanghai(datetime(2026, 12, 31, 15, 59, tzinfo=UTC)) == date(2026, 12, 31)
    assert day_in_shanghai(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == date(2027, 1, 1)
    with pytest.raises(ValueError, match="时区"):
        day_in_shanghai(datetime(2026, 12, 31, 16, 0))


def test_it_travels_and_comes_back_equal() -> None:
    data = msgspec.json.encode(published_calendar("暂行", 2026))
    assert msgspec.json.decode(data, type=WorkingCalendar) == published_calendar("暂行", 2026)
    assert len(data) < 1000


@pytest.mark.parametrize(
    "change",
    [
        {"holidays": ["2026-10-03"]},  # a Saturday
        {"workdays": ["2026-10-09"]},  # a Friday
        {"holidays": ["2025-10-01"]},  # outside the years
        {"holidays": ["2026-10-02", "2026-10-01"]},  # out of order
        {"workdays": ["2026-10-10", "2026-10-10"]},  # twice
        {"first_year": 2027},
    ],
)
def test_a_table_that_would_move_dates_wrongly_is_refused(change: dict[str, object]) -> None:
    table = {"version": "x", "first_year": 2026, "last_year": 2026, "holidays": [], "workdays": []}
    assert msgspec.convert(table, WorkingCalendar, strict=False).version == "x"
    with pytest.raises(msgspec.ValidationError, match="工作日历有误"):
        msgspec.convert(table | change, WorkingCalendar)


@given(some_days, numbers, numbers)
def test_more_days_and_later_receipt_never_end_earlier(start: date, one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    assert CALENDAR.add_working_days(start, fewer).day <= CALENDAR.add_working_days(start, more).day
    later = start + timedelta(days=other)
    assert CALENDAR.add_working_days(start, one).day <= CALENDAR.add_working_days(later, one).day


@given(some_days, st.integers(1, 60))
def test_a_firm_date_is_a_working_day_and_counts_back(start: date, number: int) -> None:
    due = CALENDAR.add_working_days(start, number)
    assert CALENDAR.assume_working_day(due.day)
    assert CALENDAR.working_days_between(start, due.day) == (number, due.tentative)
    assert due.tentative is (due.day.year > 2026)
    if not due.tentative:
        assert chinese_calendar.is_workday(due.day)


@given(some_days, some_days)
def test_counting_backwards_is_the_same_count(one: date, other: date) -> None:
    there, back = CALENDAR.working_days_between(one, other), CALENDAR.working_days_between(other, one)
    assert (there.days, there.tentative) == (-back.days, back.tentative)


@given(published_days)
def test_a_limit_in_two_parts_ends_as_in_one(start: date) -> None:
    half = CALENDAR.add_working_days(start, 3)
    assert CALENDAR.add_working_days(half.day, 4).day == CALENDAR.add_working_days(start, 7).day
