"""The screens of casework: items, a new case step by step, the receipt, the case and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.browser.flows import button, heading
from tests.browser.handling import answer, choose_person, onward, sign
from tests.browser.tour.colleagues import Colleagues
from tests.browser.tour.screens import show, still

ITEM = "old-age-allowance"
WITH_ROWS = "migrant-residence-registration"


def case_stops(page: Page, around: Colleagues) -> Iterator[str]:
    """From the catalogue to a case with its slip."""
    yield from item_stops(page)
    yield from writing_stops(page, around)
    yield from proxy_stops(page, around)
    for part in ("waiting", "underWay", "finished", "drafts"):
        show(page, f"/cases?part={part}")
        yield f"cases-{part}"
    show(page, "/")
    yield "today-with-work"


def item_stops(page: Page) -> Iterator[str]:
    """The catalogue."""
    show(page, "/items")
    yield "items"
    page.get_by_role("searchbox").fill("老人补贴")
    expect(page.get_by_role("link", name="高龄津贴").first).to_be_visible()
    yield "items-results"
    page.get_by_role("searchbox").fill("想装一部充电桩")
    button(page, "居民问到、目录没有").click()
    still(page)
    yield "items-ask"
    page.keyboard.press("Escape")
    show(page, f"/item/{ITEM}")
    yield "item"
    button(page, "一次性告知").click()
    still(page)
    yield "item-notice"


def writing_stops(page: Page, around: Colleagues) -> Iterator[str]:
    """A form with problems and rows, left as a draft."""
    show(page, f"/item/{WITH_ROWS}")
    button(page, "现在办理").click()
    expect(page.get_by_role("searchbox")).to_be_visible()
    yield "case-person"
    button(page, "不在名单里的人").click()
    page.get_by_label("姓名").fill("外来的周师傅")
    page.get_by_label("电话").fill("1990000")
    page.get_by_label("身份证号").fill("33048119800101123")
    onward(page)
    expect(page.get_by_role("alert").first).to_be_visible()
    yield "case-person-problems"
    page.get_by_label("电话").fill("19900001234")
    page.get_by_label("身份证号").fill("")
    onward(page)
    answer(page, "居住方式", "租房")
    button(page, "添加同行人员", exact=False).click()
    still(page)
    yield "case-form-rows"
    onward(page)
    still(page)
    yield "case-form-problems"


def proxy_stops(page: Page, around: Colleagues) -> Iterator[str]:
    """A case that is taken along: materials, signature, slip, and its page."""
    show(page, f"/item/{ITEM}")
    button(page, "现在办理").click()
    choose_person(page, str(around.home().values["name"]).removesuffix("户"))
    still(page)
    yield "case-form"
    answer(page, "年龄段", "80至89周岁")
    page.get_by_label("账号").fill("6222021204009876543")
    answer(page, "账户为本人", "是")
    onward(page)
    answer(page, "身份证", "已验原件")
    answer(page, "账号", "缺")
    yield "case-materials"
    button(page, "看一次性告知").click()
    still(page)
    yield "case-notice"
    button(page.get_by_role("dialog", name="一次性告知"), "关闭").click()
    page.get_by_role("checkbox", name="已把缺的材料一次性告诉居民").click()
    onward(page)
    sign(page)
    yield "case-ending"
    button(page, "委托并开回执").click()
    expect(page.get_by_role("img", name="回执二维码")).to_be_visible()
    still(page)
    yield "receipt"
    page.get_by_role("link", name="看办件").click()
    expect(button(page, "工作流转")).to_be_visible()
    yield "case"
    page.get_by_role("contentinfo").get_by_role("button").first.click()
    still(page)
    yield "case-move"
    address = page.url.split("#", maxsplit=1)[1]
    for opener, stop in (
        ("工作流转", "case-hand-over"),
        ("撤销这个办件", "case-void"),
        ("核对材料", "case-check"),
    ):
        show(page, "/cases")
        show(page, address)
        button(page, opener).click()
        still(page)
        yield stop
    show(page, f"{address}/answers")
    yield "case-answers"
    expect(heading(page)).to_be_visible()
