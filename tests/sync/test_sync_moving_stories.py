"""Households that move, and what goes with them, whatever arrives first (protocol, Merge and Versions)."""

from sync.apply import Applied, Outcome
from sync.record import Record, part_of
from tests.sync.memory_phone import Phone, village
from tests.sync.memory_world import GRID, GRID_2, NEXT_GRID, NEXT_VILLAGE, NOW_MS, VILLAGE, Intake


def get(intake: Intake, record: str) -> Record:
    found = intake.world.get(record)
    assert found is not None
    return found


def place(intake: Intake, record: str) -> tuple[str, str | None]:
    found = get(intake, record)
    return found.village, found.grid


def remarks_of(applied: Applied) -> list[str]:
    return [remark.code for remark in applied.remarks]


def case(phone: Phone, **fields: str) -> str:
    return phone.create(
        "case",
        item="allowance",
        item_version=1,
        state="registered",
        applicant_name="王敭",
        first_contact=phone.author.worker,
        captured_at="2026-11-23T08:00:00Z",
        **fields,
    )


def visit(phone: Phone, household: str, grid: str = GRID) -> str:
    return phone.create(
        "visit",
        worker=phone.author.worker,
        grid=grid,
        household=household,
        outcome="met",
        started_at="2026-11-23T08:00:00Z",
    )


def test_a_household_takes_residents_open_cases_and_tasks_along_and_visits_stay() -> None:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    resident = phone.create("resident", household=household, name="王")
    of_household, of_resident = case(phone, household=household), case(phone, resident=resident)
    closed = case(phone, household=household)
    phone.change(closed, state="finished")
    task = phone.create("task", title="送达", holder="w1", case=of_resident)
    visited = visit(phone, household)
    phone.sync(intake)
    revisions = {one: get(intake, one).revision for one in (resident, of_resident, task)}
    phone.change(household, grid=NEXT_GRID, village=NEXT_VILLAGE)
    assert phone.sync(intake)[0].outcome == Outcome.APPLIED
    for moved in (household, resident, of_household, of_resident, task):
        assert place(intake, moved) == (NEXT_VILLAGE, NEXT_GRID), get(intake, moved).kind
    for stayed in (visited, closed):
        assert place(intake, stayed) == (VILLAGE, GRID), get(intake, stayed).kind
    assert all(get(intake, one).revision == revision + 1 for one, revision in revisions.items())


def test_conflicts_move_with_their_case() -> None:
    first, second = Phone("phone-1", "w1"), Phone("phone-2", "w2")
    intake, household = village(first, second)
    matter = case(first, household=household)
    first.sync(intake)
    second.pull(intake)
    first.change(matter, phone="13800000001")
    second.change(matter, phone="13800000002")
    first.sync(intake)
    opened = second.push(intake)[0].conflicts[0]
    first.pull(intake)
    first.change(household, grid=GRID_2)
    first.push(intake)
    assert place(intake, opened) == (VILLAGE, GRID_2)


def test_what_arrives_later_goes_where_the_household_is() -> None:
    mover, other = Phone("phone-1", "w1"), Phone("phone-2", "w2")
    intake, household = village(mover, other)
    mover.change(household, grid=NEXT_GRID, village=NEXT_VILLAGE)
    mover.push(intake)
    resident = other.create("resident", household=household, name="王")
    late = case(other, resident=resident)
    assert [applied.outcome for applied in other.push(intake)] == [Outcome.APPLIED] * 2
    assert place(intake, resident) == place(intake, late) == (NEXT_VILLAGE, NEXT_GRID)


def test_changing_a_household_that_moved_meanwhile_is_accepted_and_explained() -> None:
    for grid, into in ((NEXT_GRID, NEXT_VILLAGE), (GRID_2, VILLAGE)):
        mover, other = Phone("phone-1", "w1"), Phone("phone-2", "w2")
        mover.later()
        intake, household = village(mover, other)
        mover.change(household, grid=grid, village=into)
        other.change(household, note="白天在家")
        mover.push(intake)
        applied = other.push(intake)[0]
        assert (applied.outcome, remarks_of(applied)) == (Outcome.APPLIED, ["record-moved"])
        assert get(intake, household).values["note"] == "白天在家"


def test_a_visit_to_a_household_that_moved_meanwhile_stays_and_is_explained() -> None:
    mover, other = Phone("phone-1", "w1"), Phone("phone-2", "w2")
    intake, household = village(mover, other)
    mover.change(household, grid=GRID_2)
    visited = visit(other, household)
    mover.push(intake)
    applied = other.push(intake)[0]
    assert (applied.outcome, remarks_of(applied)) == (Outcome.APPLIED, ["record-moved"])
    assert place(intake, visited) == (VILLAGE, GRID)


