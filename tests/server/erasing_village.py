"""A village in which much is known of one resident: cases, a task, a reading, a conflict, visits, a merged double."""

from __future__ import annotations

from typing import Any

import msgspec

from server.erasure.clearing import clear_away
from server.erasure.erasing import Done, Reason, erase
from server.store.knowledge import Knowledge
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import (
    GRID_1,
    NUMBER,
    TinyVillage,
    household_id,
    resident_id,
    small_catalogue,
)

HOUSEHOLD = household_id(GRID_1, 0)
RESIDENT, OTHER = resident_id(GRID_1, 0, 0), resident_id(GRID_1, 0, 1)
NAME, PHONE, STORY = "沈钱塘", "13857301234", "儿子在外地，膝盖不好"


def phone_of(village: TinyVillage, username: str) -> SyncDevice:
    """An enrolled phone with a whole copy."""
    device = SyncDevice(village.client, username, lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    device.pull_all()
    return device


def case_about(device: SyncDevice, village: TinyVillage, resident: str | None, **more: Any) -> str:
    """A case captured at the doorstep."""
    worker = device.worker["id"]
    fields = {
        "item": "permit",
        "item_version": 1,
        "state": "entrusted",
        "captured_at": village.moment(),
        "household": HOUSEHOLD,
        "applicant_name": NAME,
        "holder": worker,
        "first_contact": worker,
        "answers__hospital": "海宁市人民医院",
    } | more
    if resident is not None:
        fields["resident"] = resident
    return device.create("case", **fields).record


def visit_at(device: SyncDevice, village: TinyVillage, met: list[str], **more: Any) -> str:
    """A visit of the household within a round of its own."""
    worker = device.worker["id"]
    walk = device.create("round", worker=worker, grid=GRID_1, started_at=village.moment())
    return device.create(
        "visit",
        round=walk.record,
        worker=worker,
        grid=GRID_1,
        household=HOUSEHOLD,
        outcome="met",
        met=met,
        visit_class="ordinary",
        started_at=village.moment(),
        **more,
    ).record


class Known(msgspec.Struct):
    """What was captured of the resident, by name."""

    case: str
    walk_in: str
    rejected: str
    task: str
    reading: str
    double: str
    visit: str
    note_visit: str
    other_case: str


def tell_all(device: SyncDevice, village: TinyVillage) -> Known:
    """Capture and sync everything that belongs to the resident, and something that does not."""
    worker = device.worker["id"]
    device.change(RESIDENT, name=NAME, phone=PHONE, identity_number=NUMBER, note=STORY)
    double = device.create("resident", household=HOUSEHOLD, name=NAME).record
    device.change(double, merged_into=RESIDENT)
    case = case_about(device, village, RESIDENT, note=STORY)
    walk_in = case_about(
        device, village, None, applicant_identity_number=NUMBER, answers__hospital="第二医院"
    )
    rejected = case_about(device, village, RESIDENT, item="unknown-item")
    other_case = case_about(device, village, OTHER, applicant_name="别人", answers__hospital="别的")
    device.change(other_case, linked_cases={"add": [case]})
    task = device.create("task", title=f"给{NAME}送证", holder=worker, case=case).record
    reading = device.create(
        "reading", subject=RESIDENT, field="identity_number", worker=worker, read_at=village.moment()
    ).record
    visit = visit_at(device, village, [RESIDENT, OTHER], cases={"add": [case]} and [case])
    village.later()
    note_visit = visit_at(device, village, [OTHER], note=f"{NAME}：{STORY}")
    outcomes = device.sync()
    assert sorted({entry["outcome"] for entry in outcomes}) == ["applied", "rejected"], outcomes
    return Known(case, walk_in, rejected, task, reading, double, visit, note_visit, other_case)


def erased(village: TinyVillage, *, visits: tuple[str, ...] = (), resident: str = RESIDENT) -> Done:
    """Erase the resident, as the command does, and overwrite what was freed."""
    knowledge = Knowledge(village.keys, village.settings.month_closes_on_working_day)
    done = village.store.write_now(
        lambda db: erase(
            db, village.keys, knowledge, resident, Reason.CONSENT_WITHDRAWN, visits, village.now_ms, by=None
        )
    )
    village.store.write_now(lambda db: village.intake.knowledge.forget())
    assert clear_away(village.settings, village.keys)
    return done
