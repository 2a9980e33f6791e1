"""A walk-in's case at the window: found by what people say, written down by the item's form, saved once, numbered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from forms.handling.receipt import OfficialNumber, grouped, official_number, read_number
from server.store import epochs, official_numbers
from tests.server.capture_village import ENOUGH, PAGE, Window, capture_village
from tests.server.desk_pages_client import Browser, plain
from tests.server.desk_village import DeskVillage
from tests.server.pictures import digest_of, picture
from tests.server.sync_village import (
    GRID_1,
    NUMBER,
    VILLAGE,
    faults_of,
    household_id,
    resident_id,
)

MASKED = f"{NUMBER[:6]}********{NUMBER[-4:]}"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with capture_village(tmp_path) as village:
        yield village


def give_number(village: DeskVillage, resident: str) -> None:
    """The resident's identity number, by the phone of the worker of the grid."""
    phone = village.phone("wang")
    phone.change(resident, identity_number=NUMBER, phone="19900001234")
    phone.sync()


def test_an_item_is_found_by_what_people_say_and_says_what_it_takes(village: DeskVillage) -> None:
    wang = Browser(village, "wang")
    for said in ("老人补贴", "lrbt", "gljt", "高龄津贴"):
        assert "高龄津贴发放" in wang.get(f"cases/new?q={said}")
    assert "高龄津贴发放" not in wang.get("cases/new?q=医保")
    about = plain(wang.get("cases/new?item=grant"))
    for words in ("谁可以办 未载明", "租房合同 视情形：租房的", "原件1份", "预计", "演示时限", "现在办理"):
        assert words in about


def test_a_visit_item_is_not_captured_at_a_window_and_the_page_says_so(village: DeskVillage) -> None:
    wang = Browser(village, "wang")
    assert "窗口不能登记" in wang.get("cases/new?item=care-visit")
    wang.get("cases/new/care-visit", status=404)


def test_only_the_window_on_duty_captures(village: DeskVillage) -> None:
    for who in ("li", "lead", "clerk", "supervisor", "neighbour", "admin"):
        browser = Browser(village, who)
        for path in ("cases/new", PAGE, "requests/new"):
            browser.get(path, status=403)


def test_every_mistake_stands_at_its_field_and_what_was_typed_stays(village: DeskVillage) -> None:
    window = Window(village)
    reply = window.press(
        "save",
        answers__amount="很多",
        answers__own_number="330499196002020000",
        applicant_phone="12",
        note="<script>alert(1)</script>",
    )
    assert reply.status_code == 422
    said = plain(reply.text)
    for words in (
        "请填写“事由”",
        "“申请金额”按元填写",
        "校验位不符",
        "请查找居民，或填写姓名",
        "应为11位手机号",
    ):
        assert words in said
    assert 'value="很多"' in reply.text and "<script>alert" not in reply.text
    assert "&lt;script&gt;alert(1)" in reply.text
    assert village.rows("SELECT count(*) FROM cases") == [(0,)]


def test_conditions_ask_anew_and_what_is_hidden_is_kept_but_not_answered(village: DeskVillage) -> None:
    window = Window(village)
    assert "房东" not in window.page
    window.press("refresh", answers__rents="true")
    assert "房东" in window.page
    window.press("refresh", answers__landlord="王先生")
    window.press("refresh", answers__rents="false")
    window.typed.pop("answers/landlord")
    assert 'type="hidden" name="answers/landlord" value="王先生"' in window.page
    values = village.record(window.saved(**ENOUGH)).values
    assert values["answers/rents"] is False and "answers/landlord" not in values


def test_rows_come_and_go_and_are_saved_as_a_phone_saves_them(village: DeskVillage) -> None:
    window = Window(village)
    window.press("add:family")
    first = window.row()
    window.press("remove:family/" + first)
    assert "rows/family" not in window.page
    window.press("add:family")
    row = window.row()
    wrong = window.press("save", **ENOUGH)
    assert wrong.status_code == 422 and "家庭成员 1：请填写“姓名”" in wrong.text
    window.typed |= {f"answers/family/{row}/name": "沈小明", f"answers/family/{row}/age": "12"}
    values = village.record(window.saved()).values
    assert values[f"answers/family/{row}/name"] == "沈小明" and values[f"answers/family/{row}/age"] == 12
    assert values["answers/amount"] == 120050


