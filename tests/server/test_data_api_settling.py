"""What was rejected is mended once; what differs is chosen once; what looks like one matter is decided."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.demo.numbers import identity_number
from sync.ids import derived
from tests.server.desk_village import DeskVillage, desk_village, told
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import (
    GRID_1,
    GRID_2,
    NEXT_GRID,
    NUMBER,
    VILLAGE,
    household_id,
    resident_id,
)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    """Li is at the window today; grid 1, from which most comes, is wang's."""
    with desk_village(tmp_path) as village:
        village.rota(village.today, "li")
        yield village


def unsettled(village: DeskVillage, by: str = "li") -> list[dict[str, Any]]:
    found = village.call(by, "GET", "unsettled")
    assert found.status_code == 200, found.text
    return list(found.json())


def mend(village: DeskVillage, device: str, counter: int, by: str = "li", **request: Any) -> Any:
    return village.call(by, "POST", f"/api/v1/unsettled/{device}/{counter}/mend", request)


def test_a_rejected_change_is_listed_with_every_reason_and_mended_once(village: DeskVillage) -> None:
    phone = village.phone("wang")
    where = household_id(GRID_1, 0)
    phone.change(where, phone="12", nonsense="x", note="门牌掉了")
    assert phone.push()[0]["outcome"] == "rejected"
    (row,) = unsettled(village)
    assert (row["counter"], row["kind"], row["record"], row["outcome"]) == (1, "household", where, "rejected")
    assert [problem["pointer"] for problem in row["problems"]] == ["/fields/nonsense"]
    still = mend(village, phone.device, 1, fields={"phone": "12"}, leave_out=["nonsense"])
    assert told(still)[:2] == (422, "request-invalid")
    assert still.json()["problems"][0]["pointer"] == "/fields/phone"
    assert len(unsettled(village)) == 1  # a desk's mistake is told, not kept

    done = mend(village, phone.device, 1, fields={"phone": "13800000000"}, leave_out=["nonsense"])
    assert (done.status_code, done.json()["outcome"]) == (201, "applied")
    assert village.record(where).values["phone"] == "13800000000"
    assert village.record(where).values["note"] == "门牌掉了"
    assert unsettled(village) == []
    assert told(mend(village, phone.device, 1))[:2] == (409, "already-mended")
    phone.sync()
    assert [remark["code"] for remark in phone.outcomes[1]["remarks"]] == ["mended"]
    assert phone.see(where).values["phone"] == "13800000000"


def test_a_rejected_create_keeps_its_record_and_its_time_of_capture(village: DeskVillage) -> None:
    phone = village.phone("wang")
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    case = village.capture_case(phone, applicant_identity_number=wrong)
    captured = phone.operations[0].clock
    phone.push()
    (row,) = unsettled(village)
    assert row["fields"]["applicant_identity_number"] == f"{wrong[:6]}********{wrong[-4:]}"
    village.later()
    assert mend(village, phone.device, 1, fields={"applicant_identity_number": NUMBER}).status_code == 201
    record = village.record(case)
    assert (
        record.values["applicant_identity_number"] == NUMBER and record.values["holder"] == phone.worker["id"]
    )
    assert record.values["captured_at"] == captured[:24]


def test_an_operation_that_nobody_could_read_is_written_again_by_hand(village: DeskVillage) -> None:
    phone = village.phone("wang")
    phone.push_body([b'{"counter":1,"raw":"eyJoYWxmIjo="}', b'{"counter":2,"raw":"eyJoYWxmIjo="}'])
    rows = unsettled(village)
    assert [(row["counter"], row.get("kind"), row["problems"][0]["code"]) for row in rows] == [
        (1, None, "unreadable"),
        (2, None, "unreadable"),
    ]
    assert told(mend(village, phone.device, 1)) == (422, "request-invalid", ["required"])
    fields = {"title": "给王大爷送证", "holder": phone.worker["id"]}
    assert mend(village, phone.device, 2, kind="task", fields=fields).status_code == 201
    assert [row["counter"] for row in unsettled(village)] == [1]
    assert told(mend(village, phone.device, 2, kind="task", fields=fields))[:2] == (409, "already-mended")
    assert mend(village, phone.device, 1, kind="task", fields=fields).status_code == 201
    titles = [record.values.get("title") for _, record in village.records(VILLAGE).values()]
    assert titles.count("给王大爷送证") == 2


