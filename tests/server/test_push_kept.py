"""What a push takes in and explains, holds, or keeps as rejected with every reason; each mended once."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forms.catalogue import Finish, Mode
from forms.handling.calendar import published_calendar
from server.founding import publish_reference
from server.store import devices
from server.store.accounts import close_account
from sync.ids import uuid7
from sync.operation import Operation
from tests.server.sync_device import Refused, SyncDevice
from tests.server.sync_village import (
    DAY_MS,
    GRID_1,
    GRID_2,
    NEXT_GRID,
    NEXT_VILLAGE,
    NUMBER,
    VILLAGE,
    TinyVillage,
    faults_of,
    household_id,
    item,
    resident_id,
    small_catalogue,
    tiny_village,
)

WRONG_NUMBER = NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2")
HOUSEHOLD, RESIDENT = household_id(GRID_1, 0), resident_id(GRID_1, 0, 0)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path) as village:
        yield village
        assert faults_of(village) == []


@pytest.fixture
def wang(village: TinyVillage) -> SyncDevice:
    return enrolled(village, "wang")


@pytest.fixture
def lead(village: TinyVillage) -> SyncDevice:
    return enrolled(village, "lead")


def enrolled(village: TinyVillage, username: str) -> SyncDevice:
    device = SyncDevice(village.client, username, lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    device.sync()
    return device


def case_of(village: TinyVillage, device: SyncDevice, **more: Any) -> dict[str, Any]:
    worker = device.worker["id"]
    return {
        "item": "allowance",
        "item_version": 1,
        "state": "registered",
        "captured_at": village.moment(),
        "household": HOUSEHOLD,
        "applicant_name": "申请人",
        "holder": worker,
        "first_contact": worker,
    } | more


def visit_of(village: TinyVillage, device: SyncDevice, **more: Any) -> dict[str, Any]:
    return {
        "worker": device.worker["id"],
        "grid": GRID_1,
        "household": HOUSEHOLD,
        "outcome": "met",
        "started_at": village.moment(),
    } | more


def codes(entry: dict[str, Any]) -> list[str]:
    return sorted(problem["code"] for problem in entry.get("problems", ()))


def remarks(entry: dict[str, Any]) -> list[str]:
    return sorted(remark["code"] for remark in entry.get("remarks", ()))


# --- accepted and explained


def test_the_household_moved_to_another_grid_meanwhile(
    village: TinyVillage, wang: SyncDevice, lead: SyncDevice
) -> None:
    visit = wang.create("visit", **visit_of(village, wang))
    note = wang.change(HOUSEHOLD, note="门口有狗")
    village.later()
    lead.pull_all()
    lead.capture(
        kind="household", action="change", record=HOUSEHOLD, fields={"grid": GRID_2}, seen={"grid": GRID_1}
    )
    lead.push()
    told = wang.sync()
    assert [entry["outcome"] for entry in told] == ["applied", "applied"]
    assert [remarks(entry) for entry in told] == [["record-moved"], ["record-moved"]]
    assert village.record(visit.record).grid == GRID_1, "a visit stays where it happened"
    moved = village.record(note.record)
    assert (moved.grid, moved.values["note"]) == (GRID_2, "门口有狗")
    assert HOUSEHOLD not in wang.copy and visit.record in wang.copy


def test_the_resident_was_merged_meanwhile(village: TinyVillage, wang: SyncDevice) -> None:
    second = enrolled(village, "wang")
    survivor = resident_id(GRID_1, 0, 1)
    second.change(RESIDENT, merged_into=survivor)
    second.push()
    wang.change(RESIDENT, note="耳背")
    (told,) = wang.push()
    assert remarks(told) == ["record-merged"]
    assert village.record(survivor).values["note"] == "耳背" and "note" not in village.record(RESIDENT).values


def test_the_item_expired_after_the_capture(village: TinyVillage, wang: SyncDevice) -> None:
    captured = village.moment(-2 * DAY_MS)
    wang.create("case", **case_of(village, wang, item="ended-yesterday", captured_at=captured))
    (told,) = wang.push()
    assert (told["outcome"], remarks(told)) == ("applied", ["item-expired-since"])


@pytest.mark.parametrize("years", [-1, 1])
def test_the_clock_was_a_year_off(village: TinyVillage, wang: SyncDevice, years: int) -> None:
    wang.offset_ms = years * 365 * DAY_MS
    visit = wang.create("visit", **visit_of(village, wang, started_at=village.moment(wang.offset_ms)))
    (told,) = wang.push()
    assert (told["outcome"], remarks(told)) == ("applied", ["clock-off"])
    assert village.record(visit.record).values["started_at"] == village.moment(wang.offset_ms)
    day = village.today.isoformat()
    assert village.rows("SELECT day, visits FROM counted_days WHERE household = ?", HOUSEHOLD) == [(day, 1)]


# --- held


def test_a_change_waits_for_its_record(village: TinyVillage, wang: SyncDevice) -> None:
    other = enrolled(village, "wang")
    made = other.create("household", name="新户", address="演示路7号", grid=GRID_1)
    wang.capture(
        kind="household",
        action="change",
        record=made.record,
        fields={"note": "同事口述"},
        seen={"note": None},
    )
    (told,) = wang.push()
    assert (told["outcome"], told["waits_for"]) == ("held", made.record)
    other.push()
    wang.status()
    assert (wang.outcomes[1]["outcome"], wang.outcomes[1]["revision"]) == ("applied", 2)
    assert village.record(made.record).values["note"] == "同事口述"
    assert village.rows("SELECT * FROM unsettled") == []


def test_what_follows_an_unsettled_change_of_a_field_waits_behind_it(
    village: TinyVillage, wang: SyncDevice
) -> None:
    wrong = wang.change(HOUSEHOLD, phone="12")
    wang.change(HOUSEHOLD, phone="19900001111")
    wang.change(HOUSEHOLD, phone="19900002222", note="别的一项也在等")
    wang.change(HOUSEHOLD, tags={"add": ["alone"]})
    told = wang.push()
    assert [entry["outcome"] for entry in told] == ["rejected", "held", "held", "applied"]
    assert {entry["waits_for"] for entry in told[1:3]} == {f"operation:{wrong.id}"}
    mend(wang, wrong, {"phone": "19900003333"}, {"phone": None})
    assert wang.push()[-1]["outcome"] == "applied"
    wang.status()
    assert {wang.outcomes[counter]["outcome"] for counter in (2, 3)} <= {"applied", "merged"}
    assert village.record(HOUSEHOLD).values["phone"] == "19900002222"


def test_nothing_overtakes_an_earlier_one_that_is_still_unsettled(
    village: TinyVillage, wang: SyncDevice
) -> None:
    first = wang.change(HOUSEHOLD, phone="12")
    second = wang.change(HOUSEHOLD, phone="34")
    wang.change(HOUSEHOLD, phone="19900001111")
    wang.push()
    mend(wang, first, {"phone": "19900003333"}, {"phone": None})
    wang.push()
    wang.status()
    assert wang.outcomes[2]["outcome"] == "rejected"
    assert wang.outcomes[3]["waits_for"] == f"operation:{second.id}"
    mend(wang, second, {"phone": "19900004444"}, {"phone": "19900003333"})
    wang.push()
    wang.status()
    assert wang.outcomes[3]["outcome"] in ("applied", "merged")
    assert village.record(HOUSEHOLD).values["phone"] == "19900001111"


def test_a_change_behind_a_void_that_is_held_waits_for_the_void(
    village: TinyVillage, wang: SyncDevice
) -> None:
    """The record is there; what is waited for is the person who settles the void."""
    theirs = household_id(GRID_2, 0)
    void = wang.capture(kind="household", action="void", record=theirs, seen={"revision": 1}, reason="搬走")
    wang.capture(
        kind="household", action="change", record=theirs, fields={"note": "搬走了"}, seen={"note": None}
    )
    told = wang.push()
    assert told[0]["waits_for"] == "a-person"
    assert told[1]["waits_for"] == f"operation:{void.id}"


# --- kept as rejected

REJECTED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "wrong types": (
        {"kind": "household", "fields": {"name": 5, "address": ["x"], "grid": GRID_1}},
        ["wrong-type", "wrong-type"],
    ),
    "an unknown field": (
        {"kind": "household", "fields": {"name": "户", "address": "路", "grid": GRID_1, "colour": "红"}},
        ["unknown-field"],
    ),
    "an unknown kind": ({"kind": "weather", "fields": {"wind": "5"}}, ["unknown-kind"]),
    "an unknown format and action": (
        {"kind": "household", "format": 9, "action": "explode", "fields": {}},
        ["unknown-action", "unknown-format"],
    ),
    "everything missing": ({"kind": "household", "fields": {}}, ["required", "required", "required"]),
    "another village": (
        {
            "kind": "household",
            "village": NEXT_VILLAGE,
            "fields": {"name": "户", "address": "路", "grid": NEXT_GRID},
        },
        ["other-village"],
    ),
    "a wrong check digit": (
        {
            "kind": "resident",
            "fields": {"household": HOUSEHOLD, "name": "某", "identity_number": WRONG_NUMBER},
        },
        ["identity-number-check-digit"],
    ),
    "the lead's rota": (
        {"kind": "rota", "fields": {"day": "2026-12-24", "window": []}},
        ["no-right"],
    ),
    "a city's reference data": ({"kind": "grid", "fields": {"key": "x", "definition": {}}}, ["no-right"]),
    "a conflict made by hand": ({"kind": "conflict", "fields": {}}, ["no-right"]),
}  # fmt: skip


@pytest.mark.parametrize("what", REJECTED)
def test_kept_as_rejected_with_every_reason(village: TinyVillage, wang: SyncDevice, what: str) -> None:
    parts, expected = REJECTED[what]
    wang.capture(**({"action": "create"} | parts))
    wang.change(HOUSEHOLD, note="后面的照常")
    told = wang.push()
    assert [entry["outcome"] for entry in told] == ["rejected", "applied"]
    assert codes(told[0]) == expected or (what == "a wrong check digit" and len(told[0]["problems"]) == 1)
    assert all(problem["message"] and problem["message_en"] for problem in told[0]["problems"])
    assert village.rows("SELECT outcome FROM unsettled WHERE device = ?", wang.device) == [("rejected",)]


def test_a_case_with_several_mistakes_tells_all_of_them(village: TinyVillage, wang: SyncDevice) -> None:
    wrong = case_of(
        village, wang, state="finished", applicant_identity_number="123",
        **{"answers/colour": "红", "answers/amount": "很多"},
    )  # fmt: skip
    wrong.pop("applicant_name")
    wang.create("case", **wrong)
    (told,) = wang.push()
    pointers = {problem["pointer"] for problem in told["problems"]}
    assert pointers == {
        "/fields/state",
        "/fields/applicant_name",
        "/fields/applicant_identity_number",
        "/fields/answers~1colour",
        "/fields/answers~1amount",
    }


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"item": "no-such-item"}, "unknown-item"),
        ({"item_version": 7}, "unknown-item"),
        ({"item": "ended"}, "item-expired"),
        ({"item": "care-visit"}, "visit-item"),
        ({"state": "finished"}, "not-initial-state"),
    ],
)
def test_a_case_that_cannot_be(
    village: TinyVillage, wang: SyncDevice, fields: dict[str, Any], code: str
) -> None:
    wang.create("case", **case_of(village, wang, **fields))
    (told,) = wang.push()
    assert (told["outcome"], codes(told)) == ("rejected", [code])


def test_a_move_that_the_workflow_forbids(village: TinyVillage, wang: SyncDevice) -> None:
    case = wang.create("case", **case_of(village, wang, item="permit", state="entrusted"))
    wang.change(case.record, state="archived")
    told = wang.push()
    assert (told[1]["outcome"], codes(told[1])) == ("rejected", ["move-forbidden"])
    assert village.record(case.record).values["state"] == "entrusted"


@pytest.mark.parametrize("username", ["wang", "lead"])
def test_a_grid_that_is_not_there(village: TinyVillage, username: str) -> None:
    device = enrolled(village, username)
    device.create("household", name="户", address="路", grid=f"{VILLAGE}999")
    device.create("visit", **visit_of(village, device, grid=f"{VILLAGE}999", household=None, place="村口"))
    told = device.push()
    assert [(one["outcome"], codes(one)) for one in told] == [("rejected", ["unknown-grid"])] * 2


def test_a_grid_that_never_was_the_workers_waits_for_a_person(wang: SyncDevice) -> None:
    wang.create("household", name="户", address="路", grid=GRID_2)
    (told,) = wang.push()
    assert (told["outcome"], told["waits_for"]) == ("held", "a-person")


@pytest.mark.parametrize("username", ["clerk", "supervisor"])
def test_roles_without_the_right_carry_no_device(village: TinyVillage, username: str) -> None:
    with pytest.raises(Refused) as caught:
        enrolled(village, username)
    assert caught.value.code == "forbidden"


def test_what_nobody_can_read_is_kept_byte_for_byte(village: TinyVillage, wang: SyncDevice) -> None:
    garbage = b'{"counter":1,"previous":\x00\xff'
    raw = msgspec.json.encode({"counter": 1, "raw": base64.b64encode(garbage).decode()})
    reply = wang.push_body([raw])
    assert codes(reply["outcomes"][0]) == ["unreadable"]
    doubled = b'{"counter":2,"previous":"%b","id":"x","id":"y"}' % reply["digest"].encode()
    reply = wang.push_body([doubled])
    assert codes(reply["outcomes"][0]) == ["unreadable"] and reply["acknowledged"] == 2
    assert len(village.rows("SELECT 1 FROM unsettled WHERE device = ?", wang.device)) == 2


def mend(device: SyncDevice, wrong: Operation, fields: dict[str, Any], seen: dict[str, Any]) -> Operation:
    return device.capture(
        kind=wrong.kind,
        action=wrong.action,
        record=wrong.record,
        village=wrong.village,
        fields=fields,
        seen=seen,
        mends=wrong.id,
        captured=wrong.clock,
    )


def test_a_rejected_create_is_mended_once(village: TinyVillage, wang: SyncDevice) -> None:
    wrong = wang.create("household", name=5, address="演示路6号", grid=GRID_1)
    wang.push()
    right = {"name": "改正户", "address": "演示路6号", "grid": GRID_1}
    mend(wang, wrong, right, {})
    mend(wang, wrong, right | {"name": "又改"}, {})
    told = wang.push()
    assert [entry["outcome"] for entry in told] == ["applied", "rejected"]
    assert codes(told[1]) == ["already-mended"]
    assert village.record(wrong.record).values["name"] == "改正户"
    wang.status()
    assert remarks(wang.outcomes[1]) == ["mended"] and wang.outcomes[1]["outcome"] == "rejected"


def test_whoever_mends_first_stands(village: TinyVillage, wang: SyncDevice, lead: SyncDevice) -> None:
    wrong = wang.change(HOUSEHOLD, phone="12")
    wang.push()
    mend(lead, wrong, {"phone": "19900005555"}, {"phone": None})
    mend(wang, wrong, {"phone": "19900006666"}, {"phone": None})
    assert [entry["outcome"] for entry in lead.push()] == ["applied"]
    assert codes(wang.push()[0]) == ["already-mended"]
    assert village.record(HOUSEHOLD).values["phone"] == "19900005555"
    assert village.rows("SELECT * FROM unsettled") == []
    assert village.rows("SELECT sum(unsettled) FROM devices") == [(0,)]
    wang.pull_all()
    wang.change(HOUSEHOLD, phone="19900007777")
    assert [entry["outcome"] for entry in wang.push()] == ["applied"]


def test_an_unknown_item_is_tried_again_when_it_is_published(village: TinyVillage, wang: SyncDevice) -> None:
    case = wang.create("case", **case_of(village, wang, item="brand-new"))
    note = wang.change(case.record, note="随后补充")
    assert [entry["outcome"] for entry in wang.push()] == ["rejected", "held"]
    village.later()
    newer = small_catalogue(village.today, extra=(item("brand-new", Mode.DIRECT, Finish.DOORSTEP),))
    intake, now = village.intake, village.now_ms

    def publish(db: Any) -> int:
        publish_reference(intake, db, newer, published_calendar(), [], now)
        return intake.retry_rejected(db, now)

    assert village.store.write_now(publish) == 2
    wang.status()
    assert [wang.outcomes[counter]["outcome"] for counter in (1, 2)] == ["applied", "applied"]
    assert village.record(case.record).values["note"] == note.fields["note"]


# --- revoked devices, closed accounts


@pytest.mark.parametrize("how", ["revoked", "closed"])
def test_who_lost_the_right_still_hands_over_and_nothing_else(
    village: TinyVillage, wang: SyncDevice, how: str
) -> None:
    wang.change(HOUSEHOLD, note="停用前采集")
    if how == "revoked":
        village.store.write_now(lambda db: devices.revoke(db, wang.device, village.now_ms, "lock"))
    else:
        worker = wang.worker["id"]
        village.store.write_now(lambda db: close_account(db, worker, village.moment()))
    village.later()
    (told,) = wang.push()
    assert (told["outcome"], told["waits_for"]) == ("held", "a-person")
    assert "note" not in village.record(HOUSEHOLD).values
    reply = wang.status()
    assert reply["acknowledged"] == 1 and reply["orders"] == ("lock" if how == "revoked" else "none")
    for path, params in (
        ("/changes", {"village": VILLAGE}),
        ("/segments", {"village": VILLAGE}),
        ("/segments/" + "0" * 64, {}),
        ("/live", {"village": VILLAGE}),
    ):
        with pytest.raises(Refused) as caught:
            wang.call("GET", path, params=params)
        assert caught.value.code == "device-revoked"
    with pytest.raises(Refused):
        wang.enrol(token=wang.token)


def test_an_id_that_is_known_with_other_content_is_kept_as_rejected(
    village: TinyVillage, wang: SyncDevice
) -> None:
    identifier = uuid7(village.now_ms, bytes(10))
    wang.capture(
        kind="household", action="change", id=identifier, record=HOUSEHOLD, fields={"note": "一"}, seen={}
    )
    wang.push()
    wang.capture(
        kind="household", action="change", id=identifier, record=HOUSEHOLD, fields={"note": "二"}, seen={}
    )
    (told,) = wang.push()
    assert (told["outcome"], codes(told)) == ("rejected", ["id-taken"])
    assert village.record(HOUSEHOLD).values["note"] == "一"
    assert village.rows("SELECT * FROM unsettled") == []
    again = wang.push_body(wang.captured[1:])["outcomes"]
    assert [codes(entry) for entry in again] == [["id-taken"]]
    wang.capture(
        kind="household", action="change", record=HOUSEHOLD, fields={"note": "三"}, seen={"note": "一"}
    )
    assert [entry["outcome"] for entry in wang.push()] == ["applied"]
    wang.pull_all()
    (entry,) = wang.enrol_anew()[1:2]
    assert entry.fields == {"note": "二"}
    assert [codes(told) for told in wang.push()] == [[], ["id-taken"], []]
    assert village.rows("SELECT * FROM unsettled") == []
