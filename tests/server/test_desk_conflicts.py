"""The page of what differs and of suspected duplicates: one click each, two people at once, undo, hostile text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.demo.numbers import identity_number
from tests.server.desk_pages_client import Browser, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import VILLAGE, faults_of

HERE = f"/desk/v/{VILLAGE}"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    """Li and wang are at the window today."""
    with desk_village(tmp_path) as village:
        village.rota(village.today, "li", "wang")
        yield village


def conflict(village: DeskVillage, field: str, *values: str) -> tuple[str, SyncDevice]:
    """Two of wang's phones set a field of a case differently; the case, and the second phone."""
    wang = village.phone("wang")
    before, first, second = values
    case = village.capture_case(wang, **{field: before})
    wang.sync()
    other = village.phone("wang")
    wang.change(case, **{field: first})
    other.change(case, **{field: second})
    wang.push()
    assert other.push()[0]["outcome"] == "conflict"
    return case, other


def only_conflict(village: DeskVillage, case: str) -> str:
    (conflict,) = village.record(case).conflicts
    return conflict


def choose(browser: Browser, case: str, take: str, **more: object):  # type: ignore[no-untyped-def]
    page = browser.get(f"{HERE}/conflicts/{case}")
    return browser.send(page, f"{HERE}/conflicts/{case}", take=take, **more)


def test_a_field_shows_every_version_and_one_click_settles_it(village: DeskVillage) -> None:
    case, other = conflict(village, "phone", "13900000000", "13900000001", "13900000002")
    identifier = only_conflict(village, case)
    li = Browser(village, "li")
    assert f"{HERE}/conflicts/{case}" in li.get(f"{HERE}/conflicts")
    page = li.get(f"{HERE}/conflicts/{case}")
    for text in ("13900000000", "13900000001", "13900000002", "wang的手机", "原值", "采用这个"):
        assert text in page, text
    offered = village.record(identifier).values["offered"][0]["operation"]
    assert choose(li, case, offered, note="打电话问过").status_code == 200
    assert village.record(case).values["phone"] == "13900000002"
    page = plain(li.get(f"{HERE}/conflicts/{case}"))
    assert "已由 li 选定" in page and "打电话问过" in page and "撤回" in page
    other.sync()
    told = other.see(identifier).values  # what the phone follows: the choice, by whom, and the note
    assert (told["choice"], told["settled_by"], told["note"]) == (
        {"value": "13900000002"}, village.workers["li"], "打电话问过",
    )  # fmt: skip
    assert choose(li, case, "standing").status_code == 200  # undone
    assert village.record(case).values["phone"] == "13900000001"
    assert faults_of(village) == []


def test_two_people_settling_at_once_the_second_is_told_and_loses_no_text(village: DeskVillage) -> None:
    case, _ = conflict(village, "phone", "13900000000", "13900000001", "13900000002")
    li, wang = Browser(village, "li"), Browser(village, "wang")
    action = f"{HERE}/conflicts/{case}"
    both = [browser.get(action) for browser in (li, wang)]
    assert li.send(both[0], action, take="standing").status_code == 200
    late = wang.send(both[1], action, take="other", value="13900000009", note="本人刚换的号")
    assert late.status_code == 409
    page = plain(late.text)
    assert "已由别人处理" in page and "已由 li 选定" in page
    assert "本人刚换的号" in late.text and "13900000009" in late.text
    assert village.record(case).values["phone"] == "13900000001"


def test_a_third_value_must_be_of_the_fields_type_and_both_texts_can_be_kept(village: DeskVillage) -> None:
    case, _ = conflict(village, "phone", "13900000000", "13900000001", "13900000002")
    li = Browser(village, "li")
    refused = choose(li, case, "other", value="x" * 300, note="留着")
    assert refused.status_code == 422 and "留着" in refused.text and "x" * 300 in refused.text
    assert choose(li, case, "both").status_code == 422  # two phone numbers are no phone number
    assert choose(li, case, "other", value="13900000007").status_code == 200
    assert village.record(case).values["phone"] == "13900000007"
    assert "13900000007" in li.get(f"{HERE}/conflicts/{case}")

    noted, _ = conflict(village, "note", "原话", "白天不在家", "晚上在家")
    assert "白天不在家；晚上在家" in li.get(f"{HERE}/conflicts/{noted}")
    assert choose(li, noted, "both").status_code == 200
    assert village.record(noted).values["note"] == "白天不在家；晚上在家"


