"""Figures name their rule; a worker's own go to the worker and the lead; overdue is a range of days."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.store.audit import entries
from server.tally_rules import TALLY_RULES
from tests.server.desk_village import DeskVillage, desk_village, told
from tests.server.sync_village import GRID_1, GRID_2, HOUSEHOLDS, VILLAGE, household_id, resident_id

MONTH = "2026-11"


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskVillage]:
    """Wang visits two households and finds a third empty; li visits one; each captures a case."""
    with desk_village(tmp_path_factory.mktemp("figures")) as village:
        village.rota(village.today, "li")
        for worker, grid, outcomes in (
            ("wang", GRID_1, ("met", "met", "not_home")),
            ("li", GRID_2, ("met",)),
        ):
            phone = village.phone(worker)
            walk = phone.create(
                "round", worker=phone.worker["id"], grid=grid, started_at=village.moment()
            ).record
            for number, outcome in enumerate(outcomes):
                village.later()
                phone.create(
                    "visit",
                    round=walk,
                    worker=phone.worker["id"],
                    grid=grid,
                    household=household_id(grid, number),
                    outcome=outcome,
                    started_at=village.moment(),
                )
            village.capture_case(phone, resident=resident_id(grid, 0, 0))
            assert {entry["outcome"] for entry in phone.push()} == {"applied"}
        yield village


def tallies(village: DeskVillage, by: str, rule: str = "") -> dict[str, list[dict[str, object]]]:
    found = village.call(by, "GET", f"tallies?month={MONTH}{rule and '&rule=' + rule}")
    assert found.status_code == 200, found.text
    return dict(found.json())


def total(found: dict[str, list[dict[str, object]]], rule: str) -> int:
    return sum(int(str(figure["count"])) for figure in found["figures"] if figure["rule"] == rule)


def test_every_number_names_its_rule_and_every_rule_explains_itself(village: DeskVillage) -> None:
    found = tallies(village, "supervisor")
    assert {rule["key"] for rule in found["rules"]} == {figure["rule"] for figure in found["figures"]}
    assert all(len(str(rule["zh"])) > 10 and rule["en"] for rule in found["rules"])
    assert (total(found, "household.day"), total(found, "round.attempted")) == (3, 2)
    assert (total(found, "visit.recorded"), total(found, "case.captured")) == (4, 2)
    outcomes = {str(figure["outcome"]) for figure in found["figures"] if figure["rule"] == "visit.recorded"}
    assert outcomes == {"met", "not_home"}


def test_a_supervisor_gets_no_workers_and_the_lead_does(village: DeskVillage) -> None:
    people = {village.workers["wang"], village.workers["li"]}
    seen = tallies(village, "supervisor")
    assert {figure["worker"] for figure in seen["figures"]} == {""}
    assert not any(worker in str(seen) for worker in people)
    known = tallies(village, "lead", "round.attempted")
    assert {figure["worker"] for figure in known["figures"]} == people
    assert total(known, "round.attempted") == total(seen, "round.attempted")


def test_a_worker_gets_the_own_figures_and_nobody_elses(village: DeskVillage) -> None:
    found = tallies(village, "wang")
    assert {figure["worker"] for figure in found["figures"]} == {village.workers["wang"]}
    assert (total(found, "visit.recorded"), total(found, "round.attempted")) == (3, 1)
    assert total(tallies(village, "li"), "visit.recorded") == 1  # at the window: still only the own


def test_one_rule_of_one_month(village: DeskVillage) -> None:
    found = tallies(village, "lead", "case.captured")
    assert [rule["key"] for rule in found["rules"]] == ["case.captured"]
    assert {figure["rule"] for figure in found["figures"]} == {"case.captured"}
    none = village.call("lead", "GET", "tallies?month=2020-01&rule=case.captured").json()
    assert (none["figures"], len(none["rules"])) == ([], 1)
    wrong = village.call("lead", "GET", "tallies?month=November&rule=points")
    assert told(wrong) == (422, "request-invalid", ["month", "unknown-rule"])
    assert set(TALLY_RULES) >= {"household.day", "round.attempted", "visit.recorded", "case.captured"}


def test_overdue_is_what_was_due_before_the_day(village: DeskVillage) -> None:
    here = sum(count for grid, count in HOUSEHOLDS.items() if grid.startswith(VILLAGE))
    now = village.call("supervisor", "GET", "overdue").json()
    assert (now["total"], now["households"], now["rule"]) == (0, [], "household.day")
    soon = village.call("lead", "GET", "overdue?day=2027-01-01").json()
    visited = {household_id(GRID_1, 0), household_id(GRID_1, 1), household_id(GRID_2, 0)}
    assert soon["total"] == here - len(visited)
    assert visited.isdisjoint(one["household"] for one in soon["households"])
    assert {one["next_due"] for one in soon["households"]} == {"2026-12-31"}
    later = village.call("lead", "GET", "overdue?day=2027-07-01&limit=3").json()
    assert later["total"] == here and len(later["households"]) == 3
    assert [one["next_due"] for one in later["households"]] == ["2026-12-31"] * 3
    assert told(village.call("lead", "GET", "overdue?limit=0"))[:2] == (422, "request-invalid")


def test_reading_figures_is_audited_and_the_audit_is_paged(village: DeskVillage) -> None:
    for _ in range(21):
        tallies(village, "supervisor")
    last = village.store.read_now(lambda db: entries(db, division=VILLAGE))[-1]
    assert (last.action, last.account) == ("tallies.read", village.workers["supervisor"])
    seen, after, more = 0, 0, True
    while more:
        page = village.call("admin", "GET", f"/api/v1/audit?limit=7&after={after}").json()
        more = page["more"]
        assert page["after"] > after
        seen, after = seen + len(page["entries"]), page["after"]
        assert len(page["entries"]) <= 7
    assert seen > 20 and page["entries"][-1]["action"] == "audit.read"
    of_village = village.call("admin", "GET", f"/api/v1/audit?division={VILLAGE}&limit=1000").json()
    assert {entry["village"] for entry in of_village["entries"]} == {VILLAGE}
