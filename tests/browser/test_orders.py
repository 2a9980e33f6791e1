"""Orders of the village to a phone: a lock takes reading and gives it back, a wipe leaves nothing but what was not
handed over, and that not for long; and a grid that somebody else takes over leaves by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from grid_map.days import count_day
from tests.browser.arrivals import Arrivals
from tests.browser.at_rest import rows_at_rest
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import (
    COLLEAGUE,
    WORKER,
    button,
    enrol,
    heading,
    home,
    offline,
    plain_visit,
    start_visit,
    visit_to_a_place,
    waiting,
)
from tests.browser.handling import end, find_item, onward
from tests.browser.mislaid import (
    LEAD,
    account,
    asked,
    card,
    listed,
    lock,
    order_wipe,
    prove_held,
    staff_window,
)
from tests.browser.served_demo import VILLAGE, ServedDemo, eventually

Phones = Callable[[str], ChromiumPhone]
THIRD, FOURTH = f"{VILLAGE}-w4", f"{VILLAGE}-w5"
MANY, FEW = 200, 60
PLACE = "文化礼堂门口"
STRANGER = "外来的周师傅"
ENDED = "暂时不能查看资料，可以继续登记"
# The transaction of a wipe has begun and does not end: what it removes is removed nowhere yet.
STUCK_IN_A_WIPE = """() => {
  IDBObjectStore.prototype.clear = () => {
    console.info('wiping')
    for (;;);
  }
}"""


def sync_now(page: Page) -> None:
    """现在同步, from whatever page."""
    page.evaluate("location.hash = '#/outbox'")
    button(page, "现在同步").click()
    page.evaluate("location.hash = '#/'")


def addresses(page: Page) -> tuple[list[str], list[str]]:
    """Pages that show residents, and the names on them."""
    names = page.get_by_role("article").locator("strong").all_inner_texts()
    home = (page.get_by_role("article").first.get_by_role("link").get_attribute("href") or "").lstrip("#")
    page.evaluate("home => { location.hash = '#' + home }", home)
    person = page.locator("a, [role=button]").filter(has_text="岁").first
    names.append(person.locator(".van-cell__title span").first.inner_text())
    person.click()
    expect(heading(page)).to_have_text(names[-1])
    resident = page.url.partition("#")[2]
    page.evaluate("location.hash = '#/'")
    expect(page.get_by_text("该走访的户")).to_be_visible()
    own = [home, f"{home}/change", f"{home}/class", resident, f"{resident}/change", f"{home}/resident-new"]
    return [
        *own,
        "/search",
        "/map",
        "/cases",
        "/tasks",
        "/history",
        "/log",
        "/conflicts",
        "/duplicates",
    ], names


def test_a_lock_takes_reading_and_a_release_gives_it_back(demo: ServedDemo, phone: Phones) -> None:
    one, arrivals = phone(demo.address), Arrivals(demo)
    page = enrol(one, demo)
    device = str(card(demo, WORKER)["id"])
    closed, names = addresses(page)
    lock(demo, device)
    sync_now(page)
    expect(page.get_by_text(ENDED)).to_be_visible()
    for address in closed:
        page.evaluate("address => { location.hash = '#' + address }", address)
        page.wait_for_function("location.hash === '#/'")
        expect(page.get_by_text(ENDED)).to_be_visible()
        shown = page.locator("body").inner_text()
        assert [name for name in names if name.removesuffix("户") in shown] == [], address

    visit_to_a_place(page, PLACE)
    page.evaluate("location.hash = '#/'")
    page.get_by_role("link", name="登记办件").click()
    find_item(page, "消防", "消防隐患上报")
    button(page, "现在办理").click()
    page.get_by_label("姓名").fill(STRANGER)
    page.get_by_label("电话").fill("19900001234")
    onward(page)
    page.get_by_role("textbox", name="诉求描述").fill("电瓶车在门厅充电")
    onward(page)
    onward(page)
    end(page, "登记")
    page.evaluate("location.hash = '#/'")
    expect(page.get_by_text("都已上传")).to_be_visible()
    eventually(lambda: arrivals.places() == [PLACE])
    assert [(case.fields or {}).get("applicant_name") for case in arrivals.created("case")] == [STRANGER]

    lock(demo, device, "none")
    button(page, "现在联网").click()
    expect(page.get_by_role("article").first).to_be_visible()
    arrivals.prove_once()


def test_a_grid_that_is_taken_over_leaves_the_phone_by_itself(demo: ServedDemo, phone: Phones) -> None:
    one, arrivals = phone(demo.address), Arrivals(demo)
    # who is at the window has the whole village in hand
    staff_window(demo)
    page = enrol(one, demo, FOURTH)
    assert households_held(page) > MANY
    offline(one)
    door = plain_visit(page)
    start_visit(page, 1)
    button(page, "有发现：登记问题").click()
    page.get_by_label("情况", exact=True).fill("屋后积水")
    home(page)
    expect(page.get_by_role("link", name="入户")).to_be_visible()
    mine = account(demo, FOURTH)
    yesterday = (count_day(one_ms(page)) - timedelta(days=1)).isoformat()
    for assignment in asked(demo, LEAD, "GET", f"/villages/{VILLAGE}/assignments"):
        if assignment["worker"] == mine:
            path = f"/villages/{VILLAGE}/assignments/{assignment['id']}/end"
            asked(demo, LEAD, "POST", path, to_day=yesterday, reason="演示：换人")
    one.context.set_offline(False)
    expect(page.get_by_text("名下还没有网格")).to_be_visible()
    # what was captured is safe; the grid is gone with what was being typed about it; cases in hand keep their homes
    # what was captured is safe; the grid is gone, and what was typed about it. Homes of cases in hand stay
    assert arrivals.visited() == [door.id]
    expect(page.get_by_role("link", name="入户")).to_have_count(0)
    assert households_held(page) < FEW
    arrivals.prove_once()


def households_held(page: Page) -> int:
    """How many households are on the phone, as 存储空间 tells it."""
    page.evaluate("location.hash = '#/storage'")
    term = page.get_by_role("term").filter(has_text=re.compile("^户$"))
    held = int(term.locator("xpath=following-sibling::dd[1]").inner_text())
    page.evaluate("location.hash = '#/'")
    expect(page.get_by_role("navigation", name="主要页面")).to_be_visible()
    return held


def one_ms(page: Page) -> int:
    """The time on the phone, Unix milliseconds."""
    return int(page.evaluate("Date.now()"))


def wiped(page: Page) -> None:
    """The screen of a phone that was wiped, with nothing left on it."""
    expect(heading(page)).to_have_text("这部手机已停用")
    expect(page.get_by_text("没上传的已经交给服务器")).to_be_visible()


def test_a_wipe_while_the_phone_is_open(demo: ServedDemo, phone: Phones) -> None:
    one, arrivals = phone(demo.address), Arrivals(demo)
    page = enrol(one, demo, COLLEAGUE)
    device = str(card(demo, COLLEAGUE)["id"])
    offline(one)
    door = plain_visit(page)
    order_wipe(demo, device)
    assert "尚未收到指令，可能仍存有资料：未知" in listed(demo, device)
    one.context.set_offline(False)
    wiped(page)
    assert rows_at_rest(page) == {}
    assert arrivals.visited() == [door.id]
    assert "已清除" in listed(demo, device)
    button(page, "知道了").click()
    expect(heading(page)).to_have_text("登记这部手机")
    prove_held(demo, device, 2)


@pytest.mark.drill
def test_a_wipe_of_a_closed_phone_that_dies_in_its_middle(demo: ServedDemo, phone: Phones) -> None:
    one, arrivals = phone(demo.address), Arrivals(demo)
    page = enrol(one, demo, THIRD)
    device = str(card(demo, THIRD)["id"])
    offline(one)
    door = plain_visit(page)
    waiting(page, 2)
    one.close()
    order_wipe(demo, device)

    # without a network nobody can tell it; nobody opens it
    page = one.open(at="about:blank")
    one.context.set_offline(True)
    page.goto(f"{one.address}/app/")
    expect(heading(page)).to_have_text("输入口令")
    assert "可能仍存有资料：未知" in listed(demo, device)
    page.evaluate(STUCK_IN_A_WIPE)
    with page.expect_console_message(lambda message: message.text == "wiping"):
        one.context.set_offline(False)
    one.kill()

    page = one.open(at="about:blank")
    one.context.set_offline(True)
    page.goto(f"{one.address}/app/")
    expect(heading(page)).to_have_text("这部手机已停用")
    expect(page.get_by_text("没有上传的 2 条登记")).to_be_visible()
    assert rows_at_rest(page) == {"outbox": 2}
    one.context.set_offline(False)
    wiped(page)
    assert rows_at_rest(page) == {}
    assert arrivals.visited() == [door.id]
    assert "已清除" in listed(demo, device)
    prove_held(demo, device, 2)