def test_undo_ends_with_the_signature_of_the_day(village: DeskVillage) -> None:
    case, _ = conflict(village, "phone", "13900000000", "13900000001", "13900000002")
    li = Browser(village, "li")
    offered = village.record(only_conflict(village, case)).values["offered"][0]["operation"]
    choose(li, case, offered)
    page = li.get(f"{HERE}/conflicts/{case}")
    village.later()
    day = village.today.isoformat()
    shown = village.call("li", "GET", f"reconciliation?day={day}").json()
    reasons = dict.fromkeys(shown["unexplained"], "手机还没报到，已电话问过")
    signed = village.call("li", "POST", "signatures", {"day": day, "reasons": reasons})
    assert signed.status_code == 201, signed.text
    late = li.send(page, f"{HERE}/conflicts/{case}", take="standing")
    assert late.status_code == 409 and "已经签字" in late.text
    assert village.record(case).values["phone"] == "13900000002"
    assert f"/conflicts/{case}" not in li.get(f"{HERE}/conflicts")


def test_an_author_settles_the_own_and_others_see_nothing(village: DeskVillage) -> None:
    village.rota(village.today, "li")
    case, _ = conflict(village, "phone", "13900000000", "13900000001", "13900000002")
    assert case in Browser(village, "wang").get(f"{HERE}/conflicts")
    for stranger in ("lead", "clerk", "supervisor", "admin", "neighbour"):
        Browser(village, stranger).get(f"{HERE}/conflicts/{case}", 403)
    assert choose(Browser(village, "wang"), case, "standing").status_code == 200


def test_hostile_text_stays_text_and_numbers_stay_masked(village: DeskVillage) -> None:
    case, _ = conflict(village, "note", "好", HOSTILE, "{{ 7 * 7 }}' onclick='x")
    page = Browser(village, "li").get(f"{HERE}/conflicts/{case}")
    assert (
        HOSTILE not in page and "&lt;img src=x" in page and "49" not in plain(page).split("onclick")[0][-4:]
    )
    numbers = [identity_number("19600202", serial) for serial in (11, 13, 15)]
    other, _ = conflict(village, "applicant_identity_number", *numbers)
    page = Browser(village, "li").get(f"{HERE}/conflicts/{other}")
    assert not any(number in page for number in numbers) and f"********{numbers[2][-4:]}" in page
    strange = Browser(village, "li").get(f"{HERE}/conflicts/{HOSTILE.replace('/', '')}")
    assert "<img src" not in strange


def two_cases(village: DeskVillage) -> tuple[str, str, str]:
    phone = village.phone("wang")
    first, second = (
        village.capture_case(phone, "permit", answers__hospital="一院", note=note) for note in ("甲", "乙")
    )
    phone.push()
    (shown,) = village.call("li", "GET", "duplicates").json()
    return shown["id"], first, second


def test_a_pair_is_compared_linked_with_grounds_and_taken_back(village: DeskVillage) -> None:
    duplicate, first, second = two_cases(village)
    li, action = Browser(village, "li"), f"{HERE}/duplicates/{duplicate}"
    page = li.get(action)
    assert first in page and second in page and "≠ 不同" in plain(page) and "一院" in page
    refused = li.send(page, action, decision="linked", reason=" ")
    assert refused.status_code == 422 and "依据" in refused.text
    assert li.send(page, action, decision="linked", reason="同一次住院").status_code == 200
    assert village.record(first).values["linked_cases"] == [second]
    late = Browser(village, "wang").send(page, action, decision="separate", reason="两次")
    assert late.status_code in (403, 409)
    wang = Browser(village, "wang")
    stale = wang.get(action)
    assert wang.send(stale, action, decision="undo").status_code == 200
    assert village.record(first).values["linked_cases"] == []
    assert "decision" not in village.record(duplicate).values
    assert village.call("li", "GET", "duplicates").json()[0]["id"] == duplicate  # it waits again
    assert faults_of(village) == []
    for stranger in ("lead", "clerk", "supervisor", "neighbour"):
        Browser(village, stranger).get(action, 403)
