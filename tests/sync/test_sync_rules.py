"""Who may do what to which record, and the rules of each kind (domain notes, People and rights)."""

from datetime import date
from typing import Any

import pytest

from sync.apply import Applied, Outcome, apply_operation
from sync.field_labels import label_of
from sync.kinds import KINDS
from sync.operation import Operation, read_operation
from sync.world import Author
from tests.sync.memory_phone import Phone, village
from tests.sync.memory_world import (
    GRID,
    NOW_MS,
    VILLAGE,
    MemoryWorld,
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


def test_nothing_is_given_to_nobody() -> None:
    """A case in nobody's hands would be in nobody's sight."""
    assert codes(create("case", MATTER | {"holder": "nobody"})) == ["unknown-worker"]
    assert codes(create("task", {"title": "送达", "holder": "nobody"})) == ["unknown-worker"]
    assert codes(create("visit", VISIT | {"companions": ["w2", "nobody"]})) == ["unknown-worker"]
    assert codes(create("task", {"title": "送达", "holder": "w2"})) == []


@pytest.mark.parametrize(
    ("role", "expected"), [("town_supervisor", "no-right"), ("city_administrator", "no-right")]
)
def test_roles_that_only_read_write_nothing(role: str, expected: str) -> None:
    phone = Phone("phone-1", "w1", role=role, village="330481")
    phone.village = VILLAGE
    for kind, fields in (("household", HOME), ("case", MATTER), ("visit", VISIT)):
        assert codes(create(kind, fields, phone=_again(phone))) == [expected]


def _again(phone: Phone) -> Phone:
    same = Phone(
        phone.author.device, phone.author.worker, role=phone.author.role, village=phone.author.division
    )
    same.village = phone.village
    return same


def test_a_town_clerk_moves_what_was_handed_up_and_writes_no_household() -> None:
    phone, clerk = (
        Phone("phone-1", "w1"),
        Phone("desk-2", "c1", role="town_clerk", grids=(), village="330481106"),
    )
    clerk.village = VILLAGE
    intake, household = village(phone, clerk)
    intake.world.duty.add(("w1", VILLAGE, TODAY))
    matter = phone.create("case", **MATTER | {"item": "permit", "state": "entrusted"})
    phone.change(matter, state="received")
    phone.change(matter, state="handed_up")
    assert [applied.outcome for applied in phone.push(intake)] == [Outcome.APPLIED] * 3
    clerk.pull(intake)
    clerk.change(matter, state="not_accepted")
    clerk.change(household, note="x")
    without_reason, household_change = clerk.push(intake)
    assert codes(without_reason) == ["reason-required"]
    assert codes(household_change) == ["no-right"]


def test_moves_go_along_the_workflow_and_by_who_may_make_them() -> None:
    phone, colleague = Phone("phone-1", "w1"), Phone("phone-2", "w2")
    intake, household = village(phone, colleague)
    proxy = phone.create("case", **MATTER | {"item": "permit", "state": "entrusted"}, household=household)
    phone.sync(intake)
    colleague.pull(intake)
    phone.change(proxy, state="granted")
    colleague.change(proxy, state="received")
    assert codes(phone.push(intake)[0]) == ["move-forbidden"]
    assert codes(colleague.push(intake)[0]) == ["wrong-actor"]


def test_a_handover_names_giver_receiver_and_reason() -> None:
    entry = {"giver": "w1", "receiver": "w2", "reason": "请假", "at": "2026-11-23T08:10:00Z"}
    for number, (fields, expected) in enumerate(
        (
            ({"holder": "w2"}, ["handover-required"]),
            ({"holder": "w2", "handovers": [entry | {"giver": "w3"}]}, ["handover-required"]),
            ({"holder": "w2", "handovers": [entry | {"reason": " "}]}, ["handover-reason"]),
            ({"holder": "w2", "handovers": [entry]}, []),
        )
    ):
        phone = Phone(f"phone-{number}", "w1")
        intake, _ = village(phone)
        matter = phone.create("case", **MATTER)
        phone.sync(intake)
        phone.change(matter, **fields)
        assert codes(phone.push(intake)[0]) == expected


def test_a_visit_is_amended_only_by_its_worker_and_only_in_its_open_month() -> None:
    phone, colleague = Phone("phone-1", "w1"), Phone("phone-2", "w2")
    intake, household = village(phone, colleague)
    recent = phone.create("visit", **VISIT, household=household)
    old = phone.create("visit", **VISIT | {"started_at": "2026-10-31T15:59:59Z"}, household=household)
    assert [applied.outcome for applied in phone.sync(intake)] == [Outcome.APPLIED] * 2  # 补录 counts too
    colleague.pull(intake)
    phone.change(recent, note="补充")
    phone.change(old, note="补充")
    colleague.change(recent, note="别人")
    mine, closed = phone.push(intake)
    assert mine.outcome == Outcome.APPLIED
    assert codes(closed) == ["period-closed"]
    assert codes(colleague.push(intake)[0]) == ["not-its-worker"]


def test_the_rota_is_the_leads_and_nobody_on_leave_stands_at_the_window() -> None:
    lead = Phone("phone-9", "w9", role="village_lead")
    intake, _ = village(lead)
    both = lead.create("rota", day="2026-11-24", window=["w1", "w2"], leave=["w2"])
    fine = lead.create("rota", day="2026-11-25", window=["w1"], leave=["w2"])
    assert [codes(applied) for applied in lead.sync(intake)] == [["on-leave"], []]
    assert intake.world.get(both) is None
    for number, (fields, expected) in enumerate(
        (
            ({"window": {"add": ["w2"]}}, ["on-leave"]),
            ({"leave": {"add": ["w1"]}}, ["on-leave"]),
            ({"window": {"add": ["w2"]}, "leave": {"remove": ["w2"]}}, []),
        )
    ):
        desk = Phone(f"desk-{number}", "w9", role="village_lead")
        desk.pull(intake)
        desk.change(fine, **fields)
        assert codes(desk.push(intake)[0]) == expected


def sign(phone: Phone, **fields: str) -> str:
    return phone.create("day-signature", day="2026-11-23", signed_at="2026-11-23T09:30:00Z", **fields)


def test_a_day_is_signed_by_its_window_and_countersigned_by_another() -> None:
    out, second, outsider = (Phone(f"phone-{n}", f"w{n}") for n in (1, 2, 3))
    intake, _ = village(out, second, outsider)
    intake.world.duty.update({("w1", VILLAGE, TODAY), ("w2", VILLAGE, date(2026, 11, 24))})
    sign(outsider, outgoing="w3")
    assert codes(outsider.push(intake)[0]) == ["no-right"]
    sign(second, outgoing="w1")
    assert "not-in-own-name" in codes(second.push(intake)[0])
    signature = sign(out, outgoing="w1")
    assert out.sync(intake)[0].outcome == Outcome.APPLIED
    out.change(signature, incoming="w1", countersigned_at="2026-11-23T09:31:00Z")
    assert codes(out.push(intake)[0]) == ["same-person"]
    second.pull(intake)
    second.change(signature, incoming="w2")
    assert codes(second.push(intake)[0]) == ["required"]
    colleague = Phone("phone-4", "w2")
    colleague.pull(intake)
    colleague.change(signature, incoming="w2", countersigned_at="2026-11-24T01:00:00Z")
    assert colleague.push(intake)[0].outcome == Outcome.APPLIED
    outsider.pull(intake)
    outsider.change(signature, incoming="w3", countersigned_at="2026-11-24T02:00:00Z")
    assert codes(outsider.push(intake)[0]) == ["already-signed"]


def test_the_server_itself_publishes_what_nobody_else_may() -> None:
    world = MemoryWorld()
    author = Author("server-1", "import", "server", "330481")
    phone = Phone("server-1", "import", role="server")
    phone.village = "reference"
    operation: Operation | None = read_operation(
        (phone.create("division", key="330481", definition={"name": "海宁市"}), phone.captured[0])[1]
    ).operation
    assert operation is not None
    assert apply_operation(world, operation, author, NOW_MS).outcome == Outcome.APPLIED


def test_every_field_has_a_word_that_people_use() -> None:
    """A message names a field by its label; none is told by its identifier."""
    nameless = {
        (kind.name, field)
        for kind in KINDS.values()
        for field in [*kind.types, *kind.families]
        if label_of(kind, field) == field
    }
    assert nameless == set()


def test_a_member_of_a_family_is_named_with_what_it_is_about() -> None:
    assert label_of(KINDS["case"], "materials/photo") == "材料（photo）"
    assert label_of(KINDS["household"], "name") == "户主"