def test_a_conditional_material_is_asked_when_its_condition_holds_and_missing_ones_are_told_in_full(
    village: DeskVillage,
) -> None:
    window = Window(village)
    assert 'name="materials/card"' in window.page and 'name="materials/lease"' not in window.page
    window.press("refresh", applies__lease="yes")
    assert 'name="materials/lease"' in window.page
    refused = window.press("save", **ENOUGH, materials__lease="missing", materials__card="copy", told="yes")
    assert refused.status_code == 422 and "一次性告知要一次讲全：“申请表”还没有核对" in refused.text
    case = window.saved(materials__form="missing")
    values = village.record(case).values
    assert values["materials/lease"] == values["materials/form"] == "missing"
    assert values["missing_told_at"] == values["captured_at"] and values["state"] == "received"
    notice = plain(window.browser.get(f"print/notice/{case}"))
    assert "还缺以下 2 项材料" in notice and "租房合同 租房的" in notice and "身份证" not in notice


def test_a_resident_is_looked_up_with_a_trace_and_the_number_stays_masked(village: DeskVillage) -> None:
    resident = resident_id(GRID_1, 0, 0)
    give_number(village, resident)
    for said in ("居民00", NUMBER, "19900001234", "1234"):
        window = Window(village)
        found = window.press("find", find=said)
        assert f"choose:{resident}" in found.text and NUMBER not in found.text.replace(
            f'value="{NUMBER}"', ""
        )
    assert village.rows("SELECT count(*) FROM audit WHERE action = 'resident.read'") == [(4,)]
    window.typed.pop("find")
    chosen = window.press(f"choose:{resident}")
    assert MASKED in chosen.text and f'name="answers/own_number" value="{MASKED}"' in chosen.text
    assert 'name="applicant_phone" value="19900001234"' in chosen.text
    window.typed |= {"answers/own_number": MASKED, "applicant_phone": "19900001234"}
    case = window.saved(**{**ENOUGH, "applicant_name": ""})
    values = village.record(case).values
    assert values["resident"] == resident and values["household"] == household_id(GRID_1, 0)
    assert values["answers/own_number"] == NUMBER and "applicant_name" not in values
    assert village.record(case).grid == GRID_1


def test_a_saved_case_has_its_number_is_in_the_inbox_and_is_one_however_often_it_is_sent(
    village: DeskVillage,
) -> None:
    window = Window(village)
    case = window.saved(**ENOUGH)
    assert window.saved() == case
    values = village.record(case).values
    number = values["official_number"]
    assert read_number(number) == OfficialNumber(VILLAGE, 2026, 1)
    wang = village.workers["wang"]
    assert (values["holder"], values["first_contact"]) == (wang, wang)
    assert village.rows("SELECT count(*) FROM cases") == [(1,)]
    for typed in (number, grouped(number)):
        assert f"/cases/{case}" in window.browser.get(f"inbox?q={typed}")
    assert village.record(Window(village).saved(**ENOUGH)).values["official_number"] == official_number(
        VILLAGE, 2026, 2
    )
    assert faults_of(village) == []


def test_a_suspected_duplicate_is_shown_before_it_is_saved(village: DeskVillage) -> None:
    number = {"applicant_identity_number": NUMBER}
    first = Window(village).saved(**ENOUGH, **number)
    window = Window(village)
    hint = window.press("save", **ENOUGH, **number)
    assert hint.status_code == 422 and "可能重复" in hint.text and f"/cases/{first}" in hint.text
    assert village.rows("SELECT count(*) FROM cases") == [(1,)]
    assert window.saved() != first


