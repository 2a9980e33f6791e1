"""The inbox and a case beside it in a real browser: choosing, moving, handing over, two browsers on one case."""

from __future__ import annotations

import re
import sqlite3

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from grid_map.days import count_day
from server.clock import unix_ms
from tests.browser.desk_pages import PHONE, TABLET, WIDE, Desk, faults
from tests.browser.served_demo import VILLAGE

REPORTS = f"/desk/v/{VILLAGE}/inbox?mode=report"


def at_window(desk: Desk) -> list[str]:
    """The usernames of those whom the rota puts at today's window."""
    with sqlite3.connect(desk.demo.data / "allpost.db") as db:
        rows = db.execute(
            "SELECT a.username FROM rotas r JOIN accounts a ON a.id = r.worker WHERE r.village = ? AND r.day = ?"
            " AND r.duty = 'window' ORDER BY a.username",
            (VILLAGE, count_day(unix_ms()).isoformat()),
        ).fetchall()
    assert rows, "nobody is at the window today"
    return [username for (username,) in rows]


def open_first(page: Page) -> None:
    """Choose the first case of the list by its line."""
    page.locator("#list a.item").first.click()
    expect(page.locator("#detail article.case")).to_be_visible()
    expect(page.locator(".htmx-request")).to_have_count(0)


@pytest.mark.parametrize("size", [WIDE, TABLET, PHONE], ids=["wide", "tablet", "phone"])
def test_a_case_opens_beside_its_list_without_faults(desk: Desk, size: ViewportSize) -> None:
    page = desk.sign_in(at_window(desk)[0], size)
    page.goto(desk.at(f"/desk/v/{VILLAGE}/inbox"))
    assert faults(page) == []
    open_first(page)
    expect(page).to_have_url(re.compile(r"/cases/[0-9a-f-]{36}$"))
    closed = page.locator("article details:not([open]) > summary")
    while closed.count():
        closed.first.click()
    assert faults(page) == []
    if size == WIDE:
        expect(page.locator("#list a.item[aria-current]")).to_have_count(1)
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("#list a.item").nth(1)).to_have_attribute("aria-current", "true")
    else:
        page.get_by_role("link", name="回到收件").click()
        expect(page.locator("#list")).to_be_visible()


def test_a_filter_renews_the_list_and_keeps_the_case(desk: Desk) -> None:
    page = desk.sign_in(at_window(desk)[0])
    page.goto(desk.at(f"/desk/v/{VILLAGE}/inbox?show=all"))
    open_first(page)
    shown = page.locator("article.case").get_attribute("data-case")
    before = page.locator("#list a.item").count()
    page.get_by_label("方式").select_option("proxy")
    page.wait_for_url(lambda address: "mode=proxy" in address)
    expect(page.locator(".htmx-request")).to_have_count(0)
    assert 0 < page.locator("#list a.item").count() <= before
    assert page.locator("article.case").get_attribute("data-case") == shown


def test_handed_over_and_taken_back(desk: Desk) -> None:
    page = desk.sign_in(at_window(desk)[0])
    page.goto(desk.at(f"/desk/v/{VILLAGE}/inbox?order=due"))
    open_first(page)
    page.locator("#handing-over summary").click()
    page.get_by_label("交给").select_option(index=2)
    page.locator("#handing-over textarea").fill("请假三天")
    page.get_by_role("button", name="移交").click()
    expect(page.locator("#handing-over ol.steps").first).to_contain_text("请假三天")
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("#handing-over ol.steps").first).to_contain_text("撤销刚才的移交")


def test_two_browsers_on_one_case(desk: Desk) -> None:
    """The second is told that somebody was first, sees the new state, and keeps the text; then a task is given."""
    users = at_window(desk)
    first, second = desk.sign_in(users[0]), desk.sign_in(users[-1])
    for page in (first, second):
        page.goto(desk.at(REPORTS))
        open_first(page)
        page.locator("#moves details[open] textarea, #moves details[open] button").first.wait_for()
    opened = second.url
    _move_on(first, "已处理")
    expect(first.locator("#history")).to_contain_text("（窗口）")
    _move_on(second, "已经修好了，打过电话")
    expect(second.get_by_role("alert")).to_contain_text("已先改了这件")
    assert opened.split("/cases/")[1][:36] in second.url
    expect(second.locator("#history")).to_contain_text("（窗口）")
    second.locator("#tasks summary").click()
    second.get_by_label("做什么").select_option("follow_up")
    second.get_by_label("谁去做").select_option(index=1)
    second.get_by_role("button", name="派任务").click()
    expect(second.locator("#tasks")).to_contain_text("回访：")


def _move_on(page: Page, result: str) -> None:
    """Make the first move onward, with its result."""
    page.locator("#moves details[open] textarea").first.fill(result)
    page.locator("#moves details[open] button.primary").first.click()
