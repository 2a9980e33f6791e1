"""What is due when: classes, periods, special events."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_map.days import AT_MS_MAX, AT_MS_MIN, count_day, day_start_ms, ms_of
from grid_map.problems import BadInputError
from grid_map.visit_classes import (
    UnknownVisitClassError,
    event_deadline_ms,
    load_visit_classes,
    next_due,
    next_due_day,
    period_of,
    read_visit_classes,
    with_event,
)

CLASSES = load_visit_classes()
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
KEYS = st.sampled_from([c.key for c in CLASSES])


def test_the_default_table_is_the_domain_notes() -> None:
    assert {c.key: c.period for c in CLASSES} == {
        "ordinary": "half_year",
        "hardship": "month",
        "floating": "month",
        "empty_nest": "month",
        "correction": "month",
        "high_risk": "iso_week",
        "special_elder": "month",
    }
    assert all(c.list_reason == "按期走访" for c in CLASSES)
    assert not any(c.seeing_the_place_is_enough for c in CLASSES)
    assert {c.special_event_hours for c in CLASSES} == {24}


@pytest.mark.parametrize(
    ("key", "day", "period", "first", "last"),
    [
        ("ordinary", "2026-06-30", "2026-H1", "2026-01-01", "2026-06-30"),
        ("ordinary", "2026-07-01", "2026-H2", "2026-07-01", "2026-12-31"),
        ("hardship", "2024-02-10", "2024-02", "2024-02-01", "2024-02-29"),
        ("hardship", "2026-12-31", "2026-12", "2026-12-01", "2026-12-31"),
        ("high_risk", "2026-11-23", "2026-W48", "2026-11-23", "2026-11-29"),
        ("high_risk", "2027-01-01", "2026-W53", "2026-12-28", "2027-01-03"),
        ("high_risk", "2024-12-30", "2025-W01", "2024-12-30", "2025-01-05"),
    ],
)
def test_periods(key: str, day: str, period: str, first: str, last: str) -> None:
    found = period_of(CLASSES[key], date.fromisoformat(day))
    assert (found.key, str(found.first_day), str(found.last_day)) == (period, first, last)


@given(KEYS, DAYS)
def test_periods_hold_their_day_and_follow_each_other_without_gap(key: str, day: date) -> None:
    period = period_of(CLASSES[key], day)
    assert period.first_day <= day <= period.last_day
    following = period_of(CLASSES[key], period.last_day + timedelta(days=1))
    assert following.first_day == period.last_day + timedelta(days=1)
    assert following.key != period.key
    assert period_of(CLASSES[key], period.first_day) == period == period_of(CLASSES[key], period.last_day)


@pytest.mark.parametrize(
    ("key", "last", "since", "due"),
    [
        ("ordinary", None, "2026-03-02", "2026-06-30"),
        ("ordinary", "2026-02-01", "2026-01-01", "2026-12-31"),
        ("ordinary", "2026-12-31", "2026-01-01", "2027-06-30"),
        ("hardship", "2026-01-31", "2026-01-01", "2026-02-28"),
        ("hardship", "2026-11-02", "2026-01-01", "2026-12-31"),
        ("high_risk", "2026-11-22", "2026-01-01", "2026-11-29"),
        ("high_risk", "2026-12-31", "2026-01-01", "2027-01-10"),
        # a visit from before the class held does not make up for it, unless it lies in the same period
        ("hardship", "2026-01-05", "2026-03-10", "2026-03-31"),
        ("hardship", "2026-03-05", "2026-03-10", "2026-04-30"),
    ],
)
def test_next_due_day(key: str, last: str | None, since: str, due: str) -> None:
    counted = date.fromisoformat(last) if last else None
    assert str(CLASSES.next_due_day(key, counted, date.fromisoformat(since))) == due


@given(KEYS, DAYS, st.one_of(st.none(), DAYS))
def test_the_due_period_is_the_first_one_without_a_visit(key: str, since: date, last: date | None) -> None:
    due = next_due_day(CLASSES[key], last, since)
    period = period_of(CLASSES[key], due)
    assert due == period.last_day
    assert due >= since
    if last is not None:
        assert due > last or last < since
    before = period_of(CLASSES[key], period.first_day - timedelta(days=1))
    covered_or_never_owed = (last is not None and last >= before.first_day) or before.last_day < since
    assert covered_or_never_owed


def test_a_due_visit_is_overdue_after_the_last_day_and_not_on_it() -> None:
    due = next_due(CLASSES["hardship"], date(2026, 1, 20), date(2026, 1, 1))
    assert (due.first_day, due.last_day, due.reason) == (date(2026, 2, 1), date(2026, 2, 28), "按期走访")
    last = date(2026, 2, 28)
    assert not due.overdue(day_start_ms(last), last)
    assert due.overdue(day_start_ms(last + timedelta(days=1)), last + timedelta(days=1))


def test_a_special_event_makes_a_visit_due_within_24_hours() -> None:
    visit_class = CLASSES["ordinary"]
    event = ms_of(datetime(2026, 3, 3, 12, tzinfo=UTC))
    due = next_due(visit_class, date(2026, 2, 1), date(2026, 1, 1))
    deadline = event_deadline_ms(visit_class, event, last_counted_ms=event - 1)
    assert deadline == event + 24 * 3_600_000
    sooner = with_event(due, event, deadline)
    assert (sooner.first_day, sooner.last_day) == (date(2026, 3, 3), date(2026, 3, 4))
    assert not sooner.overdue(event + 24 * 3_600_000, date(2026, 3, 4))
    assert sooner.overdue(event + 24 * 3_600_000 + 1, date(2026, 3, 4))


def test_a_visit_after_the_event_settles_it_and_one_before_does_not() -> None:
    visit_class = CLASSES["high_risk"]
    assert event_deadline_ms(visit_class, 1000, last_counted_ms=999) is not None
    assert event_deadline_ms(visit_class, 1000, last_counted_ms=None) is not None
    assert event_deadline_ms(visit_class, 1000, last_counted_ms=1000) is None
    due = next_due(visit_class, None, date(2026, 1, 1))
    assert with_event(due, 1000, None) is due


def test_an_unknown_class_is_named() -> None:
    with pytest.raises(UnknownVisitClassError, match="走访类别不存在：nobody"):
        CLASSES.next_due_day("nobody", None, date(2026, 1, 1))
    assert CLASSES.get("nobody") is None


def test_a_table_tells_every_mistake() -> None:
    table = """[{"key": "a", "label": "甲", "label_en": "A", "period": "month"},
      {"key": "a", "label": "乙", "label_en": "B", "period": "month", "special_event_hours": 0},
      {"key": "c", "label": "丙", "label_en": "C", "period": "decade"}, 7]"""
    with pytest.raises(BadInputError) as caught:
        read_visit_classes(table)
    pointers = [p.pointer for p in caught.value.problems]
    assert pointers == ["/1/key", "/1/special_event_hours", "/2", "/3"]
    with pytest.raises(BadInputError):
        read_visit_classes(b"\xff\xfe")
    with pytest.raises(BadInputError):
        read_visit_classes("{}")


@given(st.datetimes(datetime(1995, 1, 1), datetime(2100, 1, 1)))
def test_a_day_is_the_day_in_shanghai(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC, microsecond=naive.microsecond // 1000 * 1000)
    at_ms = ms_of(moment)
    day = count_day(at_ms)
    assert day == (moment + timedelta(hours=8)).date()
    assert day_start_ms(day) <= at_ms < day_start_ms(day) + 86_400_000


def test_an_instant_that_no_calendar_holds_is_refused_in_words() -> None:
    assert count_day(AT_MS_MIN) == date(1900, 1, 1)
    assert count_day(AT_MS_MAX) == date(3000, 1, 1)
    for at_ms in (AT_MS_MIN - 1, AT_MS_MAX + 1, 10**30, -(10**30)):
        with pytest.raises(ValueError, match="时间超出可计数的范围"):
            count_day(at_ms)


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="时区"):
        ms_of(datetime(2026, 1, 1))