def test_a_resident_that_comes_after_its_case_brings_the_case_home() -> None:
    """The resident was rejected for its number and mended later; the case named it all the while."""
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    first = phone.capture(
        kind="resident",
        action="create",
        fields={"household": household, "name": "王", "identity_number": "330499195001010011"},
    )
    matter = case(phone, resident=first.record)
    task = phone.create("task", title="补材料", holder="w1", case=matter)
    outcomes = phone.push(intake)
    assert [applied.outcome for applied in outcomes] == [Outcome.REJECTED, Outcome.APPLIED, Outcome.APPLIED]
    assert [problem.code for problem in outcomes[0].problems] == ["identity-number-check-digit"]
    assert place(intake, matter) == (VILLAGE, None)
    assert get(intake, matter).holder == "w1"
    phone.capture(
        kind="resident",
        action="create",
        record=first.record,
        mends=first.id,
        captured=first.clock,
        fields={"household": household, "name": "王"},
    )
    assert phone.push(intake)[0].outcome == Outcome.APPLIED
    for one in (first.record, matter, task):
        assert place(intake, one) == (VILLAGE, GRID)


def test_two_moves_that_meet_leave_the_household_where_its_grid_is() -> None:
    """One moves it to the next village, one later to another grid of this one: no place that is half of each."""
    away, within = Phone("phone-1", "w1"), Phone("phone-2", "w2")
    within.later()
    for reverse in (False, True):
        intake, household = village(away, within)
        resident = away.create("resident", household=household, name="王")
        away.sync(intake)
        away.change(household, grid=NEXT_GRID, village=NEXT_VILLAGE)
        within.change(household, grid=GRID_2)
        for phone in [within, away] if reverse else [away, within]:
            phone.push(intake)
        assert place(intake, household) == place(intake, resident) == (VILLAGE, GRID_2), reverse
        assert get(intake, household).values.get("village", VILLAGE) == VILLAGE
        away, within = Phone("phone-1", "w1"), Phone("phone-2", "w2")
        within.later()


def test_a_resident_that_moves_house_alone_leaves_the_household_behind() -> None:
    phone = Phone("phone-1", "w1", grids=(GRID, GRID_2))
    intake, household = village(phone)
    other_home = phone.create("household", name="沈", address="2号", grid=GRID_2)
    resident = phone.create("resident", household=household, name="王")
    task = phone.create("task", title="看望", holder="w1", resident=resident)
    phone.change(resident, household=other_home)
    phone.change(household, grid=NEXT_GRID, village=NEXT_VILLAGE)
    shown = {one: phone.see(one).grid for one in (resident, task, household)}
    phone.push(intake)
    assert {one: get(intake, one).grid for one in shown} == shown
    assert shown == {resident: GRID_2, task: GRID_2, household: NEXT_GRID}


def test_a_household_needs_a_grid_of_its_own_village() -> None:
    intake, household = village()
    for number, (fields, code) in enumerate(
        (
            ({"grid": "330481999999001"}, "unknown-grid"),
            ({"grid": NEXT_GRID}, "grid-of-other-village"),
            ({"village": NEXT_VILLAGE}, "grid-required"),
            ({"grid": None}, "required"),
        )
    ):
        phone = Phone(f"phone-{number}", "w1")
        phone.pull(intake)
        phone.change(household, **fields)
        applied = phone.push(intake)[0]
        assert [problem.code for problem in applied.problems] == [code]
    assert place(intake, household) == (VILLAGE, GRID)


def test_nobody_founds_a_household_or_visits_in_another_village() -> None:
    lead = Phone("phone-1", "w1", role="village_lead")
    intake, household = village(lead)
    lead.create("household", name="沈", address="2号", grid=NEXT_GRID, village=NEXT_VILLAGE)
    visit(lead, household, NEXT_GRID)
    lead.create("round", worker="w1", grid=NEXT_GRID, started_at="2026-11-23T08:00:00Z")
    assert [applied.problems[0].code for applied in lead.push(intake)] == [
        "other-village",
        "unknown-grid",
        "unknown-grid",
    ]


def test_a_walk_in_case_stays_with_its_holder_only() -> None:
    phone = Phone("phone-1", "w1")
    intake, _ = village(phone)
    matter = get(intake, (case(phone), phone.push(intake))[0])
    assert (part_of(matter), matter.holder) == ("-", "w1")


def test_a_create_waits_for_no_record_but_a_change_does() -> None:
    mover, other = Phone("phone-1", "w1"), Phone("phone-2", "w2")
    intake, _ = village(mover, other)
    home = mover.create("household", name="沈", address="2号", grid=GRID)
    other.copy = mover.view().changed | other.copy  # handed on before the server had it
    resident = other.create("resident", household=home, name="沈")
    other.change(home, note="门铃坏了")
    assert [applied.outcome for applied in other.push(intake)] == [Outcome.APPLIED, Outcome.HELD]
    assert place(intake, resident) == (VILLAGE, None)
    mover.push(intake, NOW_MS)
    assert place(intake, resident) == (VILLAGE, GRID)
    assert get(intake, home).values["note"] == "门铃坏了"
    assert intake.histories["phone-2"][1].applied.outcome == Outcome.APPLIED
