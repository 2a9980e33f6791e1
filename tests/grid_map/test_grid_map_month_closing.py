"""A month's figures close once; what comes later stands beside them."""

from datetime import date, datetime, timedelta

import chinese_calendar
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_map.counting import VisitFact
from grid_map.days import day_start_ms, ms_of
from grid_map.month_closing import closes_at_ms, closing_day, month_coverage
from grid_map.visit_classes import load_visit_classes

CLASSES = load_visit_classes()


def is_working_day(day: date) -> bool | None:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None


def at(text: str) -> int:
    return ms_of(datetime.fromisoformat(f"{text}+08:00"))


def visit(
    name: str, when: str, received: str | None, household: str = "h1", voided: str | None = None
) -> VisitFact:
    return VisitFact(
        name,
        "r1",
        ("li",),
        household,
        "330481106222001",
        "330481106222",
        "ordinary",
        "met",
        at(when),
        voided is not None,
        at(received) if received else None,
        at(voided) if voided else None,
    )


# January 2026 closes on 6 February: 2 to 6 February are working days.
CLOSES = date(2026, 2, 6)
AFTER = at("2026-03-01T00:00")


def test_a_month_closes_on_its_fifth_following_working_day() -> None:
    assert closing_day(2026, 1, is_working_day) == CLOSES
    # 1 to 7 October 2025 were holidays, and Wednesday the 8th too; 9, 10, 11 (a made-up day), 13, 14
    assert closing_day(2025, 9, is_working_day) == date(2025, 10, 14)


def test_an_unpublished_year_leaves_the_month_open_and_is_never_guessed() -> None:
    assert closing_day(2026, 12, is_working_day) is None
    figure = month_coverage([], CLASSES, 2026, 12, is_working_day, now_ms=at("2027-06-01T00:00"))
    assert (figure.closes_on, figure.closed) == (None, None)


def test_a_visit_back_dated_past_a_closed_period_is_shown_beside_the_closed_figure() -> None:
    visits = [
        visit("in-time", "2026-01-31T23:50", "2026-02-06T23:59:59"),
        visit("late", "2026-01-15T10:00", "2026-02-07T00:00", household="h2"),
        visit("february", "2026-02-01T00:00", "2026-02-02T09:00"),
    ]
    figure = month_coverage(visits, CLASSES, 2026, 1, is_working_day, AFTER)
    assert (figure.closed, figure.late, figure.current) == (1, 1, 2)
    assert figure.late_ids == ("late",)


def test_a_late_arrival_for_a_household_that_has_counted_that_day_adds_nothing() -> None:
    visits = [
        visit("in-time", "2026-01-15T15:00", "2026-01-15T16:00"),
        visit("earlier-but-late", "2026-01-15T09:00", "2026-02-20T09:00"),
    ]
    figure = month_coverage(visits, CLASSES, 2026, 1, is_working_day, AFTER)
    assert (figure.closed, figure.late, figure.withdrawn, figure.current) == (1, 0, 0, 1)


def test_a_visit_voided_after_the_closing_stays_in_the_closed_figure() -> None:
    visits = [
        visit("withdrawn", "2026-01-15T15:00", "2026-01-15T16:00", voided="2026-02-20T09:00"),
        visit("voided-before", "2026-01-16T15:00", "2026-01-16T16:00", voided="2026-01-17T09:00"),
    ]
    figure = month_coverage(visits, CLASSES, 2026, 1, is_working_day, AFTER)
    assert (figure.closed, figure.withdrawn, figure.current) == (1, 1, 0)
    assert figure.withdrawn_ids == ("withdrawn",)


def test_an_open_month_has_no_closed_figure_and_nothing_late() -> None:
    visits = [visit("a", "2026-01-15T15:00", "2026-01-15T16:00"), visit("b", "2026-01-16T15:00", None)]
    open_still = month_coverage(visits, CLASSES, 2026, 1, is_working_day, closes_at_ms(CLOSES) - 1)
    assert (open_still.closed, open_still.late, open_still.current) == (None, 0, 2)
    closed = month_coverage(visits, CLASSES, 2026, 1, is_working_day, closes_at_ms(CLOSES))
    assert (closed.closed, closed.late, closed.late_ids) == (1, 1, ("b",))


VISITS = st.lists(
    st.tuples(st.integers(1, 31), st.integers(0, 60), st.sampled_from("abc"), st.none() | st.integers(0, 60)),
    max_size=12,
)


@given(VISITS)
def test_closed_and_late_less_withdrawn_is_always_current(
    rows: list[tuple[int, int, str, int | None]],
) -> None:
    visits = []
    for number, (day, delay, household, void) in enumerate(rows):
        start = day_start_ms(date(2026, 1, day)) + 1000
        received = start + delay * 86_400_000
        fact = visit(f"v{number}", "2026-01-01T00:00", "2026-01-01T00:00", household)
        void_at = None if void is None else received + void * 86_400_000
        visits.append(
            msgspec.structs.replace(
                fact,
                occurred_at_ms=start,
                received_at_ms=received,
                voided=void is not None,
                voided_at_ms=void_at,
            )
        )
    figure = month_coverage(visits, CLASSES, 2026, 1, is_working_day, AFTER)
    assert figure.closed is not None
    assert figure.closed + figure.late - figure.withdrawn == figure.current
    long_ago = month_coverage(visits, CLASSES, 2026, 1, is_working_day, AFTER + 10**10)
    assert long_ago == figure


@pytest.mark.parametrize("month", range(1, 12))
def test_the_closing_day_is_a_working_day_with_four_before_it(month: int) -> None:
    day = closing_day(2026, month, is_working_day)
    assert day is not None and is_working_day(day)
    first = date(2026, month + 1, 1)
    days = [first + timedelta(days=n) for n in range((day - first).days + 1)]
    assert sum(1 for d in days if is_working_day(d)) == 5
