"""Visits and people as a worker goes through them, beginning at 今日."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.flows import button, heading, home, start_visit, tab, told


def due(page: Page) -> Locator:
    """The cards of the households to visit."""
    return page.get_by_role("article")


def visit_begun(page: Page) -> str:
    """The first household to visit, opened from Today, with its visit begun. Answers its name."""
    home(page)
    return start_visit(page).name


def chip(page: Page, question: str, answer: str) -> Locator:
    """One of the chips under a question; a chosen one carries a tick."""
    group = page.get_by_role("group", name=question, exact=True)
    return group.get_by_role("button", name=answer, exact=True)


def complete(page: Page, name: str, outcome: str) -> None:
    """完成, and the words that say that it is kept."""
    button(page, "完成").click()
    told(page, f"已登记：{name} {outcome}")


def more(page: Page) -> None:
    """Unfold what an ordinary visit does not need."""
    button(page, "事由、同行、备注、后续").click()


def elsewhere(page: Page) -> None:
    """From Today to a visit that is not now, at this door."""
    home(page)
    page.get_by_role("link", name="在别处走访或补记").click()
    expect(heading(page)).to_have_text("在别处走访或补记")


def household(page: Page, name: str) -> None:
    """A household by the name of who is at its head, through the search on Today."""
    home(page)
    page.get_by_role("link", name="找户、找人、门牌、电话尾号").click()
    page.get_by_role("searchbox").fill(name.removesuffix("户"))
    due(page).filter(has_text=name).first.get_by_role("link").click()
    expect(heading(page)).to_have_text(name)


def resident(page: Page, of: str) -> str:
    """The first person of a household; answers the name."""
    household(page, of)
    person = page.locator("a, [role=button]").filter(has_text="岁").first
    name = person.locator(".van-cell__title span").first.inner_text()
    person.click()
    expect(heading(page)).to_have_text(name)
    return name


def day_log(page: Page, day: str | None = None) -> str:
    """The 民情日志 of a day as it stands, of today where none is given."""
    home(page)
    tab(page, "我的")
    page.get_by_role("link", name="民情日志").click()
    expect(heading(page)).to_have_text("民情日志")
    if day is not None:
        page.get_by_label("哪一天").select_option(day)
    return page.get_by_text(re.compile(r"民情日志\s+\d{4}年")).inner_text()


def task(page: Page, title: str) -> Locator:
    """A task in the whole list of what is to be done."""
    home(page)
    page.get_by_role("link", name="全部").first.click()
    expect(heading(page)).to_have_text("任务")
    return page.get_by_role("link", name=title)
