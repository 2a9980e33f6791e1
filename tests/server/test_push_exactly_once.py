"""Applied exactly once, whatever brings it again; outcomes that change later are told by their cursor."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from pathlib import Path

import pytest

from sync.record import Record
from tests.server.sync_device import Refused, ReplyLost, SyncDevice
from tests.server.sync_village import (
    GRID_1,
    TinyVillage,
    faults_of,
    household_id,
    resident_id,
    small_catalogue,
    tiny_village,
)

HOUSEHOLD = household_id(GRID_1, 0)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path) as village:
        yield village
        assert faults_of(village) == []


@pytest.fixture
def wang(village: TinyVillage) -> SyncDevice:
    return enrolled(village, "wang")


def enrolled(village: TinyVillage, username: str) -> SyncDevice:
    device = SyncDevice(village.client, username, lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    device.sync()
    return device


def everything(village: TinyVillage) -> dict[str, tuple[int, Record]]:
    return village.records()


def work(village: TinyVillage, device: SyncDevice) -> None:
    """A visit, a new household, changes and a rejected one."""
    place = {"worker": device.worker["id"], "grid": GRID_1, "started_at": village.moment()}
    round_ = device.create("round", **place)
    device.create("visit", **place, household=HOUSEHOLD, round=round_.id, outcome="met")
    device.create("household", name="新户", address="演示路5号", grid=GRID_1)
    device.change(HOUSEHOLD, note="一", tags={"add": ["alone"]})
    device.change(HOUSEHOLD, phone="12")
    device.change(HOUSEHOLD, note="二")


def test_a_repeated_batch_changes_nothing_and_tells_the_same(village: TinyVillage, wang: SyncDevice) -> None:
    work(village, wang)
    first = wang.push_body(wang.captured)
    before, tallies = everything(village), village.rows("SELECT * FROM tallies ORDER BY 1, 2, 3, 4, 5, 6, 7")
    again = wang.push_body(wang.captured)
    assert again["outcomes"] == first["outcomes"] and again["digest"] == first["digest"]
    assert everything(village) == before
    assert village.rows("SELECT * FROM tallies ORDER BY 1, 2, 3, 4, 5, 6, 7") == tallies


def test_a_lost_reply_is_asked_for_again(village: TinyVillage, wang: SyncDevice) -> None:
    work(village, wang)
    wang.lose_reply = True
    with pytest.raises(ReplyLost):
        wang.push()
    wang.lose_reply = False
    before = everything(village)
    told = wang.push()
    assert [entry["outcome"] for entry in told] == ["applied"] * 4 + ["rejected", "applied"]
    assert everything(village) == before


@pytest.mark.parametrize("first", [0, 1, 3])
def test_a_batch_that_overlaps_takes_in_only_what_is_new(
    village: TinyVillage, wang: SyncDevice, first: int
) -> None:
    work(village, wang)
    wang.push_body(wang.captured[:4])
    reply = wang.push_body(wang.captured[first:])
    assert reply["acknowledged"] == 6
    assert [entry["counter"] for entry in reply["outcomes"]] == list(range(first + 1, 7))
    assert village.record(HOUSEHOLD).revision == 3


def test_the_same_operations_under_a_new_identity(village: TinyVillage, wang: SyncDevice) -> None:
    work(village, wang)
    told = wang.push()
    before = everything(village)
    wang.enrol_anew()
    wang.pull_all()
    wang.change(HOUSEHOLD, note="三")
    again = wang.push()
    assert [entry["outcome"] for entry in again[:6]] == [entry["outcome"] for entry in told]
    assert again[4]["problems"] == told[4]["problems"], "the worker still hears what was wrong"
    after = everything(village)
    assert {identifier for identifier in after if after[identifier] != before.get(identifier)} == {HOUSEHOLD}
    assert after[HOUSEHOLD][1].revision == before[HOUSEHOLD][1].revision + 1


def test_what_was_rejected_is_mended_under_the_new_identity_and_told_there(
    village: TinyVillage, wang: SyncDevice
) -> None:
    wrong = wang.change(HOUSEHOLD, phone="12")
    wang.change(HOUSEHOLD, phone="19900001111")
    wang.push()
    wang.enrol_anew()
    assert [entry["outcome"] for entry in wang.push()] == ["rejected", "held"]
    assert village.rows("SELECT device, counter FROM unsettled ORDER BY counter") == [
        (wang.device, 1),
        (wang.device, 2),
    ]
    wang.capture(
        kind="household", action="change", record=HOUSEHOLD, mends=wrong.id, captured=wrong.clock,
        fields={"phone": "19900002222"}, seen={"phone": None},
    )  # fmt: skip
    wang.push()
    wang.status()
    assert wang.outcomes[2]["outcome"] in ("applied", "merged")
    assert village.rows("SELECT * FROM unsettled") == []


def test_outcomes_that_changed_are_told_once_by_their_cursor(village: TinyVillage, wang: SyncDevice) -> None:
    other = enrolled(village, "wang")
    made = [other.create("resident", household=HOUSEHOLD, name=f"新人{number}") for number in range(3)]
    for operation in made:
        wang.capture(
            kind="resident",
            action="change",
            record=operation.record,
            fields={"note": "听说"},
            seen={"note": None},
        )
    assert {entry["outcome"] for entry in wang.push()} == {"held"}
    other.push(limit=1)
    reply = wang.status()
    assert [(entry["counter"], entry["outcome"]) for entry in reply["outcomes"]] == [
        (1, "applied"),
        (2, "applied"),
        (3, "applied"),
    ]
    assert [entry["cursor"] for entry in reply["outcomes"]] == [1, 2, 3]
    assert wang.status()["outcomes"] == []
    wang.outcomes_cursor = 1
    assert [entry["counter"] for entry in wang.push_body([])["outcomes"]] == [2, 3]


# --- conflicts between two devices


def case(village: TinyVillage, device: SyncDevice, **more: object) -> str:
    worker = device.worker["id"]
    fields: dict[str, object] = {
        "item": "permit",
        "item_version": 1,
        "state": "entrusted",
        "captured_at": village.moment(),
        "household": HOUSEHOLD,
        "resident": resident_id(GRID_1, 0, 0),
        "applicant_name": "申请人",
        "answers/hospital": "人民医院",
        "holder": worker,
        "first_contact": worker,
    }
    return device.create("case", **(fields | more)).record


def test_two_changes_of_one_field_of_a_case_are_settled_by_a_person(
    village: TinyVillage, wang: SyncDevice
) -> None:
    other = enrolled(village, "wang")
    made = case(village, wang)
    wang.sync()
    other.pull_all()
    wang.change(made, phone="19900001111")
    other.change(made, phone="19900002222", note="另一项照常")
    wang.push()
    (told,) = other.push()
    assert told["outcome"] == "conflict" and len(told["conflicts"]) == 1
    other.pull_all()
    wang.pull_all()
    standing = wang.see(made)
    assert (standing.values["phone"], standing.values["note"]) == ("19900001111", "另一项照常")
    conflict = wang.see(told["conflicts"][0])
    assert conflict.values["seen"] is None and conflict.values["standing"] == "19900001111"
    wang.change(conflict.id, choice={"value": "19900002222"})
    other.change(conflict.id, choice={"value": "19900001111"})
    assert wang.push()[-1]["outcome"] == "applied"
    (late,) = other.push()
    assert (late["outcome"], late["problems"][0]["code"]) == ("rejected", "already-settled")
    wang.pull_all()
    assert wang.see(made).values["phone"] == "19900002222" and wang.see(made).conflicts == []


def test_a_void_of_what_changed_meanwhile_is_a_conflict(village: TinyVillage, wang: SyncDevice) -> None:
    other = enrolled(village, "wang")
    other.void(HOUSEHOLD, "登记重复")
    wang.change(HOUSEHOLD, note="确有其户")
    wang.push()
    (told,) = other.push()
    assert told["outcome"] == "conflict" and village.record(HOUSEHOLD).void is None
    other.pull_all()
    other.change(told["conflicts"][0], choice={"value": "登记重复"})
    assert other.push()[-1]["outcome"] == "applied"
    assert village.record(HOUSEHOLD).void is not None
    assert village.rows("SELECT * FROM households_due WHERE household = ?", HOUSEHOLD) == []


def test_the_same_case_captured_twice_is_suspected(village: TinyVillage, wang: SyncDevice) -> None:
    other = enrolled(village, "wang")
    first, second = case(village, wang), case(village, other, **{"answers/hospital": "人民 医院"})
    third = case(village, other, **{"answers/hospital": "中医院"})
    wang.push()
    other.sync()
    wang.pull_all()
    suspected = [one.record for one in wang.copy.values() if one.record.kind == "duplicate"]
    assert [{one.values["first"], one.values["second"]} for one in suspected] == [{first, second}]
    assert third in wang.copy
    wang.change(suspected[0].id, decision="linked", reason="同一件")
    assert wang.push()[-1]["outcome"] == "applied"


def test_who_still_uses_a_continued_identity_hands_over_and_must_enrol_anew_to_read(
    village: TinyVillage, wang: SyncDevice
) -> None:
    work(village, wang)
    wang.push()
    clone = copy(wang)
    clone.captured, clone.operations = list(wang.captured), list(wang.operations)
    wang.enrol_anew()
    clone.change(HOUSEHOLD, note="另一台同号手机记的")
    assert [entry["outcome"] for entry in clone.push()] == ["applied"]
    with pytest.raises(Refused, match="unknown-device"):
        clone.pull_all()
