"""Every counting pitfall of the domain notes, and that tallies by increments equal whole lists."""

from collections import defaultdict
from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_map.counting import (
    Outcome,
    RoundFact,
    VisitFact,
    attempts,
    coverage,
    coverage_key,
    covers,
    credited_workers,
    pace_of_counts,
    pace_rounds,
    round_closes_at,
    worker_households,
)
from grid_map.counting_rules import RULES, Count
from grid_map.days import count_day, ms_of
from grid_map.visit_classes import VisitClass, VisitClasses, load_visit_classes

CLASSES = load_visit_classes()
VILLAGE, OTHER_VILLAGE = "330481106222", "330481106201"
HOUR = 3_600_000


def at(text: str) -> int:
    """Shanghai wall-clock time in epoch ms."""
    return ms_of(datetime.fromisoformat(f"{text}+08:00"))


def visit(
    name: str = "v1",
    when: str = "2026-11-23T09:00",
    household: str | None = "h1",
    outcome: Outcome = "met",
    workers: tuple[str, ...] = ("li",),
    in_round: str | None = "r1",
    **other: object,
) -> VisitFact:
    fact = VisitFact(
        name, in_round, workers, household, f"{VILLAGE}001", VILLAGE, "ordinary", outcome, at(when)
    )
    return msgspec.structs.replace(fact, **other)


def a_round(
    name: str = "r1",
    when: str = "2026-11-23T08:30",
    worker: str = "li",
    village: str = VILLAGE,
    **other: object,
) -> RoundFact:
    return msgspec.structs.replace(RoundFact(name, worker, f"{village}001", village, at(when)), **other)


def why(count: Count, name: str) -> str:
    return next(e.reason.code for e in count.explained if e.id == name)


def test_the_same_household_twice_in_a_day_counts_once() -> None:
    count = coverage([visit("late", "2026-11-23T16:00"), visit("early", "2026-11-23T09:00")], CLASSES)
    assert count.number == 1
    assert (why(count, "early"), why(count, "late")) == ("counted", "same-day")
    assert coverage([visit("a"), visit("b", "2026-11-24T09:00")], CLASSES).number == 2


def test_two_workers_together_are_one_for_coverage_and_one_round_each() -> None:
    together = [visit(workers=("li", "wang"))]
    assert coverage(together, CLASSES).number == 1
    assert credited_workers(a_round(), together[0]) == ("li", "wang")
    assert pace_rounds([a_round()], together, "li").number == 1
    wang = pace_rounds([a_round()], together, "wang")
    assert (wang.number, why(wang, "r1")) == (1, "accompanied")
    assert worker_households(together, CLASSES, "wang").number == 1
    assert pace_rounds([a_round()], together, "zhao").number == 0


def test_two_workers_with_two_phones_still_have_one_round_each() -> None:
    rounds = [a_round("r1", worker="li"), a_round("r2", worker="wang")]
    visits = [
        visit("v1", household="h1", workers=("li", "wang"), in_round="r1"),
        visit("v2", household="h2", workers=("wang", "li"), in_round="r2"),
    ]
    for worker, accompanied in (("li", "r2"), ("wang", "r1")):
        count = pace_rounds(rounds, visits, worker)
        assert (count.number, why(count, accompanied)) == (1, "same-outing")


def test_not_home_is_kept_and_makes_the_round_count_but_not_coverage() -> None:
    visits = [visit(outcome="not_home")]
    count = coverage(visits, CLASSES)
    assert (count.number, why(count, "v1")) == (0, "not-home")
    assert count.explained[0].reason.zh.startswith("未遇")
    rounds = pace_rounds([a_round()], visits, "li")
    assert (rounds.number, rounds.explained[0].visits) == (1, ("v1",))


@pytest.mark.parametrize(("outcome", "code"), [("phone", "phone"), ("service_point", "service-point")])
def test_a_phone_call_and_a_service_point_count_for_neither(outcome: Outcome, code: str) -> None:
    visits = [visit(outcome=outcome)]
    count = coverage(visits, CLASSES)
    assert (count.number, why(count, "v1")) == (0, code)
    rounds = pace_rounds([a_round()], visits, "li")
    assert (rounds.number, why(rounds, "r1")) == (0, "no-attempt")


def test_seeing_the_place_counts_only_where_the_class_says_so() -> None:
    seen = visit(outcome="seen")
    assert (coverage([seen], CLASSES).number, why(coverage([seen], CLASSES), "v1")) == (0, "seen-only")
    lenient = VisitClasses(
        [VisitClass("ordinary", "一般", "ordinary", "half_year", seeing_the_place_is_enough=True)]
    )
    assert coverage([seen], lenient).number == 1
    assert attempts(seen)


def test_a_visit_before_midnight_synced_later_belongs_to_when_it_occurred() -> None:
    late = visit(when="2026-11-23T23:59:59", received_at_ms=at("2026-11-25T08:00"))
    assert coverage([late], CLASSES).explained[0].day == date(2026, 11, 23)
    both = coverage([late, visit("next", when="2026-11-24T00:00")], CLASSES)
    assert [e.day.day for e in both.explained if e.counted] == [23, 24]


def test_a_visit_at_year_end_synced_the_next_year_belongs_to_the_old_year() -> None:
    old = visit(when="2026-12-31T23:58", received_at_ms=at("2027-01-02T09:00"))
    assert coverage_key(old, CLASSES["ordinary"]) == ("h1", date(2026, 12, 31))
    # 16:30 UTC on 31 December is the new year in Shanghai
    utc = visit("new", occurred_at_ms=ms_of(datetime(2026, 12, 31, 16, 30, tzinfo=UTC)))
    assert coverage([utc], CLASSES).explained[0].day == date(2027, 1, 1)


