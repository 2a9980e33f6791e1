"""What is rejected with every reason, what is held, and what is accepted with a remark (protocol, Push)."""

from datetime import date
from typing import Any

import pytest

from sync.apply import Applied, Outcome
from sync.judge import FOR_A_PERSON
from tests.sync.memory_phone import Phone, village
from tests.sync.memory_world import (
    DAY_MS,
    GRID,
    GRID_2,
    MINUTE_MS,
    NEXT_VILLAGE,
    NOW_MS,
    VILLAGE,
)

TODAY = date(2026, 11, 23)
HOME = {"name": "沈", "address": "2号", "grid": GRID}
MATTER = {
    "item": "allowance",
    "item_version": 1,
    "state": "registered",
    "applicant_name": "王敭",
    "first_contact": "w1",
    "captured_at": "2026-11-23T08:00:00Z",
}
VISIT = {
    "worker": "w1",
    "grid": GRID,
    "place": "村口",
    "outcome": "met",
    "started_at": "2026-11-23T08:00:00Z",
}


def codes(applied: Applied) -> list[str]:
    return [problem.code for problem in applied.problems]


def create(kind: str, fields: dict[str, Any], phone: Phone | None = None, **parts: Any) -> Applied:
    """What becomes of one create by `phone` on the village's server."""
    phone = phone or Phone("phone-1", "w1")
    intake, _ = village(phone)
    phone.capture(kind=kind, action="create", fields=fields, **parts)
    return phone.push(intake, NOW_MS)[0]


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("household", HOME | {"name": 5, "colour": "red", "phone": "123"}, ["wrong-type", "unknown-field"]),
        ("household", {"name": "", "address": "2号"}, ["required", "required"]),
        ("household", HOME | {"phone": "123"}, ["phone-form"]),
        ("household", HOME | {"tags": {"put": ["x"]}}, ["wrong-type"]),
        (
            "resident",
            {"household": "x" * 36, "name": "王", "identity_number": "330499195001010011"},
            ["identity-number-check-digit"],
        ),
        ("resident", {"household": "x" * 36, "name": "王", "birth_date": "1950-02-30"}, ["wrong-type"]),
        ("case", MATTER | {"item": "nowhere"}, ["unknown-item"]),
        ("case", MATTER | {"item_version": 7}, ["unknown-item"]),
        ("case", MATTER | {"item": "care-visit", "state": "recorded"}, ["visit-item"]),
        ("case", MATTER | {"state": "finished"}, ["not-initial-state"]),
        ("case", {**MATTER, "applicant_name": None}, ["required"]),
        ("case", MATTER | {"answers/amount": "1.50"}, ["type"]),
        ("case", MATTER | {"answers/colour": "red"}, ["unknown-field"]),
        ("case", MATTER | {"answers/number": "330499195001010011"}, ["identity-number-check-digit"]),
        ("case", MATTER | {"materials/id_card": "lost"}, ["wrong-type"]),
        ("case", MATTER | {"item": "ended", "captured_at": "2026-11-21T08:00:00Z"}, ["item-expired"]),
        ("case", MATTER | {"captured_at": "0001-01-01T00:00:00+14:00"}, ["wrong-moment"]),
        ("case", MATTER | {"captured_at": "yesterday"}, ["wrong-type"]),
        ("case", {**MATTER, "first_contact": "w2"}, ["wrong-actor"]),
        ("visit", VISIT | {"worker": "w2"}, ["not-its-worker"]),
        ("visit", {**VISIT, "place": ""}, ["required"]),
        ("visit", VISIT | {"item": "nowhere", "item_version": 1}, ["unknown-item"]),
        ("visit", VISIT | {"answers/amount": 1}, ["unknown-item"]),
        ("visit", VISIT | {"started_at": "9999-12-31T23:00:00Z"}, ["wrong-moment"]),
        (
            "visit",
            VISIT
            | {
                "location": {
                    "latitude": "30.5",
                    "longitude": "120.6",
                    "system": "WGS-84",
                    "at": "9999-12-31T23:00:00Z",
                }
            },
            ["wrong-moment"],
        ),
        (
            "visit",
            VISIT | {"location": {"latitude": "30.5", "longitude": "120.6", "system": "Mars"}},
            ["wrong-type"],
        ),
        (
            "reading",
            {
                "subject": "x" * 36,
                "field": "identity_number",
                "worker": "w2",
                "read_at": "2026-11-23T08:00:00Z",
            },
            ["not-its-worker"],
        ),
        ("rota", {"day": "2026-11-24", "window": ["w1"]}, ["no-right"]),
        ("assignment", {"worker": "w1", "grid": GRID, "from_day": "2026-11-24"}, ["no-right"]),
        ("item", {"key": "x", "definition": {}}, ["no-right"]),
        ("worker", {"name": "王", "role": "worker"}, ["no-right"]),
        ("conflict", {"note": "x"}, ["no-right"]),
        ("duplicate", {"reason": "x"}, ["no-right"]),
        ("poem", {"line": "x"}, ["unknown-kind"]),
    ],
)
def test_what_an_operation_says_wrong_is_said_back_in_full(
    kind: str, fields: dict[str, Any], expected: list[str]
) -> None:
    applied = create(kind, fields)
    assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, expected)
    assert all(problem.message and problem.message_en for problem in applied.problems)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"format": 2}, ["unknown-format"]),
        ({"action": "erase"}, ["unknown-action"]),
        ({"clock": "2026-11-23T08:00:00Z"}, ["wrong-clock"]),
        ({"clock": "9999-12-31T23:59:59.999Z/0000"}, ["wrong-clock"]),
        ({"clock": "2026-02-30T08:00:00.000Z/0000"}, ["wrong-clock"]),
        ({"captured": "long ago"}, ["wrong-clock"]),
        ({"offset_ms": 2**53 - 1}, ["wrong-offset"]),
        ({"id": "not-a-uuid", "record": "not-a-uuid"}, ["wrong-id", "wrong-id"]),
        ({"record": "0192F6C5-0000-7000-8000-000000000000"}, ["wrong-id", "wrong-record"]),
        ({"format": 9, "kind": "poem"}, ["unknown-format", "unknown-kind"]),
        ({"village": NEXT_VILLAGE}, ["other-village"]),
        ({"village": "reference"}, ["no-right"]),
    ],
)
def test_a_fault_of_the_operation_itself(parts: dict[str, Any], expected: list[str]) -> None:
    whole = {"kind": "household", "action": "create", "fields": HOME} | parts
    phone = Phone("phone-1", "w1")
    intake, _ = village(phone)
    phone.capture(**whole)
    applied = phone.push(intake)[0]
    assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, expected)
    assert len(intake.world.bodies) == 1


