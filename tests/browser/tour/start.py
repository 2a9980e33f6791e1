"""The screens before Today: enrol, PIN, download, lock, another window, a browser that cannot."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, Route, expect

from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import (
    FIRST_SYNC_MS,
    PIN,
    all_synced,
    button,
    choose_pin,
    heading,
    sign_in,
    type_pin,
    unlock,
)
from tests.browser.served_demo import ServedDemo
from tests.browser.tour.screens import still

SEGMENTS = "**/sync/v1/segments/*"
OLD_BROWSER = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })"


def start_stops(phone: ChromiumPhone, demo: ServedDemo) -> Iterator[str]:
    """From the address to Today, and what stands before it later."""
    page = phone.open()
    expect(heading(page)).to_have_text("登记这部手机")
    yield "enrol"
    button(page, "登记").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    yield "enrol-mistakes"
    sign_in(page, demo)
    type_pin(page, PIN[:4])
    yield "choose-pin"
    page.reload()
    sign_in_again(page, demo)
    yield from downloading(page)
    yield "today"
    page.reload()
    expect(heading(page)).to_have_text("输入口令")
    type_pin(page, "112233")
    button(page, "打开").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    yield "unlock"
    button(page, "忘记口令").click()
    expect(heading(page)).to_have_text("忘记口令")
    yield "open-otherwise"
    button(page, "用窗口的开锁码打开").click()
    expect(heading(page)).to_have_text("输入开锁码")
    yield "open-by-code"
    button(page, "返回").click()
    button(page, "用账号打开").click()
    expect(heading(page)).to_have_text("用账号重设口令")
    yield "forgotten-pin"
    page.reload()
    unlock(page)
    all_synced(page)
    yield from others(phone)


def sign_in_again(page: Page, demo: ServedDemo) -> None:
    """A phone that was closed before its PIN was chosen has nothing yet."""
    expect(heading(page)).to_be_visible()
    if heading(page).inner_text() == "登记这部手机":
        sign_in(page, demo)


def downloading(page: Page) -> Iterator[str]:
    """The first download, held while it is looked at."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.context.route(SEGMENTS, hold)
    choose_pin(page)
    expect(heading(page)).to_have_text("正在下载本村资料")
    yield "download"
    while held:
        held.pop().continue_()
    page.context.unroute(SEGMENTS)
    expect(page.get_by_text("该走访的户")).to_be_visible(timeout=FIRST_SYNC_MS)
    all_synced(page)


def others(phone: ChromiumPhone) -> Iterator[str]:
    """The same app in a second window, and in a browser that lacks what it needs."""
    address = f"{phone.address}/app/"
    second = phone.context.new_page()
    second.goto(address)
    expect(heading(second)).to_have_text("已在另一个窗口打开")
    yield "elsewhere"
    second.close()
    old = phone.context.new_page()
    old.add_init_script(OLD_BROWSER)
    old.goto(address)
    expect(heading(old)).to_have_text("这个浏览器不能用")
    yield "unsupported"
    old.close()
    still(phone.page)