def test_a_round_over_midnight_counts_on_the_day_it_began() -> None:
    rounds = pace_rounds([a_round(when="2026-12-31T23:30")], [visit(when="2027-01-01T00:10")], "li")
    assert [(e.day, e.counted) for e in rounds.explained] == [(date(2026, 12, 31), True)]


def test_a_worker_who_moves_village_keeps_the_rounds_of_both() -> None:
    rounds = [a_round("r1", "2026-05-04T09:00"), a_round("r2", "2026-09-01T09:00", village=OTHER_VILLAGE)]
    visits = [
        visit("v1", "2026-05-04T09:10"),
        visit("v2", "2026-09-01T09:10", "h2", in_round="r2", village=OTHER_VILLAGE),
    ]
    assert pace_rounds(rounds, visits, "li").number == 2
    here = [v for v in visits if v.village == OTHER_VILLAGE]
    assert coverage(here, CLASSES).number == 1


def test_a_round_without_a_household_does_not_count() -> None:
    place = visit(household=None)
    count = pace_rounds([a_round()], [place], "li")
    assert (count.number, why(count, "r1")) == (0, "no-attempt")
    assert why(coverage([place], CLASSES), "v1") == "no-household"


def test_voided_visits_and_rounds_do_not_count() -> None:
    gone = visit(voided=True)
    assert (coverage([gone], CLASSES).number, why(coverage([gone], CLASSES), "v1")) == (0, "voided")
    assert pace_rounds([a_round()], [gone], "li").number == 0
    voided = pace_rounds([a_round(voided=True)], [visit()], "li")
    assert (voided.number, why(voided, "r1")) == (0, "voided")
    again = [gone, visit("v2", "2026-11-23T10:00")]
    assert coverage(again, CLASSES).number == 1


def test_a_visit_whose_round_has_not_arrived_is_explained() -> None:
    count = pace_rounds([], [visit()], "li")
    assert (count.number, why(count, "v1")) == (0, "round-unknown")


def test_a_class_that_the_table_lost_still_counts_when_somebody_was_met() -> None:
    assert coverage([visit(visit_class="retired")], CLASSES).number == 1
    assert not covers(visit(visit_class="retired", outcome="seen"), None)


def test_a_round_closes_by_its_button_or_three_hours_after_its_last_visit() -> None:
    started = at("2026-11-23T08:30")
    assert round_closes_at(a_round(), None) == started + 3 * HOUR
    assert round_closes_at(a_round(), started + HOUR) == started + 4 * HOUR
    assert round_closes_at(a_round(finished_at_ms=started + 10), started + HOUR) == started + 10
    forgotten = a_round(finished_at_ms=started + 9 * HOUR)
    assert round_closes_at(forgotten, started + HOUR) == started + 4 * HOUR


def test_every_number_names_a_rule_that_is_explained_in_both_languages() -> None:
    for count in (coverage([], CLASSES), pace_rounds([], [], "li"), worker_households([], CLASSES, "li")):
        rule = RULES[count.rule]
        assert rule.zh and rule.en


FACTS = st.builds(
    lambda n, hour, household, outcome, workers, in_round, voided: visit(
        f"v{n}",
        f"2026-11-{22 + hour // 24:02d}T{hour % 24:02d}:00",
        household,
        outcome,
        workers,
        round,
        voided=voided,
    ),
    st.integers(0, 10**9),
    st.integers(0, 47),
    st.sampled_from(["h1", "h2", "h3", None]),
    st.sampled_from(["met", "not_home", "phone", "service_point", "seen"]),
    st.sampled_from([("li",), ("li", "wang"), ("wang", "li"), ("wang",)]),
    st.sampled_from(["r1", "r2", "r3", None]),
    st.booleans(),
)
VISITS = st.lists(FACTS, max_size=25, unique_by=lambda v: v.id)
ROUNDS = [a_round("r1"), a_round("r2", "2026-11-23T14:00", "wang"), a_round("r3", "2026-11-22T14:00", "li")]


@given(VISITS, st.randoms())
def test_coverage_by_increments_equals_the_whole_list_in_any_order(
    visits: list[VisitFact], random: object
) -> None:
    tally: dict[tuple[str, date], int] = defaultdict(int)
    for fact in visits:
        key = coverage_key(fact, CLASSES.get(fact.visit_class))
        if key is not None:
            tally[key] += 1
    whole = coverage(visits, CLASSES)
    assert whole.number == len(tally)
    assert len(whole.explained) == len(visits)
    shuffled = list(visits)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert coverage(shuffled, CLASSES) == whole


@given(VISITS)
def test_rounds_by_increments_equal_the_whole_list(visits: list[VisitFact]) -> None:
    by_id = {r.id: r for r in ROUNDS}
    credited: dict[tuple[str, date, str, bool], set[str]] = defaultdict(set)
    for fact in visits:
        round_ = by_id.get(fact.round or "")
        for worker in credited_workers(round_, fact) if round_ else ():
            assert round_
            own = worker == round_.worker
            credited[worker, count_day(round_.started_at_ms), round_.grid, own].add(round_.id)
    for worker in ("li", "wang"):
        places = {(d, g) for w, d, g, _ in credited if w == worker}
        tallied = sum(
            pace_of_counts(len(credited[worker, d, g, True]), len(credited[worker, d, g, False]))
            for d, g in places
        )
        assert pace_rounds(ROUNDS, visits, worker).number == tallied