def test_fields_that_are_fixed_stay_and_required_ones_are_not_taken_away() -> None:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    made = phone.create("visit", **VISIT, household=household)
    phone.sync(intake)
    phone.change(made, grid=GRID_2)
    phone.change(made, started_at=None, outcome=None)
    phone.change(made, ended_at="2026-11-23T08:20:00Z")
    fixed, cleared, fine = phone.push(intake)
    assert codes(fixed) == ["fixed-field"]
    assert codes(cleared) == ["required", "required"]
    assert fine.outcome == Outcome.APPLIED


def test_an_item_that_expired_on_the_way_is_accepted_and_explained() -> None:
    applied = create("case", MATTER | {"item": "ended", "captured_at": "2026-11-20T15:59:59Z"})
    assert (applied.outcome, [remark.code for remark in applied.remarks]) == (
        Outcome.APPLIED,
        ["item-expired-since"],
    )


def test_a_clock_a_year_off_is_accepted_and_counted_as_corrected() -> None:
    """The phone says 2027; it measured that it is a year ahead, so the item of last week had not expired yet."""
    phone = Phone("phone-1", "w1")
    phone.offset_ms = 365 * DAY_MS
    applied = create("case", MATTER | {"item": "ended", "captured_at": "2027-11-20T08:00:00Z"}, phone)
    assert (applied.outcome, [remark.code for remark in applied.remarks]) == (
        Outcome.APPLIED,
        ["item-expired-since", "clock-off"],
    )


