"""Promised dates against the vectors, and what must hold of every promise."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.catalogue import Finish, Item, Mode, Stage, TimeLimit
from forms.handling.calendar import WorkingCalendar, published_calendar
from forms.handling.case_clock import milestones_of, pauses_of
from forms.handling.clocks import LimitRules, Milestones, Pause, PauseKind
from forms.handling.explanation import explain
from forms.handling.licence import licence_clock
from forms.handling.light import Light, handover_light, light
from forms.handling.limits import Promise, PromiseKind, promise

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "promised_dates.json").read_text(encoding="utf-8")
)
CALENDAR = msgspec.convert(VECTORS["calendar"], WorkingCalendar)


def item(mode: Mode, finish: Finish, limit: TimeLimit, *, licence: bool = False) -> Item:
    return Item(
        key="item",
        number=1,
        version=1,
        department="department",
        name="事项",
        mode=mode,
        finish=finish,
        limit=limit,
        form="form",
        effective_from=date(2020, 1, 1),
        licence=licence,
    )


def proxy(days: int, *, demonstration: bool = False) -> Item:
    stage = Stage(key="handling", name="办理", days=days)
    limit = TimeLimit(stages=(stage,), demonstration=demonstration)
    return item(Mode.PROXY, Finish.HANDED_UP, limit)


def of_vector(case: dict[str, Any]) -> tuple[Item, Milestones, list[Pause], LimitRules]:
    given_item = case["item"]
    return (
        item(
            Mode(given_item["mode"]),
            Finish(given_item["finish"]),
            msgspec.convert(given_item["limit"], TimeLimit),
        ),
        msgspec.convert(case["milestones"], Milestones),
        msgspec.convert(case.get("pauses", []), list[Pause]),
        msgspec.convert(case.get("rules", {}), LimitRules),
    )


def test_the_calendar_of_the_vectors_is_the_published_one() -> None:
    assert published_calendar("vectors", 2025) == CALENDAR


@pytest.mark.parametrize("case", VECTORS["working_days"], ids=lambda case: case["note"])
def test_working_days_of_the_vectors(case: dict[str, Any]) -> None:
    due = CALENDAR.add_working_days(date.fromisoformat(case["start"]), case["days"])
    assert (due.day.isoformat(), due.tentative) == (case["due"], case["tentative"])


@pytest.mark.parametrize("case", VECTORS["months"], ids=lambda case: f"{case['year']}-{case['month']}")
def test_month_closings_of_the_vectors(case: dict[str, Any]) -> None:
    due = CALENDAR.month_closes_on(case["year"], case["month"])
    assert (due.day.isoformat(), due.tentative) == (case["closes_on"], case["tentative"])


@pytest.mark.parametrize("case", VECTORS["promises"], ids=lambda case: case["note"])
def test_promises_of_the_vectors(case: dict[str, Any]) -> None:
    given_item, milestones, pauses, rules = of_vector(case)
    found = promise(given_item, milestones, CALENDAR, pauses, rules)
    as_travels = msgspec.to_builtins(found)
    stages = [{"key": stage["key"], "due_on": stage["due_on"]} for stage in as_travels["stages"]]
    assert {name: as_travels[name] for name in case["expected"] if name != "stages"} | {
        "stages": stages
    } == case["expected"]


def test_there_are_enough_vectors() -> None:
    assert len(VECTORS["working_days"]) + len(VECTORS["promises"]) >= 30


pauses_drawn = st.lists(
    st.builds(
        lambda begins, length: Pause(PauseKind.SUPPLEMENT, begins, begins + timedelta(days=length)),
        st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        st.integers(0, 20),
    ),
    max_size=4,
)


@given(st.dates(date(2025, 1, 1), date(2026, 12, 31)), st.integers(1, 30), pauses_drawn)
def test_a_pause_never_brings_a_date_forward(accepted: date, days: int, pauses: list[Pause]) -> None:
    milestones = Milestones(received_on=accepted, accepted_on=accepted)
    plain = promise(proxy(days), milestones, CALENDAR)
    paused = promise(proxy(days), milestones, CALENDAR, pauses)
    assert plain.due_on is not None
    assert paused.due_on is not None
    assert paused.due_on >= plain.due_on
    assert not any(pause.stops(paused.due_on) for pause in pauses)


@given(st.dates(date(2025, 1, 1), date(2026, 12, 31)), st.integers(1, 30), st.integers(0, 10))
def test_acceptance_within_the_handover_never_promises_later_than_expected(
    received: date, days: int, wait: int
) -> None:
    expected = promise(proxy(days), Milestones(received_on=received), CALENDAR)
    accepted_on = received + timedelta(days=wait)
    promised = promise(proxy(days), Milestones(received_on=received, accepted_on=accepted_on), CALENDAR)
    assert (expected.kind, promised.kind) == (PromiseKind.EXPECTED, PromiseKind.PROMISED)
    assert expected.due_on is not None
    assert promised.due_on is not None
    if accepted_on <= CALENDAR.add_working_days(received, 3).day:
        assert promised.due_on <= expected.due_on


def test_every_caveat_is_said() -> None:
    milestones = Milestones(received_on=date(2026, 11, 23))
    expected = promise(proxy(30, demonstration=True), milestones, CALENDAR)
    said = explain(proxy(30, demonstration=True), milestones, expected)
    assert said.zh == (
        "2026年11月23日收件，当日不计；村社报送3个工作日，至2026年11月26日；办理30个工作日，至2027年1月7日；"
        "预计2027年1月7日前办结，以部门受理为准；暂定：所涉年份的放假安排尚未公布；演示时限。"
    )
    assert said.en is not None
    assert "expected by 2027-01-07" in said.en
    assert "tentative" in said.en
    accepted = Milestones(received_on=date(2026, 11, 2), accepted_on=date(2026, 11, 6))
    stopped = promise(proxy(10), accepted, CALENDAR, [Pause(PauseKind.EXPERT_REVIEW, date(2026, 11, 9))])
    assert explain(proxy(10), accepted, stopped).zh == (
        "2026年11月6日部门受理；办理10个工作日；暂停计时中，恢复后重新推算。"
    )
    promised = promise(proxy(10), accepted, CALENDAR)
    assert "预计" not in explain(proxy(10), accepted, promised).zh


def test_no_limit_and_unknown_limit_are_told_apart() -> None:
    for statutory, words in ((False, "不计法定时限。"), (True, "时限未载明。")):
        report = item(Mode.REPORT, Finish.HANDED_UP, TimeLimit(statutory=statutory))
        milestones = Milestones(received_on=date(2026, 11, 23))
        found = promise(report, milestones, CALENDAR)
        assert (found.kind, explain(report, milestones, found).zh) == (PromiseKind.NONE, words)


def test_a_published_calendar_turns_a_tentative_date_firm() -> None:
    milestones = Milestones(received_on=date(2026, 11, 23), accepted_on=date(2026, 11, 25))
    assert promise(proxy(30), milestones, CALENDAR).tentative
    newer = msgspec.structs.replace(
        CALENDAR, version="试验", last_year=2027, holidays=(*CALENDAR.holidays, date(2027, 1, 1))
    )
    found = promise(proxy(30), milestones, newer)
    assert (found.due_on, found.tentative) == (date(2027, 1, 7), False)


@pytest.mark.parametrize(
    ("today", "decided_on", "expected"),
    [
        (date(2026, 12, 1), None, Light.ON_TIME),
        (date(2026, 12, 2), None, Light.NEAR),
        (date(2026, 12, 4), None, Light.NEAR),
        (date(2026, 12, 5), None, Light.LATE),
        (date(2027, 1, 5), date(2026, 12, 4), Light.ON_TIME),
        (date(2027, 1, 5), date(2026, 12, 5), Light.LATE),
    ],
)
def test_the_light_turns_two_working_days_before(
    today: date, decided_on: date | None, expected: Light
) -> None:
    due = Promise(kind=PromiseKind.PROMISED, due_on=date(2026, 12, 4))
    assert light(due, today, CALENDAR, decided_on) is expected


def test_without_a_date_there_is_no_light() -> None:
    assert light(Promise(kind=PromiseKind.PROMISED, stopped=True), date(2026, 12, 4), CALENDAR) is Light.NONE


@pytest.mark.parametrize(
    ("today", "handed_up_on", "expected"),
    [
        (date(2026, 11, 25), None, Light.ON_TIME),
        (date(2026, 11, 26), None, Light.NEAR),
        (date(2026, 11, 30), None, Light.NEAR),
        (date(2026, 12, 1), None, Light.LATE),
        (date(2026, 12, 20), date(2026, 11, 30), Light.ON_TIME),
        (date(2026, 12, 20), date(2026, 12, 1), Light.LATE),
    ],
)
def test_handover_is_due_after_three_days_and_late_after_a_week(
    today: date, handed_up_on: date | None, expected: Light
) -> None:
    assert handover_light(date(2026, 11, 23), today, CALENDAR, handed_up_on) is expected


@pytest.mark.parametrize(
    ("told_on", "today", "accepted_on"),
    [
        (None, date(2026, 10, 12), None),
        (None, date(2026, 10, 13), date(2026, 9, 29)),
        (date(2026, 10, 12), date(2026, 12, 1), None),
        (date(2026, 10, 13), date(2026, 12, 1), date(2026, 9, 29)),
    ],
)
def test_a_licence_not_answered_in_five_working_days_counts_as_accepted(
    told_on: date | None, today: date, accepted_on: date | None
) -> None:
    licence = item(Mode.PROXY, Finish.HANDED_UP, TimeLimit(immediate=True), licence=True)
    clock = licence_clock(licence, date(2026, 9, 29), told_on, today, CALENDAR)
    assert clock is not None
    assert clock.tell_by == date(2026, 10, 12)  # over National Day, the make-up Saturday counted
    assert clock.accepted_on == accepted_on
    assert ("视为受理" in clock.explanation.zh) is (accepted_on is not None)


def test_the_licence_rule_is_for_licences_and_concludes_nothing_from_a_tentative_date() -> None:
    day = date(2026, 12, 28)
    plain = proxy(5)
    assert licence_clock(plain, day, None, day, CALENDAR) is None
    licence = item(Mode.PROXY, Finish.HANDED_UP, TimeLimit(immediate=True), licence=True)
    clock = licence_clock(licence, day, None, date(2027, 3, 1), CALENDAR)
    assert clock is not None
    assert clock.tentative
    assert clock.accepted_on is None
    assert "暂定" in clock.explanation.zh


def test_milestones_and_pauses_are_read_from_a_case_in_haining_time() -> None:
    values = {
        "captured_at": "2026-11-22T15:30:00Z",
        "received_at": "2026-11-22T16:30:00Z",
        "handed_up_at": "2026-11-24T09:00:00+08:00",
        "accepted_at": None,
        "pauses": [{"reason": "supplement", "start": "2026-11-25T08:00:00+08:00"}],
    }
    assert milestones_of(values) == Milestones(
        received_on=date(2026, 11, 23), handed_up_on=date(2026, 11, 24)
    )
    assert milestones_of({"captured_at": "2026-11-22T15:30:00Z"}).received_on == date(2026, 11, 22)
    assert pauses_of(values) == [Pause(PauseKind.SUPPLEMENT, date(2026, 11, 25))]
    assert pauses_of({}) == []
