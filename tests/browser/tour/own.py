"""The screens about the worker and the phone, and of work that leaves it otherwise than by its own network."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import button, home, plain_visit
from tests.browser.tour.screens import quiet, show, still

PLAIN = {
    "settings": "/settings",
    "change-pin": "/settings/pin",
    "storage": "/storage",
    "this-device": "/this-device",
    "sign-in": "/sign-in",
    "help": "/help",
}


def own_stops(phone: ChromiumPhone) -> Iterator[str]:
    """Day log, own figures, and what this phone is set to."""
    page = phone.page
    show(page, "/log")
    yield "log"
    button(page, "改措辞").click()
    yield "log-correcting"
    show(page, "/me")
    yield "me"
    button(page, "怎么算的", exact=False).first.click()
    still(page)
    yield "figure-explained"
    for stop, path in PLAIN.items():
        show(page, path)
        yield stop
    yield from proof_stops(page)
    yield from rescue_stops(phone)


def proof_stops(page: Page) -> Iterator[str]:
    """An uploaded entry with the server's receipt."""
    show(page, "/history")
    page.get_by_role("link").filter(has_text="已生效").first.click()
    expect(page.get_by_text("签名已在本机核对")).to_be_visible()
    still(page)
    yield "proof"
    page.get_by_text("查看凭证内容").click()
    still(page)
    yield "proof-open"


def rescue_stops(phone: ChromiumPhone) -> Iterator[str]:
    """A visit that the phone cannot hand over: as a file, as codes; and taking those of a colleague."""
    page = phone.page
    show(page, "/rescue")
    yield "rescue-nothing"
    show(page, "/")
    home(page)
    phone.context.set_offline(True)
    plain_visit(page)
    quiet(page)
    show(page, "/rescue")
    button(page, "生成文件").click()
    expect(button(page, "存到手机")).to_be_visible()
    still(page)
    yield "rescue-file"
    button(page, "显示二维码").click()
    button(page, "停住").click()
    still(page)
    yield "rescue-codes"
    phone.context.set_offline(False)
    show(page, "/")
    expect(page.get_by_text("条待上传")).to_have_count(0)
    show(page, "/carried")
    yield "carried"
    show(page, "/carried/scan")
    yield "scan"
    expect(page.get_by_role("main")).to_be_visible()