def test_a_picture_is_kept_at_once_and_what_is_none_is_refused_at_its_field(village: DeskVillage) -> None:
    window, plain_bytes = Window(village), picture(3)
    wrong = window.press("save", files={"upload/answers/proof": ("<b>.txt", b"no picture", "text/plain")})
    assert wrong.status_code == 422 and "文件没有收下" in wrong.text and "&lt;b&gt;.txt" not in wrong.text
    shown = window.press("refresh", files={"upload/answers/proof": ("p.jpg", plain_bytes, "image/jpeg")})
    digest = digest_of(plain_bytes)
    assert f"cases/new/files/{digest}" in shown.text
    assert window.browser.client.get(f"/desk/v/{VILLAGE}/cases/new/files/{digest}").content == plain_bytes
    Browser(village, "lead").get(f"cases/new/files/{digest}", status=404)
    record = village.record(window.saved(**ENOUGH, answers__proof=digest))
    assert record.values["answers/proof"] == [digest] and record.arrived == [digest]


def test_what_was_typed_comes_back_with_its_rows_when_the_page_is_opened_again(village: DeskVillage) -> None:
    browser = Browser(village, "wang")
    token = browser.client.cookies["allpost_csrf"]
    kept = {
        "_draft": f"capture:{VILLAGE}:grant",
        "_page": f"/desk/v/{VILLAGE}/{PAGE}",
        "answers/why": "写到一半",
        "seen:rows/family": "abc123",
        "answers/family/abc123/name": "沈小明",
    }
    sent = browser.client.post("/desk/drafts", data=kept, headers={"x-csrf-token": token})
    assert sent.status_code == 204, sent.text
    page = browser.get(PAGE)
    assert "写到一半" in page and 'value="沈小明"' in page and "已恢复未保存的内容" in page
    assert "写到一半" not in browser.get(f"{PAGE}?fresh=true")


def test_a_phones_case_gets_its_number_with_the_first_move_at_the_window(village: DeskVillage) -> None:
    phone = village.phone("wang")
    case = village.capture_case(phone, "permit")
    phone.push()
    assert "official_number" not in village.record(case).values
    browser = Browser(village, "wang")
    moved = browser.send(browser.get(f"cases/{case}"), f"cases/{case}/move", to="received")
    assert moved.status_code == 200, moved.text[:2000]
    values = village.record(case).values
    assert values["state"] == "received" and values["official_number"] == official_number(VILLAGE, 2026, 1)
    assert f"/cases/{case}" in browser.get(f"inbox?q={values['official_number']}")


def test_after_a_restore_numbers_go_on_beyond_those_that_may_be_on_paper(village: DeskVillage) -> None:
    Window(village).saved(**ENOUGH)
    village.later()
    village.store.write_now(lambda db: epochs.start(db, "restore", village.now_ms))
    following = village.store.read_now(lambda db: official_numbers.next_sequence(db, VILLAGE, 2026))
    assert following == 2 + official_numbers.SKIPPED_AFTER_RESTORE
    village.later()
    case = Window(village).saved(**ENOUGH)
    assert village.record(case).values["official_number"] == official_number(VILLAGE, 2026, following)
    again = village.store.read_now(lambda db: official_numbers.next_sequence(db, VILLAGE, 2026))
    assert again == following + 1


def test_what_is_not_in_the_catalogue_is_written_down_too(village: DeskVillage) -> None:
    browser = Browser(village, "wang")
    page = browser.get("requests/new")
    empty = browser.send(page, "requests/new", do="save", text=" ", note="问过镇里")
    assert empty.status_code == 422 and "请填写“要办什么”" in empty.text and "问过镇里" in empty.text
    saved = browser.send(empty.text, "requests/new", do="save", text="想装<b>充电桩</b>")
    assert saved.status_code == 200 and "想装&lt;b&gt;充电桩" in saved.text
    ((record,),) = village.rows("SELECT record FROM requests")
    values = village.record(record).values
    assert values["text"] == "想装<b>充电桩</b>" and values["worker"] == village.workers["wang"]
