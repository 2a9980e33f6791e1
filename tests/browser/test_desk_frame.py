"""The frame around every page of the desk in a real browser: coming in, losing nothing, hearing what is new."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from grid_map.days import count_day
from server.clock import unix_ms
from tests.browser.desk_pages import ADMIN, LEAD, PHONE, TABLET, WIDE, Desk, faults
from tests.browser.served_demo import VILLAGE

INBOX = f"/desk/v/{VILLAGE}/inbox"
HOUSEHOLDS = f"/desk/v/{VILLAGE}/grids/households"
REASON = "近期出院，独自在家 <b>请常去看</b>"


def window(desk: Desk, nth: int = 0) -> str:
    """The username of one whom the rota puts at today's window."""
    query = (
        "SELECT a.username FROM rotas r JOIN accounts a ON a.id = r.worker"
        " WHERE r.village = ? AND r.day = ? AND r.duty = 'window' ORDER BY a.username"
    )
    with sqlite3.connect(desk.demo.data / "allpost.db") as db:
        found = db.execute(query, (VILLAGE, count_day(unix_ms()).isoformat())).fetchall()
    return str(found[nth][0])


def end_sessions(desk: Desk) -> None:
    """Every session has run out."""
    with sqlite3.connect(desk.demo.data / "allpost.db", timeout=10) as db:
        db.execute("UPDATE sessions SET expires_at = '2000-01-01T00:00:00.000Z'")


def class_form(desk: Desk, page: Page, nth: int) -> None:
    """The page on which the lead changes a household's visit class; each test has a household of its own."""
    page.goto(desk.at(HOUSEHOLDS))
    address = page.locator(f"main a[href^='{HOUSEHOLDS}/']").nth(nth).get_attribute("href")
    assert address is not None
    page.goto(desk.at(address))


def change_class(page: Page, reason: str) -> None:
    form = page.locator("form[data-draft^='class-']")
    form.locator("select").select_option(index=1)
    form.locator("input[name=reason]").fill(reason)


def sign_in_again(desk: Desk, page: Page, username: str) -> None:
    """On the page that answers an interrupted form: it leads to another with the text, not to another address."""
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(desk.demo.password(username))
    page.get_by_role("button", name="登录").click()


def send(page: Page) -> None:
    page.get_by_role("button", name="改类别").click()


@pytest.mark.parametrize("size", [WIDE, TABLET, PHONE], ids=["wide", "tablet", "phone"])
def test_the_frame_and_the_sign_in_page_have_no_faults(desk: Desk, size: ViewportSize) -> None:
    page = desk.open(size)
    page.goto(desk.at("/desk/"))
    expect(page.get_by_label("用户名")).to_be_focused()
    assert faults(page) == []
    for who, first in ((LEAD, "您好"), (ADMIN, "村社")):
        inside = desk.sign_in(who, size)
        expect(inside.locator("h1")).to_contain_text(first)
        assert faults(inside) == []
        inside.get_by_role("button", name="English").click()
        expect(inside.locator("html")).to_have_attribute("lang", "en")
        assert faults(inside) == []
    inside.goto(desk.at("/desk/nothing"))
    assert faults(inside) == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_pages_are_a_menu_on_a_phone(desk: Desk, scripts: bool) -> None:
    page = desk.sign_in(LEAD, PHONE, java_script_enabled=scripts)
    pages = page.get_by_role("navigation", name="页面")
    expect(pages).not_to_be_visible()
    page.get_by_role("link", name="菜单").click()
    pages.get_by_role("link", name="轮值").click()
    page.wait_for_url("**/rota")


def test_a_wrong_password_is_told_and_nothing_is_forgotten(desk: Desk) -> None:
    page = desk.open()
    page.goto(desk.at(INBOX))
    page.get_by_label("用户名").fill(LEAD)
    page.get_by_label("密码").fill("not it")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("用户名或密码不正确")
    expect(page.get_by_label("密码")).to_be_focused()
    page.get_by_label("密码").fill(desk.demo.password(LEAD))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{INBOX}")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_form_that_outlives_its_session_loses_no_text(desk: Desk, scripts: bool) -> None:
    page = desk.sign_in(LEAD, java_script_enabled=scripts)
    class_form(desk, page, 0 if scripts else 1)
    change_class(page, REASON)
    end_sessions(desk)
    send(page)
    expect(page.get_by_text("您填写的内容还在")).to_be_visible()
    assert faults(page) == [] if scripts else True
    sign_in_again(desk, page, LEAD)
    expect(page.get_by_text(REASON)).to_be_visible()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("已写入")).to_be_visible()
    expect(page.get_by_text(REASON)).to_be_visible()


def test_another_person_is_told_before_anything_is_sent(desk: Desk) -> None:
    page = desk.sign_in(LEAD)
    class_form(desk, page, 2)
    change_class(page, REASON)
    end_sessions(desk)
    send(page)
    worker = window(desk)
    sign_in_again(desk, page, worker)
    expect(page.get_by_role("alert")).to_contain_text("另一个人登录时填写的")
    expect(page.get_by_text(REASON)).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("您没有办理这一项的权限")).to_be_visible()
    expect(page.get_by_text(REASON)).to_be_visible()