def test_ten_minutes_off_are_no_remark() -> None:
    phone = Phone("phone-1", "w1")
    phone.offset_ms = -10 * MINUTE_MS
    assert create("household", HOME, phone).remarks == []


def test_a_grid_that_the_worker_never_had_is_for_a_person() -> None:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    stranger = Phone("phone-2", "w2", grids=(GRID_2,))
    stranger.pull(intake)
    stranger.change(household, note="x")
    stranger.create("household", **HOME)
    stranger.create("visit", **VISIT | {"worker": "w2"})
    stranger.create("case", **MATTER | {"first_contact": "w2"}, household=household)
    outcomes = stranger.push(intake)
    assert [(applied.outcome, applied.waits_for) for applied in outcomes] == [
        (Outcome.HELD, FOR_A_PERSON)
    ] * 4
    assert set(intake.world.bodies) == {household}


def test_work_on_a_grid_that_was_taken_away_is_accepted() -> None:
    phone = Phone("phone-1", "w1", grids=(GRID_2,))
    intake, household = village(phone)
    intake.world.had["w1"].add(GRID)  # last month
    phone.change(household, note="x")
    assert phone.push(intake)[0].outcome == Outcome.APPLIED


def test_an_operation_behind_an_unsettled_one_on_the_same_field_waits() -> None:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    wrong = phone.change(household, phone="123")
    phone.change(household, phone="13800000001")
    phone.change(household, note="别的字段")
    assert [applied.outcome for applied in phone.push(intake)] == [
        Outcome.REJECTED,
        Outcome.HELD,
        Outcome.APPLIED,
    ]
    phone.pull(intake)
    mend = {"mends": wrong.id, "captured": wrong.clock, "seen": wrong.seen}
    for number in ("13800000000", "13800000009"):
        phone.capture(kind="household", action="change", record=household, fields={"phone": number}, **mend)
    mended, late = phone.push(intake)
    assert mended.outcome == Outcome.APPLIED
    assert codes(late) == ["already-mended"]
    assert intake.histories["phone-1"][1].applied.outcome in (Outcome.APPLIED, Outcome.MERGED)


def test_a_mending_create_never_takes_the_place_of_a_record_that_is_there() -> None:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    phone.capture(kind="household", action="create", record=household, mends=phone.new_id(), fields=HOME)
    assert codes(phone.push(intake)[0]) == ["record-exists"]
    assert phone.see(household).values["name"] == "金敭"


def test_the_time_of_capture_may_only_be_carried_by_a_mending_operation() -> None:
    """Else anybody on yesterday's rota could act as today's window."""
    phone = Phone("phone-1", "w1")
    intake, _ = village(phone)
    intake.world.duty.add(("w1", VILLAGE, date(2026, 11, 20)))
    matter = phone.create("case", **MATTER | {"item": "permit", "state": "entrusted"})
    phone.change(matter, state="received")
    phone.sync(intake)
    earlier = "2026-11-20T08:00:00.000Z/0000"
    parts = {"kind": "case", "action": "change", "record": matter, "seen": {"state": "received"}}
    phone.capture(**parts, fields={"state": "handed_up"}, captured=earlier)
    assert codes(phone.push(intake)[0]) == ["wrong-actor"]


def test_a_change_of_a_record_of_another_kind_is_rejected() -> None:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    phone.capture(kind="resident", action="change", record=household, fields={"name": "x"})
    assert codes(phone.push(intake)[0]) == ["wrong-kind"]