def test_a_worker_mends_the_own_and_sees_no_other(village: DeskVillage) -> None:
    wang, li = village.phone("wang"), village.phone("li")
    wang.change(household_id(GRID_1, 0), phone="1")
    wang.push()
    li.change(household_id(GRID_2, 0), phone="1")
    li.push()
    assert [row["worker_name"] for row in unsettled(village, "wang")] == ["wang"]
    assert len(unsettled(village, "li")) == 2
    assert told(mend(village, li.device, 1, by="wang", fields={"phone": "13800000000"}))[:2] == (
        403,
        "forbidden",
    )
    assert mend(village, wang.device, 1, by="wang", fields={"phone": "13800000000"}).status_code == 201


def test_what_is_held_for_a_person_is_accepted_at_the_window(village: DeskVillage) -> None:
    phone = village.phone("wang")
    phone.capture(
        kind="household",
        action="change",
        record=household_id(GRID_2, 0),
        seen={"note": None},
        fields={"note": "替同事记的"},
    )
    assert phone.push()[0]["outcome"] == "held"
    (row,) = unsettled(village)
    assert row["waits_for"] == "a-person"
    assert mend(village, phone.device, 1).json()["outcome"] == "applied"
    assert village.record(household_id(GRID_2, 0)).values["note"] == "替同事记的"


def test_there_is_nothing_to_mend_where_there_is_nothing(village: DeskVillage) -> None:
    phone = village.phone("wang")
    phone.change(household_id(GRID_1, 0), note="好")
    phone.push()
    assert told(mend(village, phone.device, 1))[:2] == (409, "already-mended")
    assert told(mend(village, phone.device, 2))[:2] == (404, "not-found")
    assert told(mend(village, "nobody", 1))[:2] == (404, "not-found")


def a_conflict(village: DeskVillage, field: str, *values: str) -> tuple[SyncDevice, str]:
    """Wang's case, a field of which two of wang's phones change without signal: the second phone and the case."""
    wang = village.phone("wang")
    before, first, second = values
    case = village.capture_case(wang, **{field: before})
    wang.sync()
    other = village.phone("wang")
    wang.change(case, **{field: first})
    other.change(case, **{field: second})
    wang.push()
    assert other.push()[0]["outcome"] == "conflict"
    return other, case


PHONES = ("13900000000", "13900000001", "13900000002")


def test_a_conflict_shows_every_value_and_is_settled_once(village: DeskVillage) -> None:
    second, case = a_conflict(village, "phone", *PHONES)
    (shown,) = village.call("li", "GET", "conflicts").json()
    assert (shown["subject"], shown["field"], shown["seen"]) == (case, "phone", "13900000000")
    assert shown["standing"]["value"] == "13900000001" and shown["standing"]["worker_name"] == "wang"
    (offer,) = shown["offered"]
    assert offer["value"] == "13900000002" and offer["device"] == second.device
    path = f"/api/v1/conflicts/{shown['id']}/choice"
    assert told(village.call("li", "POST", path, {})) == (422, "request-invalid", ["choice"])
    both = {"take": "standing", "value": "1"}
    assert told(village.call("li", "POST", path, both)) == (422, "request-invalid", ["choice"])
    assert told(village.call("li", "POST", path, {"take": "x"})) == (422, "request-invalid", ["not-offered"])
    assert told(village.call("li", "POST", path, {"value": 7}))[:2] == (422, "request-invalid")
    settled = village.call("li", "POST", path, {"take": offer["operation"], "note": "打电话问过"})
    assert settled.status_code == 201, settled.text
    assert settled.json()["choice"] == {"value": "13900000002"}
    assert settled.json()["settled_by"] == village.workers["li"]
    assert village.record(case).values["phone"] == "13900000002" and not village.record(case).conflicts
    assert village.call("li", "GET", "conflicts").json() == []
    assert told(village.call("wang", "POST", path, {"take": "standing"}))[:2] == (409, "already-settled")
    undone = {"take": "standing", "seen": {"value": "13900000002"}}
    assert village.call("wang", "POST", path, undone).status_code == 201  # an author, who saw the choice


def test_an_author_sees_the_own_conflicts_and_a_stranger_none(village: DeskVillage) -> None:
    a_conflict(village, "phone", *PHONES)
    assert len(village.call("wang", "GET", "conflicts").json()) == 1
    (shown,) = village.call("li", "GET", "conflicts").json()
    path = f"/api/v1/conflicts/{shown['id']}/choice"
    assert told(village.call("lead", "GET", "conflicts"))[:2] == (403, "forbidden")
    assert told(village.call("lead", "POST", path, {"take": "standing"}))[:2] == (403, "forbidden")
    assert told(village.call("neighbour", "POST", path, {"take": "standing", "village": VILLAGE}))[0] == 403
    assert told(village.call("neighbour", "POST", path, {"take": "standing"}))[0] == 404
    strange = f"/api/v1/conflicts/{derived('x')}/choice"
    assert told(village.call("li", "POST", strange, {"take": "standing"}))[:2] == (404, "not-found")


