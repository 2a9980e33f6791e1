"""A day's troubles settled in a browser: conflicts, a pair, what was not accepted; phones and residents."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.desk_pages import PHONE, TABLET, WIDE, Desk, faults
from tests.browser.desk_troubles import HOSTILE, Troubles, at_window, make_troubles
from tests.browser.served_demo import VILLAGE, ServedDemo

HERE = f"/desk/v/{VILLAGE}"
SIZES = [WIDE, TABLET]
NAMES = ["wide", "tablet"]


@pytest.fixture(scope="module")
def troubles(demo: ServedDemo, tmp_path_factory: pytest.TempPathFactory) -> list[Troubles]:
    """One set of troubles for each size of window, and one more to be looked at."""
    return make_troubles(demo, tmp_path_factory.mktemp("phones"), len(SIZES) + 1)


def window(desk: Desk, size: ViewportSize, path: str) -> Page:
    page = desk.sign_in(at_window(desk.demo)[0], size)
    page.goto(desk.at(f"{HERE}/{path}"))
    return page


@pytest.mark.parametrize(("nth", "size"), list(enumerate(SIZES)), ids=NAMES)
def test_a_conflict_is_settled_by_clicks_and_taken_back(
    desk: Desk, troubles: list[Troubles], nth: int, size: ViewportSize
) -> None:
    page = window(desk, size, "conflicts")
    page.locator(f"a.item[href$='{troubles[nth].case}']").click()
    note, phone = (page.locator("section.conflict", has_text=text) for text in ("傍晚再联系", "13900000000"))
    expect(note).to_contain_text(HOSTILE)
    assert faults(page) == []
    note.get_by_role("button", name="两个都保留").click()
    expect(page.locator(".notice.good")).to_contain_text("选定")
    phone.get_by_role("button", name=re.compile("13900000002")).click()
    expect(page.get_by_text("都已处理")).to_be_visible()
    expect(phone.locator(".version.taken")).to_contain_text("13900000002")
    assert faults(page) == []
    phone.get_by_role("button", name="撤回").click()
    expect(phone.locator(".version.taken")).to_contain_text("13900000001")
    phone.get_by_text("都不对，另写一个").click()
    phone.get_by_label("申请人电话", exact=True).fill("13900000009")
    phone.get_by_role("button", name="采用另写的").click()
    expect(phone.locator(".notice.good")).to_contain_text("13900000009")


@pytest.mark.parametrize(("nth", "size"), list(enumerate(SIZES)), ids=NAMES)
def test_a_pair_is_linked_and_taken_back(
    desk: Desk, troubles: list[Troubles], nth: int, size: ViewportSize
) -> None:
    page = window(desk, size, "conflicts")
    pair = page.locator("a.item[href*='/duplicates/']", has_text=troubles[nth].resident_name).first
    pair.click()
    expect(page.get_by_text("≠ 不同").first).to_be_visible()
    assert faults(page) == []
    page.get_by_label("依据").fill("同一年度")
    page.get_by_role("button", name="是同一件事，关联").click()
    expect(page.locator(".notice.good")).to_contain_text("同一年度")
    page.get_by_role("button", name="撤回这个判断").click()
    expect(page.get_by_label("依据")).to_be_visible()


@pytest.mark.parametrize(("nth", "size"), list(enumerate(SIZES)), ids=NAMES)
def test_what_was_not_accepted_is_mended_sent_back_and_given_up(
    desk: Desk, troubles: list[Troubles], nth: int, size: ViewportSize
) -> None:
    page = window(desk, size, "rejected")
    page.locator("a.item", has_text=troubles[nth].resident_name).first.click()
    expect(page.locator(".mend.marked")).to_contain_text("nonsense")
    assert faults(page) == []
    page.get_by_text("其他内容，照旧采用").click()
    page.get_by_role("button", name="改好并采用").click()
    expect(page.get_by_role("alert")).to_contain_text("还有不对的地方")
    page.locator("input[name='f.phone']").fill("13800000000")
    page.get_by_role("button", name="改好并采用").click()
    expect(page.get_by_role("status").filter(has_text="已改好")).to_be_visible()
    page.locator("a.item", has_text="登记任务").first.click()
    page.get_by_label("要本人改什么").fill("写清楚送什么")
    page.get_by_role("button", name="退回", exact=True).click()
    expect(page.get_by_text("已退回给本人")).to_be_visible()
    page.locator("a.item", has_text="已退回本人").first.click()
    page.get_by_text("不再处理", exact=True).first.click()
    page.get_by_label("为什么").fill("重复登记")
    page.locator("form[action$='/give-up'] button").click()
    page.locator("dialog button.primary").click()
    expect(page.get_by_text("已记为不再处理")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, TABLET, PHONE], ids=[*NAMES, "phone"])
def test_phones_and_residents_are_looked_up_without_faults(
    desk: Desk, troubles: list[Troubles], size: ViewportSize
) -> None:
    page = window(desk, size, "residents")
    page.get_by_label("姓名、完整证件号").fill(troubles[-1].resident_name)
    page.get_by_role("button", name="查找").click()
    page.locator(f"tbody a[href$='{troubles[-1].resident}']").click()
    assert faults(page) == []
    page.get_by_text("查看完整证件号").click()
    page.get_by_label("为什么要看").fill("代填登记表")
    page.get_by_role("button", name="查看", exact=True).click()
    expect(page.get_by_text("只在这里显示这一次")).to_be_visible()
    page.goto(desk.at(f"{HERE}/devices"))
    assert faults(page) == []
    page.locator("tbody a").first.click()
    expect(page.get_by_role("button", name="显示开锁码")).to_be_visible()
    assert faults(page) == []
    for path in ("conflicts", "rejected", f"conflicts/{troubles[-1].case}"):
        page.goto(desk.at(f"{HERE}/{path}"))
        assert faults(page) == []
