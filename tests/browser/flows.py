"""What a worker does on the screens, by the words that stand on them."""

from __future__ import annotations

from typing import NamedTuple

from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.served_demo import VILLAGE, ServedDemo

WORKER = f"{VILLAGE}-w1"
COLLEAGUE = f"{VILLAGE}-w2"
PIN = "739154"
FIRST_SYNC_MS = 60_000


def button(page: Page | Locator, name: str, *, exact: bool = True) -> Locator:
    """A button by its accessible name."""
    return page.get_by_role("button", name=name, exact=exact)


def type_pin(page: Page, pin: str = PIN) -> None:
    """On the number pad, key by key."""
    pad = page.get_by_role("group", name="数字键盘")
    for digit in pin:
        button(pad, digit).click()


def sign_in(page: Page, demo: ServedDemo, username: str = WORKER) -> None:
    """The account, once."""
    page.get_by_label("账号").fill(username)
    page.get_by_label("密码", exact=True).fill(demo.password(username))
    button(page, "登记").click()


def choose_pin(page: Page, pin: str = PIN) -> None:
    """The PIN, twice."""
    type_pin(page, pin)
    button(page, "下一步").click()
    expect(page.get_by_text("再输一次")).to_be_visible()
    type_pin(page, pin)
    button(page, "确定").click()


def enrol(phone: ChromiumPhone, demo: ServedDemo, username: str = WORKER) -> Page:
    """From the address to Today with everything downloaded."""
    page = phone.open()
    sign_in(page, demo, username)
    choose_pin(page)
    expect(page.get_by_text("该走访的户")).to_be_visible(timeout=FIRST_SYNC_MS)
    all_synced(page)
    return page


def unlock(page: Page, pin: str = PIN) -> None:
    """The PIN of a phone that was opened again."""
    type_pin(page, pin)
    button(page, "打开").click()


def all_synced(page: Page, timeout_ms: int = 30_000) -> None:
    """The sync line says that everything is handed over."""
    expect(page.get_by_text("已全部同步").first).to_be_visible(timeout=timeout_ms)


class Door(NamedTuple):
    """A household: its record's id, and its name as screens show it."""

    id: str
    name: str


def start_visit(page: Page, nth: int = 0) -> Door:
    """From Today to the visit of a due household."""
    card = page.get_by_role("article").nth(nth).get_by_role("link")
    record = (card.get_attribute("href") or "").rsplit("/", 1)[1]
    card.click()
    button(page, "开始").click()
    expect(button(page, "完成")).to_be_visible()
    return Door(record, page.get_by_role("heading", level=1).inner_text())


def finish_visit(page: Page, door: Door) -> None:
    """Nothing unusual, done; the screen confirms it."""
    button(page, "无异常").click()
    button(page, "完成").click()
    expect(page.get_by_text(f"已登记：{door.name}")).to_be_visible()


def plain_visit(page: Page, nth: int = 0) -> Door:
    """The four taps of an ordinary visit, from Today and back to it."""
    door = start_visit(page, nth)
    finish_visit(page, door)
    return door


def visit_to_a_place(page: Page, place: str) -> None:
    """A visit on a phone whose list cannot be read: to a place that is typed."""
    page.get_by_role("link", name="登记走访").click()
    page.get_by_label("什么地点").fill(place)
    button(page, "开始").click()
    button(page, "无异常").click()
    button(page, "完成").click()
    told(page, "已登记")


def waiting(page: Page, count: int) -> None:
    """The sync line says how much waits."""
    expect(page.get_by_text(f"{count} 条待上传").first).to_be_visible()


def home(page: Page) -> None:
    """Back to 今日, by the way back of each page and then by the tab."""
    tabs = page.get_by_role("navigation", name="主要页面")
    back = button(page, "返回")
    expect(tabs.or_(back).first).to_be_visible()
    while not tabs.is_visible():
        address = page.url
        back.click()
        expect(page).not_to_have_url(address)
        expect(tabs.or_(back).first).to_be_visible()
    if tabs.get_by_role("link", name="今日").get_attribute("aria-current") is None:
        tab(page, "今日")
    expect(page.get_by_text("该走访的户")).to_be_visible()


def tab(page: Page, name: str) -> None:
    """One of the five tabs."""
    page.get_by_role("navigation", name="主要页面").get_by_role("link", name=name).click()


def heading(page: Page) -> Locator:
    """The title of the page."""
    return page.get_by_role("heading", level=1)


def offline(phone: ChromiumPhone) -> None:
    """Airplane mode. The app's own files are kept by then, as after every first download."""
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    phone.context.set_offline(True)
    expect(phone.page.get_by_text("无信号").first).to_be_visible()


def open_offline(phone: ChromiumPhone) -> Page:
    """The browser started again without a network, up to what was left."""
    page = phone.open(at="about:blank")
    phone.context.set_offline(True)
    page.goto(f"{phone.address}/app/")
    unlock(page)
    return page


def told(page: Page, words: str) -> None:
    """What the screen says for a moment: in the bar with the undo, or in a toast."""
    expect(page.get_by_text(words).first).to_be_visible()


def reopen(phone: ChromiumPhone) -> Page:
    """The browser again, and the PIN."""
    page = phone.open()
    unlock(page)
    expect(page.get_by_role("heading", name="输入口令")).to_be_hidden()
    return page