def test_identity_numbers_in_a_conflict_are_masked_and_chosen_all_the_same(village: DeskVillage) -> None:
    numbers = [identity_number("19600202", serial) for serial in (11, 13, 15)]
    _, case = a_conflict(village, "applicant_identity_number", *numbers)
    (shown,) = village.call("li", "GET", "conflicts").json()
    assert shown["offered"][0]["value"] == f"{numbers[2][:6]}********{numbers[2][-4:]}"
    assert not any(number in str(shown) for number in numbers)
    path = f"/api/v1/conflicts/{shown['id']}/choice"
    settled = village.call("li", "POST", path, {"take": shown["offered"][0]["operation"]})
    assert numbers[2] not in settled.text
    assert village.record(case).values["applicant_identity_number"] == numbers[2]


def two_cases(village: DeskVillage) -> tuple[str, str, str]:
    phone = village.phone("wang")
    first, second = (village.capture_case(phone, "permit", answers__hospital="一院") for _ in range(2))
    phone.push()
    (shown,) = village.call("li", "GET", "duplicates").json()
    assert {shown["first"], shown["second"]} == {first, second} and shown.get("decision") is None
    return shown["id"], first, second


def test_a_suspected_duplicate_is_linked_and_separated_again(village: DeskVillage) -> None:
    duplicate, first, second = two_cases(village)
    path = f"/api/v1/duplicates/{duplicate}/decision"
    assert told(village.call("wang", "POST", path, {"decision": "linked"}))[:2] == (403, "forbidden")
    assert told(village.call("li", "POST", path, {"decision": "same"}))[:2] == (422, "request-invalid")
    linked = village.call("li", "POST", path, {"decision": "linked", "reason": "同一次住院"})
    assert (linked.status_code, linked.json()["decision"]) == (201, "linked")
    assert village.record(first).values["linked_cases"] == [second]
    assert village.record(second).values["linked_cases"] == [first]
    assert village.call("li", "GET", "duplicates").json() == []
    assert told(village.call("li", "POST", path, {"decision": "separate"}))[:2] == (409, "already-settled")
    again = village.call("li", "POST", path, {"decision": "separate", "seen": "linked"})
    assert again.json()["decision"] == "separate"
    assert village.record(first).values["linked_cases"] == []


def test_the_rota_is_written_and_changed_by_the_lead(village: DeskVillage) -> None:
    day = village.tomorrow
    assert village.rota(day, "wang", "li").status_code == 201
    changed = village.rota(day, "li", leave=("wang",)).json()
    assert (changed["window"], changed["leave"]) == ([village.workers["li"]], [village.workers["wang"]])
    stretch = village.call("wang", "GET", f"rota?first={day}&last={day}").json()
    assert stretch["days"] == [changed]
    refused = told(village.rota(day, "li", leave=("li",)))
    assert refused == (422, "request-invalid", ["on-leave"])
    assert told(village.rota(day, "neighbour")) == (422, "request-invalid", ["not-of-village"])
    assert village.call("wang", "GET", f"rota?first={day}&last={day}").json() == stretch
    empty = village.rota(day)
    assert empty.status_code == 201 and village.rota(day, "wang").status_code == 201


def test_a_desk_worker_writes_in_grids_of_colleagues_but_in_no_other_village(village: DeskVillage) -> None:
    phone = village.phone("wang")
    phone.change(household_id(GRID_1, 1), phone="1")
    phone.push()
    assert mend(village, phone.device, 1, fields={"phone": "13800000000"}).status_code == 201
    phone.create("household", name="新户", address="路", grid=NEXT_GRID)
    phone.push()
    path = f"/api/v1/unsettled/{phone.device}/2/mend"
    there = village.call("li", "POST", path, {"village": NEXT_GRID[:12]})
    assert told(there) == (422, "request-invalid", ["other-village"])
    assert mend(village, phone.device, 2, fields={"grid": GRID_1}).status_code == 201
    assert resident_id(GRID_1, 0, 0) in village.records(VILLAGE)
