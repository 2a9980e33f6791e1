"""Yearly pace over available days, and coverage of households."""

from datetime import date, timedelta

import chinese_calendar
import pytest

from grid_map.counting import VisitFact
from grid_map.coverage import HouseholdFact, coverage_by_class, state_of
from grid_map.days import day_start_ms
from grid_map.pace import Assignment, Availability, PaceTarget, yearly_pace
from grid_map.visit_classes import load_visit_classes, next_due_day, period_of

CLASSES = load_visit_classes()
YEAR = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
ALL_YEAR = [Assignment("330481106222", date(2025, 1, 1))]


def is_working_day(day: date) -> bool | None:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None


WORKING = [d for d in YEAR if is_working_day(d)]


def test_the_pace_is_the_threshold_by_available_days() -> None:
    today = date(2026, 6, 30)
    so_far = sum(1 for d in WORKING if d <= today)
    pace = yearly_pace(PaceTarget(), ALL_YEAR, Availability(), is_working_day, today, {"330481106222": 91})
    assert len(WORKING) == 248
    assert pace.expected == pytest.approx(180 * so_far / 248)
    assert (pace.rule, pace.done, pace.year_target, pace.estimated) == ("round.attempted", 91, 180, False)


def test_window_days_and_leave_are_not_available_and_change_nothing_at_the_end_of_the_year() -> None:
    window = frozenset(WORKING[::2])
    leave = frozenset(WORKING[1:41:2])
    days = Availability(window, leave)
    on_leave = yearly_pace(PaceTarget(), ALL_YEAR, days, is_working_day, WORKING[40], {})
    assert on_leave.expected == 0
    end = yearly_pace(PaceTarget(), ALL_YEAR, days, is_working_day, date(2026, 12, 31), {})
    assert end.expected == pytest.approx(180)
    assert end.villages[0].days_of_year == 248 - len(window | leave)


def test_weekends_and_holidays_add_nothing_to_what_is_expected() -> None:
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    paces = [
        yearly_pace(PaceTarget(), ALL_YEAR, Availability(), is_working_day, d, {}).expected or 0.0
        for d in (friday, monday - timedelta(days=1), monday)
    ]
    assert paces[0] == paces[1] < paces[2]


def test_a_worker_who_moves_village_mid_year_keeps_one_pace_in_two_parts() -> None:
    moved = [Assignment("a", date(2025, 1, 1), date(2026, 6, 30)), Assignment("b", date(2026, 7, 1))]
    pace = yearly_pace(
        PaceTarget(), moved, Availability(), is_working_day, date(2026, 12, 31), {"a": 100, "b": 85}
    )
    assert pace.done == 185
    assert pace.expected == pytest.approx(180)
    assert [(v.village, v.done) for v in pace.villages] == [("a", 100), ("b", 85)]
    assert sum(v.expected for v in pace.villages) == pytest.approx(180)
    assert sum(v.days_of_year for v in pace.villages) == 248


def test_who_begins_mid_year_owes_that_part_of_the_year() -> None:
    begun = [Assignment("a", date(2026, 7, 1))]
    half = sum(1 for d in WORKING if d >= date(2026, 7, 1))
    window = frozenset(d for d in WORKING[::2] if d >= date(2026, 7, 1))
    pace = yearly_pace(PaceTarget(), begun, Availability(window), is_working_day, date(2026, 12, 31), {})
    assert pace.year_target == pace.expected == pytest.approx(180 * half / 248)
    before = yearly_pace(PaceTarget(), begun, Availability(window), is_working_day, date(2026, 5, 1), {})
    assert before.expected == 0


def test_days_beyond_the_rota_are_assumed_and_say_so() -> None:
    known = Availability(rota_until=date(2026, 6, 30), window_share_assumed=0.5)
    pace = yearly_pace(PaceTarget(), ALL_YEAR, known, is_working_day, date(2026, 6, 30), {})
    first = sum(1 for d in WORKING if d <= date(2026, 6, 30))
    assert pace.estimated
    assert pace.expected == pytest.approx(180 * first / (first + (248 - first) / 2))


def test_an_unpublished_year_has_no_expected_figure() -> None:
    pace = yearly_pace(PaceTarget(), ALL_YEAR, Availability(), is_working_day, date(2027, 3, 1), {"a": 7})
    assert (pace.expected, pace.year_target, pace.done, pace.estimated) == (None, None, 7, True)


def test_the_unit_and_threshold_are_settings_and_name_their_rule() -> None:
    target = PaceTarget(600, "household_visit")
    pace = yearly_pace(target, ALL_YEAR, Availability(), is_working_day, date(2026, 12, 31), {})
    assert (pace.rule, pace.expected) == ("household.day.worker", pytest.approx(600))


def test_nobody_available_all_year_owes_nothing() -> None:
    pace = yearly_pace(
        PaceTarget(), ALL_YEAR, Availability(frozenset(WORKING)), is_working_day, YEAR[-1], {"x": 2}
    )
    assert (pace.expected, pace.year_target, pace.done) == (0, 0, 2)


def household(name: str, visit_class: str = "hardship", since: date = date(2026, 1, 1)) -> HouseholdFact:
    return HouseholdFact(name, "330481106222001", "330481106222", visit_class, since)


def met(name: str, household_id: str, day: date, outcome: str = "met") -> VisitFact:
    fact = (name, "r", ("li",), household_id, "g", "v", "hardship", outcome, day_start_ms(day) + 1)
    return VisitFact(*fact)  # type: ignore[arg-type]


def test_every_household_is_done_due_or_overdue() -> None:
    today = date(2026, 3, 10)
    households = [household("done"), household("due"), household("overdue"), household("new", since=today)]
    visits = [
        met("1", "done", date(2026, 3, 2)),
        met("2", "due", date(2026, 2, 27)),
        met("3", "overdue", date(2026, 2, 27), "not_home"),
        met("4", "overdue", date(2026, 3, 11)),
    ]
    found = {c.visit_class: c for c in coverage_by_class(households, visits, CLASSES, today)}
    row = found["hardship"]
    assert (row.period, row.households, row.done, row.due, row.overdue) == ("2026-03", 4, 1, 2, 1)
    assert row.overdue_ids == ("overdue",)
    assert row.rule == "household.day"
    assert found["high_risk"].households == 0
    tomorrow = coverage_by_class(households, visits, CLASSES, today + timedelta(days=1))
    assert {c.visit_class: c.done for c in tomorrow}["hardship"] == 2


def test_households_that_left_or_are_not_there_yet_are_not_counted_and_lost_classes_are_shown() -> None:
    left = HouseholdFact("left", "g", "v", "hardship", date(2025, 1, 1), date(2026, 2, 28))
    coming, odd = household("coming", since=date(2026, 4, 1)), household("odd", "retired")
    found = {c.visit_class: c for c in coverage_by_class([left, coming, odd], [], CLASSES, date(2026, 3, 10))}
    assert found["hardship"].households == 0
    assert (found["retired"].households, found["retired"].due) == (1, 1)


def test_the_state_from_an_indexed_day_is_the_state_from_the_visits() -> None:
    visit_class = CLASSES["high_risk"]
    today = date(2026, 11, 25)
    for last, state in (
        (date(2026, 11, 23), "done"),
        (date(2026, 11, 22), "due"),
        (date(2026, 11, 15), "overdue"),
    ):
        due = next_due_day(visit_class, last, date(2026, 1, 1))
        assert state_of(due, period_of(visit_class, today), today) == state
