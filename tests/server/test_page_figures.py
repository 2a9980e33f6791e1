"""Figures of a town: what was pushed, counted by its rule; what is overdue, silent, and at which pace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from forms.handling.calendar import published_calendar
from grid_map.pace import Assignment, Availability, PaceTarget, yearly_pace
from server.own_device import Draft
from server.store import overview
from server.store.pace import village_paces, worker_paces
from server.store.places import village_range, villages_in
from server.tally_rules import TALLY_RULES
from sync.ids import derived
from tests.server.erasing_village import phone_of
from tests.server.sync_village import (
    DAY_MS,
    GRID_1,
    GRID_2,
    NEXT_VILLAGE,
    NOW_MS,
    TOWN,
    VILLAGE,
    TinyVillage,
    household_id,
    resident_id,
    tiny_village,
)

CALENDAR, TODAY, MONTHS = published_calendar(), date(2026, 11, 23), ["2026-10", "2026-11"]
OF_TOWN = village_range(TOWN)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyVillage]:
    """Two workers on rounds: four households visited, one twice on a day, one not met; a case and its decision."""
    with tiny_village(tmp_path_factory.mktemp("figures")) as village:
        for worker, grid in (("wang", GRID_1), ("li", GRID_2)):
            device = phone_of(village, worker)
            fields = {"worker": device.worker["id"], "grid": grid}
            for shift in (0, 20):  # one round today, one on 3 November
                at = village.moment(-shift * DAY_MS)
                walk = device.create("round", started_at=at, **fields).record
                for number, outcome in ((0, "met"), (0, "met"), (1, "not_home")):
                    home = household_id(grid, number)
                    device.create(
                        "visit", round=walk, household=home, outcome=outcome, started_at=at, **fields
                    )
            case = device.create(
                "case", item="allowance", item_version=1, state="registered", captured_at=village.moment(),
                household=household_id(grid, 0), resident=resident_id(grid, 0, 0), applicant_name="人",
                holder=device.worker["id"], first_contact=device.worker["id"],
            ).record  # fmt: skip
            device.change(case, state="finished", decided_at=village.moment())
            device.sync()
        yield village


def told(figures: list[overview.Figure]) -> dict[tuple[str, ...], int]:
    assert all(figure.rule in TALLY_RULES for figure in figures)
    return {figure.key: figure.count for figure in figures}


def test_figures_are_split_as_they_are_asked_for(village: TinyVillage) -> None:
    read = village.store.read_now
    assert told(read(lambda db: overview.visits_counted(db, OF_TOWN, MONTHS))) == {(VILLAGE,): 4}
    by_grid = read(lambda db: overview.visits_counted(db, OF_TOWN, MONTHS, by=("village", "grid")))
    assert told(by_grid) == {(VILLAGE, GRID_1): 2, (VILLAGE, GRID_2): 2}
    recorded = read(lambda db: overview.visits_counted(db, OF_TOWN, MONTHS, "visit.recorded", ("outcome",)))
    assert told(recorded) == {("met",): 8, ("not_home",): 4}
    of_one = read(lambda db: overview.visits_counted(db, OF_TOWN, MONTHS, "visit.recorded", grid=GRID_2))
    assert told(of_one) == {(VILLAGE,): 6}
    assert told(read(lambda db: overview.rounds_counted(db, OF_TOWN, MONTHS))) == {(VILLAGE, "2026-11"): 4}
    assert told(read(lambda db: overview.cases_counted(db, OF_TOWN, MONTHS))) == {("direct",): 2}
    decided = read(lambda db: overview.cases_counted(db, OF_TOWN, MONTHS, "case.decided", ("class",)))
    assert told(decided) == {("untimed",): 2}
    assert told(read(lambda db: overview.item_volumes(db, OF_TOWN, MONTHS))) == {("allowance",): 2}
    elsewhere = village_range("330481107")
    assert read(lambda db: overview.visits_counted(db, elsewhere, MONTHS)) == []
    assert read(lambda db: overview.rounds_counted(db, OF_TOWN, [])) == []


def test_what_came_after_its_month_had_closed_stands_beside_the_closed_figure(tmp_path: Path) -> None:
    with tiny_village(tmp_path) as village:
        device = phone_of(village, "wang")
        fields = {"worker": device.worker["id"], "grid": GRID_1, "household": household_id(GRID_1, 0)}
        device.create("visit", outcome="met", started_at=village.moment(-40 * DAY_MS), **fields)
        device.sync()
        (figure,) = village.store.read_now(lambda db: overview.visits_counted(db, OF_TOWN, MONTHS))
        assert (figure.closed, figure.late, figure.count) == (0, 1, 1)


def test_overdue_households_by_place_and_class_are_those_of_the_list(village: TinyVillage) -> None:
    read, later = village.store.read_now, "2027-07-10"
    rows, after = read(lambda db: overview.overdue_rows(db, OF_TOWN, later, limit=3))
    while after is not None:
        more, after = read(
            lambda db, after=after: overview.overdue_rows(db, OF_TOWN, later, after=after, limit=3)
        )
        rows += more
    assert [row.next_due for row in rows] == sorted(row.next_due for row in rows)
    assert len({row.household for row in rows}) == len(rows) == 10
    by_village = read(lambda db: overview.overdue_by(db, OF_TOWN, later))
    assert by_village == {
        VILLAGE: overview.DueHouseholds(8, 8),
        NEXT_VILLAGE: overview.DueHouseholds(2, 2),
    }
    by_grid = read(lambda db: overview.overdue_by(db, OF_TOWN, "2027-01-05", "grid"))
    assert by_grid[GRID_1] == overview.DueHouseholds(3, 2)  # one of three was met in this half-year
    of_grid, _ = read(lambda db: overview.overdue_rows(db, OF_TOWN, "2027-01-05", grid=GRID_1))
    assert {row.household for row in of_grid} == {household_id(GRID_1, 1), household_id(GRID_1, 2)}
    assert read(lambda db: overview.overdue_by(db, OF_TOWN, later, "class")) == {
        "ordinary": overview.DueHouseholds(10, 10)
    }


def test_a_phone_is_silent_until_it_is_heard_of(village: TinyVillage) -> None:
    read = village.store.read_now
    silent = read(lambda db: overview.silent_devices(db, OF_TOWN, village.now_ms + 1))
    assert sorted((one.worker_name, one.village) for one in silent) == [("li", VILLAGE), ("wang", VILLAGE)]
    assert read(lambda db: overview.silent_devices(db, OF_TOWN, village.now_ms)) == []


def test_the_pace_is_that_of_the_days_available(village: TinyVillage) -> None:
    wang, li, target = village.workers["wang"], village.workers["li"], PaceTarget()
    days, leave = ["2026-01-05", "2026-03-02"], "2026-06-01"
    window = [
        Draft(
            kind="rota", village=VILLAGE, record=derived("rota", VILLAGE, day),
            fields={"day": day, "window": [wang]} if day != leave else {"day": day, "window": [li], "leave": [wang]},
        )
        for day in (*days, leave)
    ]  # fmt: skip
    assert [entry.outcome for entry in village.write(window, NOW_MS)] == ["applied"] * 3
    rows = village.store.read_now(lambda db: worker_paces(db, VILLAGE, TODAY, CALENDAR, target))
    (row,) = (row for row in rows if row.worker == wang)
    until = date(2026, 11, 27)  # where the rota of the founding ends
    there = CALENDAR.available_days(date(2026, 1, 1), until, [date(2026, 6, 1)]).days
    availability = Availability(
        frozenset(map(date.fromisoformat, days)), frozenset({date(2026, 6, 1)}), until, 2 / there
    )
    right = yearly_pace(
        target,
        [Assignment(VILLAGE, date(2026, 1, 1))],
        availability,
        CALENDAR.is_working_day,
        TODAY,
        {VILLAGE: 2},
    )
    assert (row.done, row.expected, row.year_target) == (2, right.expected, right.year_target)
    assert (row.days_so_far, row.days_of_year) == (
        right.villages[0].days_so_far,
        right.villages[0].days_of_year,
    )
    assert row.estimated and row.rule == right.rule == "round.attempted"


def test_a_villages_pace_is_the_sum_of_its_workers(village: TinyVillage) -> None:
    read, target = village.store.read_now, PaceTarget()
    workers = read(lambda db: worker_paces(db, VILLAGE, TODAY, CALENDAR, target))
    here, there = read(lambda db: village_paces(db, OF_TOWN, TODAY, CALENDAR, target))
    assert (here.village, here.worker, here.done) == (VILLAGE, "", 4)
    assert here.expected == pytest.approx(sum(row.expected or 0 for row in workers))
    assert here.year_target == pytest.approx(180 * 3)
    assert there.village == NEXT_VILLAGE and there.done == 0
    one = read(lambda db: worker_paces(db, VILLAGE, TODAY, CALENDAR, target, village.workers["li"]))
    assert [row.worker for row in one] == [village.workers["li"]]


def test_a_year_without_a_holiday_notice_has_no_expected_pace(village: TinyVillage) -> None:
    unknown = date(2027, 3, 1)
    rows = village.store.read_now(lambda db: village_paces(db, OF_TOWN, unknown, CALENDAR, PaceTarget()))
    assert {(row.expected, row.year_target, row.estimated) for row in rows} == {(None, None, True)}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("330481", ("330481", "330482")),
        ("330481106", ("330481106", "330481107")),
        ("330481106000", ("330481106", "330481107")),
        ("330481106222", ("330481106222", "330481106223")),
    ],
)
def test_a_division_is_a_range_of_villages(
    village: TinyVillage, code: str, expected: tuple[str, str]
) -> None:
    assert village_range(code) == expected
    found = village.store.read_now(lambda db: villages_in(db, village_range(code)))
    assert found == [one for one in (VILLAGE, NEXT_VILLAGE) if one.startswith(code.removesuffix("000"))]


@pytest.mark.parametrize("code", ["", "reference", "33048１", "-330481"])
def test_what_is_no_division_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="division"):
        village_range(code)
