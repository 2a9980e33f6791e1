"""The screens of a phone that is out of touch, mislaid, locked out and wiped; the last ones of a tour."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import expect

from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import WORKER, button, choose_pin, heading, offline, plain_visit, type_pin, unlock
from tests.browser.hand_set_clock import SET_BY_HAND, set_clock
from tests.browser.mislaid import (
    WRONG_PINS,
    card,
    code_of_the_window,
    guess,
    lock,
    locked_out,
    order_wipe,
    type_code,
)
from tests.browser.served_demo import ServedDemo
from tests.browser.tour.screens import quiet, show, still

DAY_MS = 24 * 3_600_000
WARNS = "还可离线"
ENDED = "暂时不能查看资料，可以继续登记"


def lost_stops(phone: ChromiumPhone, demo: ServedDemo) -> Iterator[str]:
    """From a warning in time to a phone with nothing on it."""
    device = str(card(demo, WORKER)["id"])
    yield from lease_stops(phone)
    yield from locked_stops(phone, demo, device)
    yield from locked_out_stops(phone, demo, device)
    yield from wiped_stops(phone, demo, device)


def lease_stops(phone: ChromiumPhone) -> Iterator[str]:
    """Days without contact, by the phone's own clock."""
    page = phone.page
    show(page, "/")
    offline(phone)
    phone.context.add_init_script(SET_BY_HAND)
    warned = False
    for days in range(1, 15):
        set_clock(page, days * DAY_MS)
        page.reload()
        unlock(page)
        expect(page.get_by_role("navigation", name="主要页面")).to_be_visible()
        if not warned and page.get_by_text(WARNS).count():
            warned = True
            still(page)
            yield "lease-warns"
        if page.get_by_text(ENDED).count():
            break
    still(page)
    yield "lease-over"
    set_clock(page, 0)
    phone.context.set_offline(False)
    expect(page.get_by_role("heading", name="该走访的户")).to_be_visible()


def locked_stops(phone: ChromiumPhone, demo: ServedDemo, device: str) -> Iterator[str]:
    """A lock by the lead, with capturing what is typed."""
    page = phone.page
    lock(demo, device)
    show(page, "/outbox")
    button(page, "现在同步").click()
    expect(button(page, "现在同步")).to_be_enabled()
    show(page, "/")
    expect(page.get_by_text(ENDED)).to_be_visible()
    yield "reading-ended"
    show(page, "/write-up")
    yield "reading-ended-write-up"
    page.reload()
    expect(page.get_by_text("村里已锁定这部手机")).to_be_visible()
    yield "locked-by-village"
    lock(demo, device, "none")
    unlock(page)
    expect(button(page, "返回")).to_be_visible()  # where it was put away
    show(page, "/")
    expect(page.get_by_role("heading", name="该走访的户")).to_be_visible()


def locked_out_stops(phone: ChromiumPhone, demo: ServedDemo, device: str) -> Iterator[str]:
    """Five wrong PINs with a visit that waits, and the ways back."""
    page = phone.page
    offline(phone)
    plain_visit(page)
    quiet(page)
    page.reload()
    guess(page, WRONG_PINS)
    locked_out(page)
    still(page)
    yield "locked-out"
    button(page, "先把没上传的交上去").click()
    expect(button(page, "联网直接上交")).to_be_visible()
    yield "locked-out-handing-over"
    page.reload()
    button(page, "用窗口的开锁码打开").click()
    type_code(page, "0000-0000-0000-0000")
    expect(page.get_by_role("alert").first).to_be_visible()
    yield "unlock-code"
    type_code(page, code_of_the_window(demo, device))
    type_pin(page, "7391")
    still(page)
    yield "unlock-code-new-pin"
    for _ in range(4):
        button(page, "删除一位").click()
    choose_pin(page)
    expect(page.get_by_role("navigation", name="主要页面").or_(button(page, "返回")).first).to_be_visible()


def wiped_stops(phone: ChromiumPhone, demo: ServedDemo, device: str) -> Iterator[str]:
    """What a wipe leaves, and when it is gone."""
    page = phone.page
    page.reload()
    expect(heading(page)).to_have_text("输入口令")
    order_wipe(demo, device)
    rescue = "**/sync/v1/rescue"
    page.context.route(rescue, lambda route: route.abort())
    phone.context.set_offline(False)
    expect(heading(page)).to_have_text("这部手机已停用")
    expect(page.get_by_text("没有上传的 ").first).to_be_visible()
    still(page)
    yield "wiped"
    page.context.unroute(rescue)
    button(page, "联网直接上交").click()
    expect(button(page, "知道了")).to_be_visible()
    still(page)
    yield "wiped-done"
