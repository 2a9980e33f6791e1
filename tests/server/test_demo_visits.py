"""The history of visits: a mix that can be done, the right few behind, and rounds that people could have walked."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

import pytest

from grid_map.counting import RoundFact, VisitFact, pace_rounds
from grid_map.coverage import HouseholdFact, coverage_by_class
from grid_map.days import count_day
from grid_map.visit_classes import load_visit_classes
from server.demo.city import village_facts
from server.demo.facts import Change, Fact
from server.demo.size import WORKERS_MIN
from server.demo.visit_mix import (
    NOT_HOME_SHARE,
    ROUNDS_A_YEAR,
    VISITS_A_ROUND_MAX,
    class_counts,
)
from sync.clock import moment_ms

VILLAGE, COMMUNITY = "330481106222", "330481106001"
VISITS_A_YEAR = {"half_year": 2, "month": 12, "iso_week": 52}
DAYS = [date(2026, 11, 23), date(2027, 1, 4), date(2026, 7, 1), date(2026, 6, 30)]


@lru_cache(maxsize=16)
def stream(village=VILLAGE, today=DAYS[0], months=3):
    return tuple(village_facts(village, 1, today, months))


def of_kind(kind, *place):
    return [entry for entry in stream(*place) if entry.kind == kind and isinstance(entry, Fact)]


def visits_as_counted(*place):
    return [
        VisitFact(
            id=fact.record,
            round=fact.fields.get("round"),
            workers=(fact.fields["worker"], *fact.fields.get("companions", ())),
            household=fact.fields["household"],
            grid=fact.fields["grid"],
            village=fact.village,
            visit_class=fact.fields["visit_class"],
            outcome=fact.fields["outcome"],
            occurred_at_ms=moment_ms(fact.fields["started_at"]),
        )
        for fact in of_kind("visit", *place)
    ]


def coverage(*place):
    today = place[1]
    households = [
        HouseholdFact(
            fact.record, fact.fields["grid"], fact.village, fact.fields["visit_class"], count_day(fact.at_ms)
        )
        for fact in of_kind("household", *place)
    ]
    return coverage_by_class(households, visits_as_counted(*place), load_visit_classes(), today)


@pytest.mark.parametrize(
    ("households", "workers"), [(2_000, 5), (1_700, 4), (1_899, WORKERS_MIN), (2_300, 6)]
)
def test_the_mix_can_be_done_by_the_workers(households, workers):
    """The sum in `visit_mix`: attempts a year, those in vain included, against rounds of twelve."""
    classes = load_visit_classes()
    counts = class_counts(households)
    assert sum(counts.values()) == households
    met = sum(number * VISITS_A_YEAR[classes[key].period] for key, number in counts.items())
    attempts = met / (1 - NOT_HOME_SHARE)
    assert attempts <= workers * ROUNDS_A_YEAR * VISITS_A_ROUND_MAX * 0.75


def test_the_sum_in_the_docstring():
    classes = load_visit_classes()
    counts = class_counts(2_000)
    assert counts["ordinary"] == 1_846
    assert sum(number * VISITS_A_YEAR[classes[key].period] for key, number in counts.items()) == 6_100
    assert {key: VISITS_A_YEAR[classes[key].period] for key in counts}["high_risk"] == 52


@pytest.mark.parametrize("village", [VILLAGE, COMMUNITY])
def test_households_are_in_the_classes_of_the_mix(village):
    households = of_kind("household", village)
    made = Counter(fact.fields["visit_class"] for fact in households)
    assert made == class_counts(len(households))
    for fact in households:
        assert ("visit_class_reason" in fact.fields) == (fact.fields["visit_class"] != "ordinary")


@pytest.mark.parametrize(("village", "today"), [*((VILLAGE, day) for day in DAYS), (COMMUNITY, DAYS[0])])
def test_five_to_ten_per_cent_are_overdue(village, today):
    found = coverage(village, today)
    households = sum(one.households for one in found)
    assert 0.05 <= sum(one.overdue for one in found) / households <= 0.10
    often = [one for one in found if one.visit_class != "ordinary"]
    assert 0.05 <= sum(one.overdue for one in often) / sum(one.households for one in often) <= 0.10


@pytest.mark.parametrize("months", [0, 11])
def test_so_it_is_with_a_shorter_or_longer_history(months):
    found = coverage(VILLAGE, DAYS[0], months)
    assert 0.05 <= sum(one.overdue for one in found) / sum(one.households for one in found) <= 0.10


def test_there_is_something_left_to_do_and_something_done():
    found = coverage(VILLAGE, DAYS[0])
    assert sum(one.due for one in found) > 200
    assert sum(one.done for one in found) > 1_000


@pytest.mark.parametrize("today", DAYS[:3])
def test_rounds_hold_at_most_twelve_visits_of_one_grid(today):
    rounds = {fact.record: fact.fields for fact in of_kind("round", VILLAGE, today)}
    size = Counter()
    for fact in of_kind("visit", VILLAGE, today):
        if (record := fact.fields.get("round")) is not None:
            size[record] += 1
            assert fact.fields["grid"] == rounds[record]["grid"]
            assert fact.fields["worker"] == rounds[record]["worker"]
    assert set(size) == set(rounds)
    assert max(size.values()) <= VISITS_A_ROUND_MAX


def test_nobody_is_out_while_at_the_window_on_leave_or_elsewhere():
    rota = {fact.fields["day"]: fact.fields for fact in of_kind("rota")}
    finished = {
        entry.record: entry.at_ms for entry in stream() if isinstance(entry, Change) and entry.kind == "round"
    }
    busy = defaultdict(list)
    for fact in of_kind("round"):
        worker, day = fact.fields["worker"], count_day(fact.at_ms).isoformat()
        busy[worker].append((fact.at_ms, finished[fact.record]))
        evening = (fact.at_ms // 3_600_000 + 8) % 24 >= 18
        if day in rota:
            assert worker not in rota[day]["leave"]
            assert evening or worker not in rota[day]["window"]
    for fact in of_kind("visit"):
        for companion in fact.fields.get("companions", ()):
            day = rota.get(count_day(moment_ms(fact.fields["started_at"])).isoformat())
            assert companion != fact.fields["worker"]
            assert day is None or companion not in day["leave"]
    for outings in busy.values():
        outings.sort()
        assert all(end < start for (_, end), (start, _) in pairwise(outings))


def test_workers_only_visit_their_grids():
    grids = defaultdict(set)
    for fact in of_kind("assignment"):
        grids[fact.fields["worker"]].add(fact.fields["grid"])
    for fact in of_kind("visit"):
        assert fact.fields["grid"] in grids[fact.fields["worker"]]


def test_visits_follow_one_another_and_last_some_minutes():
    by_round = defaultdict(list)
    for fact in of_kind("visit"):
        start, end = (moment_ms(fact.fields[name]) for name in ("started_at", "ended_at"))
        assert 0 < end - start <= 15 * 60_000
        assert moment_ms(fact.fields["recorded_at"]) >= end
        if "round" in fact.fields:
            by_round[fact.fields["round"]].append((start, end))
    for spans in by_round.values():
        spans.sort()
        assert all(end < start for (_, end), (start, _) in pairwise(spans))


def test_outcomes_findings_and_the_rest_in_their_shares():
    visits = [fact.fields for fact in of_kind("visit") if "round" in fact.fields]
    outcomes = Counter(fields["outcome"] for fields in visits)
    assert 0.05 <= outcomes["not_home"] / len(visits) <= 0.11
    assert outcomes["phone"] >= 3
    findings = sum("findings" in fields for fields in visits)
    assert 0.02 <= findings / outcomes["met"] <= 0.06
    assert 0.005 <= sum("companions" in fields for fields in visits) / len(visits) <= 0.06
    assert any(fields.get("written_up_later") for fields in visits)
    hours = Counter((moment_ms(fields["started_at"]) // 3_600_000 + 8) % 24 for fields in visits)
    assert sum(number for hour, number in hours.items() if hour >= 18) >= 10
    assert any(count_day(moment_ms(fields["started_at"])).weekday() >= 5 for fields in visits)


def test_the_pace_is_that_of_180_rounds_a_year():
    rounds = [
        RoundFact(fact.record, fact.fields["worker"], fact.fields["grid"], fact.village, fact.at_ms)
        for fact in of_kind("round")
    ]
    visits = visits_as_counted()
    workers = {one.worker for one in rounds}
    walked = [pace_rounds(rounds, visits, worker).number for worker in workers]
    assert 0.75 <= sum(walked) / len(workers) / (ROUNDS_A_YEAR / 4) <= 1.35


def test_before_the_history_only_the_last_visit_is_known():
    start = DAYS[0] - timedelta(days=92)
    earlier = [fact.fields for fact in of_kind("visit") if "round" not in fact.fields]
    households = {fields["household"] for fields in earlier}
    assert len(households) == len(earlier)
    assert all(count_day(moment_ms(fields["started_at"])) < start for fields in earlier)
    met_since = {
        f.fields["household"]
        for f in of_kind("visit")
        if "round" in f.fields and f.fields["outcome"] == "met"
    }
    assert households.isdisjoint(met_since)
