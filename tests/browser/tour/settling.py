"""The screens of what waits and of trouble: outbox, a rejected one to mend, conflicts, duplicates, history."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import expect

from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import button, offline
from tests.browser.tour.colleagues import Colleagues
from tests.browser.tour.screens import show, still


def settling_stops(phone: ChromiumPhone, around: Colleagues) -> Iterator[str]:
    """A choice made without a network, which a colleague had made before."""
    page = phone.page
    around.disagree()
    around.plan(around.owner)
    show(page, "/outbox")
    button(page, "现在同步").click()
    expect(button(page, "现在同步")).to_be_enabled()
    show(page, "/")
    expect(page.get_by_text("今天轮值窗口")).to_be_visible()
    yield "today-window"
    show(page, "/duplicates")
    yield "duplicates"
    show(page, "/conflicts")
    expect(page.get_by_role("main").get_by_role("link")).to_have_count(2)
    yield "conflicts"
    page.get_by_role("main").get_by_role("link").first.click()
    expect(button(page, "采用这一个", exact=False).first).to_be_visible()
    still(page)
    yield "conflict"
    offline(phone)
    button(page, "采用这一个", exact=False).last.click()
    still(page)
    yield "conflict-chosen"
    show(page, "/outbox")
    yield "outbox-waiting"
    page.get_by_role("main").get_by_role("link").nth(1).click()
    expect(page.get_by_text("第 ", exact=False).first).to_be_visible()
    still(page)
    yield "entry-waiting"
    around.settle()
    phone.context.set_offline(False)
    show(page, "/outbox")
    expect(page.get_by_text("被退回").first).to_be_visible(timeout=30_000)
    still(page)
    yield "outbox-trouble"
    page.get_by_role("link").filter(has_text="被退回").first.click()
    expect(button(page, "重新上传")).to_be_visible()
    yield "entry-mend"
    show(page, "/history")
    yield "history"
    show(page, "/")
    expect(page.get_by_text("需要处理").first).to_be_visible()
    yield "today-trouble"