def begin_capture(desk: Desk) -> Page:
    """The form of an item, as the window fills it in; parts of it come by htmx."""
    page = desk.sign_in(window(desk))
    page.goto(desk.at(f"/desk/v/{VILLAGE}/cases/new"))
    page.fill("input[name=q]", "lsjz")
    page.locator("#found a.item", has_text="临时救助").click()
    page.get_by_role("link", name="现在办理").click()
    page.fill("#find", "沈")
    return page


def test_a_session_that_ends_under_htmx_is_begun_again_on_the_page(desk: Desk) -> None:
    page = begin_capture(desk)
    phone = page.locator("#capture input[name='applicant_phone'], #capture input[type=tel]").first
    phone.fill("19900001234")
    page.evaluate("document.querySelector('#capture').dataset.same = 'yes'")
    end_sessions(desk)
    page.get_by_role("button", name="查找居民").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="登录已过期，请重新登录")).to_be_visible()
    assert faults(page) == []
    dialog.get_by_label("用户名").fill(window(desk))
    dialog.get_by_label("密码").fill("not it")
    dialog.get_by_role("button", name="登录").click()
    expect(dialog.get_by_text("用户名或密码不正确")).to_be_visible()
    expect(page.locator("#capture[data-same]")).to_have_count(1)
    dialog.get_by_label("密码").fill(desk.demo.password(window(desk)))
    dialog.get_by_role("button", name="登录").click()
    expect(page.get_by_role("button", name="就是此人").first).to_be_visible()
    expect(dialog).to_have_count(0)
    expect(phone).to_have_value("19900001234")


def test_a_lost_token_under_htmx_is_replaced_unseen(desk: Desk) -> None:
    page = begin_capture(desk)
    page.context.clear_cookies(name="allpost_csrf")
    page.get_by_role("button", name="查找居民").click()
    expect(page.get_by_role("button", name="就是此人").first).to_be_visible()


def test_what_is_typed_is_there_again_until_it_is_sent_or_thrown_away(desk: Desk) -> None:
    page = desk.sign_in(LEAD)
    class_form(desk, page, 3)
    here = page.url
    change_class(page, REASON)
    expect(page.get_by_text("已暂存")).to_be_visible()
    page.goto(desk.at(INBOX))
    page.goto(here)
    expect(page.get_by_text("已恢复未提交的内容")).to_be_visible()
    expect(page.locator("input[name=reason]")).to_have_value(REASON)
    assert faults(page) == []
    page.get_by_role("button", name="丢弃").click()
    expect(page.locator("input[name=reason]")).to_have_value("")
    page.reload()
    expect(page.locator("input[name=reason]")).to_have_value("")
    change_class(page, REASON)
    expect(page.get_by_text("已暂存")).to_be_visible()
    send(page)
    expect(page.get_by_text("已写入")).to_be_visible()
    page.goto(here)
    expect(page.locator("form[data-drafting]").first).to_be_attached()
    page.wait_for_timeout(300)
    expect(page.get_by_text("已恢复未提交的内容")).to_have_count(0)


def test_a_list_says_that_something_is_new_and_waits_to_be_asked(desk: Desk) -> None:
    reader, writer = desk.sign_in(window(desk)), desk.sign_in(LEAD)
    reader.goto(desk.at(INBOX))
    reader.evaluate("document.body.dataset.same = 'yes'")
    expect(reader.locator("#news")).not_to_be_visible()
    class_form(desk, writer, 4)
    change_class(writer, "为新内容而改")
    before = reader.locator("#list").bounding_box()
    send(writer)
    expect(writer.get_by_text("已写入")).to_be_visible()
    expect(reader.locator("#news")).to_contain_text("点此刷新")
    assert reader.locator("#list").bounding_box() == before
    assert faults(reader) == []
    reader.locator("#news").click()
    expect(reader.locator("#news")).not_to_be_visible()
    expect(reader.locator("body[data-same]")).to_have_count(1)


@pytest.fixture
def server_down(desk: Desk) -> Iterator[None]:
    yield
    desk.demo.stop()
    desk.demo.start()


def test_a_line_that_is_down_says_so(desk: Desk, server_down: None) -> None:
    page = desk.sign_in(LEAD)
    line = page.locator("#live")
    page.wait_for_timeout(500)
    expect(line).to_be_empty()
    desk.demo.kill()
    expect(line).to_contain_text("实时连接已断开")
    desk.demo.start()
    expect(line).to_be_empty(timeout=30_000)


def test_lists_are_walked_by_keyboard(desk: Desk) -> None:
    page = desk.sign_in(window(desk))
    page.goto(desk.at(INBOX))
    items = page.locator("#list a.item, #list .item a")
    page.keyboard.press("ArrowDown")
    expect(items.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("/")
    expect(page.locator(".filters input[type=search]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(items.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".detail h2, .detail h1, main h1").first).to_be_visible()
    page.wait_for_url("**/cases/**")
