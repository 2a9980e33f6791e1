"""The rota: every working day, half of the workers, fair by the month, and nobody on leave at the window."""

from collections import Counter, defaultdict
from datetime import date

import pytest

from server.demo.city import village_facts
from server.demo.facts import Fact, seeded
from server.demo.rota import LEAVE_DAYS_A_YEAR, calendar, draw_rota

MAKE_UP_WORKDAYS_2026 = ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10")


def year(workers, seed=1):
    names = [f"w{n}" for n in range(1, workers + 1)]
    return names, draw_rota(seeded(seed, "rota"), names, date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("workers", [4, 5, 6])
def test_within_a_month_two_workers_differ_by_one_day_at_most(workers, seed):
    names, rota = year(workers, seed)
    served = defaultdict(Counter)
    for entry in rota:
        served[entry.day.month].update(entry.window)
    for month, counts in served.items():
        days = [counts[name] for name in names]
        assert max(days) - min(days) <= 1, (month, counts)


@pytest.mark.parametrize("workers", [4, 5, 6])
def test_half_of_the_workers_two_or_three_a_day(workers):
    _, rota = year(workers)
    sizes = {len(entry.window) for entry in rota}
    assert sizes <= {2, 3}
    assert abs(sum(len(entry.window) for entry in rota) / len(rota) - workers / 2) < 0.02


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("workers", [4, 5, 6])
def test_everybody_has_five_days_of_leave_spread_over_the_year_and_never_at_the_window(workers, seed):
    names, rota = year(workers, seed)
    leave = defaultdict(list)
    for entry in rota:
        assert not set(entry.window) & set(entry.leave)
        for name in entry.leave:
            leave[name].append(entry.day)
    for name in names:
        assert LEAVE_DAYS_A_YEAR - 1 <= len(leave[name]) <= LEAVE_DAYS_A_YEAR
        assert len({day.month for day in leave[name]}) >= 3


def test_exactly_the_working_days_make_up_days_included():
    _, rota = year(5)
    days = {entry.day.isoformat() for entry in rota}
    assert len(days) == 248
    assert days.issuperset(MAKE_UP_WORKDAYS_2026)
    assert days.isdisjoint({"2026-01-01", "2026-10-01", "2026-11-22"})
    assert not any(entry.tentative for entry in rota)


def test_a_year_without_a_notice_is_tentative():
    unpublished = calendar().last_year + 1
    rota = draw_rota(seeded(1), ["a", "b", "c", "d"], date(unpublished, 3, 1), date(unpublished, 3, 31))
    assert all(entry.tentative for entry in rota)


def test_a_village_has_the_rota_of_its_history_and_of_the_next_month():
    today = date(2026, 11, 23)
    made = [entry for entry in village_facts("330481106222", 1, today) if isinstance(entry, Fact)]
    workers = {fact.fields["worker"] for fact in made if fact.kind == "assignment"}
    rota = [fact.fields for fact in made if fact.kind == "rota"]
    days = [fields["day"] for fields in rota]
    assert days == sorted(set(days))
    assert (days[0], days[-1]) == ("2026-08-03", "2026-12-31")
    assert {name for fields in rota for name in fields["window"]} == workers
    assert any(fields["leave"] for fields in rota)
