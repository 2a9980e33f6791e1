"""Papers: each says what it is and what it is not, and nobody's number stands on one in full."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import segno

from forms.handling.receipt import grouped, provisional_number
from tests.server.capture_village import ENOUGH, Window, capture_village
from tests.server.desk_pages_client import Browser, plain
from tests.server.desk_village import DeskVillage
from tests.server.pictures import digest_of, picture
from tests.server.sync_village import NUMBER, VILLAGE


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with capture_village(tmp_path) as village:
        yield village


def test_the_receipt_is_one_of_the_village_and_its_code_holds_the_number_only(village: DeskVillage) -> None:
    window = Window(village)
    case = window.saved(
        **ENOUGH, applicant_identity_number=NUMBER, materials__card="original_seen", materials__form="copy"
    )
    number = village.record(case).values["official_number"]
    page = window.browser.get(f"print/receipt/{case}")
    words = plain(page)
    for said in (
        "收件回执（代办）",
        grouped(number),
        "身份证 — 已验原件",
        "申请表 原件1份 复印件",
        "预计",
        "演示时限",
        "不是部门的受理通知书",
        "2026-11-23 16:",
    ):
        assert said in words, said
    assert NUMBER not in page and "临时编号" not in words
    assert re.findall(r"受理通知书", words) == ["受理通知书"]
    assert f"print/qr/{number}" in page
    drawn = window.browser.client.get(f"/desk/v/{VILLAGE}/print/qr/{number}")
    expected = io.BytesIO()
    segno.make(number, error="m", micro=False).save(expected, kind="svg", scale=4, border=4, xmldecl=False)
    assert drawn.content == expected.getvalue() and drawn.headers["content-type"] == "image/svg+xml"
    assert "script-src 'self'" in drawn.headers["content-security-policy"]


def test_a_code_is_drawn_of_receipt_numbers_and_nothing_else(village: DeskVillage) -> None:
    wang = Browser(village, "wang")
    for other in ("hello", "330481106222202600000X", NUMBER):
        wang.get(f"print/qr/{other}", status=404)
    Browser(village, "neighbour").get("print/qr/33048110622220260000017", status=403)


def test_a_phones_slip_keeps_its_provisional_number_until_the_window_acts(village: DeskVillage) -> None:
    phone = village.phone("wang")
    case = village.capture_case(phone, "permit")
    phone.push()
    wang = Browser(village, "wang")
    assert "尚无编号" in wang.get(f"print/receipt/{case}")
    other = village.capture_case(
        phone, "permit", receipt_number=provisional_number(VILLAGE, village.today, UUID(case))
    )
    phone.push()
    assert "临时编号" in wang.get(f"print/receipt/{other}")


def test_a_notice_is_given_in_full_or_the_page_says_what_was_not_looked_at(village: DeskVillage) -> None:
    window = Window(village)
    case = window.saved(**ENOUGH, materials__card="missing", told="no")
    page = window.browser.get(f"print/notice/{case}")
    assert "现在打印就不是一次讲全" in page and "申请表" in page and "记下：已一次性告知" not in page
    second = Window(village)
    whole = second.saved(
        **ENOUGH, materials__card="missing", materials__form="copy", applies__lease="no", told="no"
    )
    page = second.browser.get(f"print/notice/{whole}")
    assert "missing_told_at" not in village.record(whole).values
    told = second.browser.send(page, f"print/notice/{whole}")
    assert told.status_code == 200 and "记下：已一次性告知" not in told.text
    assert "missing_told_at" in village.record(whole).values
    words = plain(told.text)
    assert "还缺以下 1 项材料" in words and "租房合同" not in words


def test_the_entrustment_has_the_signature_and_claims_no_standard(village: DeskVillage) -> None:
    window, signed = Window(village), picture(5)
    window.press("refresh", files={"upload/signature": ("s.jpg", signed, "image/jpeg")})
    case = window.saved(**ENOUGH, signature=digest_of(signed))
    page = window.browser.get(f"print/entrustment/{case}")
    where = f"/desk/v/{VILLAGE}/cases/{case}/files/{digest_of(signed)}"
    assert where in page and window.browser.client.get(where).content == signed
    assert "沈桂仙" in page and "不是统一的标准文本" in page


def test_papers_of_proxy_cases_only_and_for_those_who_may_see_the_case(village: DeskVillage) -> None:
    phone = village.phone("wang")
    direct = village.capture_case(phone, "allowance")
    phone.push()
    wang = Browser(village, "wang")
    for kind in ("receipt", "entrustment"):
        wang.get(f"print/{kind}/{direct}", status=404)
    case = Window(village).saved(**ENOUGH)
    for who in ("li", "lead", "supervisor", "neighbour"):
        browser = Browser(village, who)
        for kind in ("receipt", "notice", "entrustment"):
            browser.get(f"print/{kind}/{case}", status=403)
    assert village.rows("SELECT count(*) FROM audit WHERE action = 'case.read' AND subject = ?", case)


def test_the_cover_list_names_each_case_with_its_number(village: DeskVillage) -> None:
    window = Window(village)
    case = window.saved(**ENOUGH, materials__card="copy")
    village.later()
    page = window.browser.get("proxy")
    sent = window.browser.send(page, "proxy/hand-up", case=case)
    assert sent.status_code == 200, sent.text[:2000]
    ((batch,),) = village.rows("SELECT record FROM hand_ups")
    words = plain(window.browser.get(f"print/cover/{batch}"))
    for said in (
        "代办件报送清单",
        village.record(case).values["official_number"],
        "沈桂仙",
        "身份证（复印件）",
        "镇街接收人",
    ):
        assert said in words, said
    Browser(village, "li").get(f"print/cover/{batch}", status=403)


def test_the_day_sheet_has_the_rows_and_room_for_both_signatures(village: DeskVillage) -> None:
    phone = village.phone("wang")
    phone.sync()
    wang = Browser(village, "wang")
    words = plain(wang.get(f"print/day/{village.today.isoformat()}"))
    assert (
        "日结对账表" in words and "wang" in words and "交班（未签字）" in words and "接班（未签字）" in words
    )
    Browser(village, "neighbour").get(f"print/day/{village.today.isoformat()}", status=403)
    wang.get("print/day/yesterday", status=422)
