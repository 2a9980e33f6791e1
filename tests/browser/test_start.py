"""From the address to Today and back in again: what each first step says, what it loads, and that a lock is a lock."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.conftest import DIST
from tests.browser.flows import (
    COLLEAGUE,
    WORKER,
    all_synced,
    button,
    choose_pin,
    enrol,
    sign_in,
    type_pin,
    unlock,
)
from tests.browser.served_demo import ServedDemo, served_demo

FIRST_SCREEN_BYTES_MAX = 400 * 1024
# When Today can be used: everything asked for before that belongs to the first screen, what is fetched at leisure not.
TODAY_MARK = """new MutationObserver(() => {
  if (document.querySelector('.household-card')) window.todayMs ??= performance.now()
}).observe(document, { childList: true, subtree: true })"""
Phones = Callable[[str], ChromiumPhone]


def hide(page: Page, hidden: bool) -> None:
    """As if another app came to the front, or this one did again."""
    page.evaluate(
        """state => { Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
           document.dispatchEvent(new Event('visibilitychange')) }""",
        "hidden" if hidden else "visible",
    )


def test_each_mistake_of_the_first_steps_is_told_beside_it(demo: ServedDemo, phone: Phones) -> None:
    page = phone(demo.address).open()
    button(page, "登记").click()
    expect(page.get_by_role("alert").filter(has_text="请填写账号和密码")).to_be_visible()
    page.get_by_label("账号").fill(WORKER)
    page.get_by_label("密码", exact=True).fill("not-this-one")
    button(page, "登记").click()
    expect(page.get_by_role("alert").filter(has_text="用户名或密码不正确")).to_be_visible()
    sign_in(page, demo)
    type_pin(page, "123456")
    button(page, "下一步").click()
    expect(page.get_by_role("alert").filter(has_text="连续")).to_be_visible()
    for pin, done in (("739154", "下一步"), ("739155", "确定")):
        type_pin(page, pin)
        button(page, done).click()
    expect(page.get_by_role("alert").filter(has_text="两次输入的不一样")).to_be_visible()
    choose_pin(page)
    expect(page.get_by_text("该走访的户")).to_be_visible(timeout=60_000)


def test_the_first_screen_is_light_and_nothing_comes_from_outside(demo: ServedDemo, phone: Phones) -> None:
    one = phone(demo.address)
    page = one.open()
    asked: list[str] = []
    one.context.on("request", lambda request: asked.append(request.url))
    page.reload()
    sign_in(page, demo)
    choose_pin(page)
    expect(page.get_by_text("该走访的户")).to_be_visible(timeout=60_000)
    for tab in ("网格", "事项", "办件", "我的"):
        page.get_by_role("navigation", name="主要页面").get_by_text(tab).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    outside = [url for url in asked if not url.startswith((demo.address, "data:", "blob:"))]
    assert outside == []


def test_the_code_of_the_first_screen_is_within_its_budget(demo: ServedDemo, phone: Phones) -> None:
    one = phone(demo.address)
    enrol(one, demo)
    one.close()
    page = one.open(script=TODAY_MARK)
    unlock(page)
    expect(page.locator(".household-card").first).to_be_visible()
    loaded: list[str] = page.evaluate(
        """performance.getEntriesByType('resource').filter(one => one.startTime < window.todayMs)
             .map(one => one.name).filter(name => /\\.(js|css)$/.test(name))"""
    )
    sizes = {name.rsplit("/", 1)[1]: transferred(name) for name in loaded}
    assert any("TodayPage" in name for name in sizes), sizes
    assert any(name.endswith(".css") for name in sizes), sizes
    assert sum(sizes.values()) <= FIRST_SCREEN_BYTES_MAX, sizes


def transferred(address: str) -> int:
    """Bytes of a file as they travel, compressed as the server does it; the phone's own copy would count as nothing."""
    with httpx.stream("GET", address, headers={"accept-encoding": "gzip"}) as reply:
        assert reply.status_code == httpx.codes.OK
        return sum(len(piece) for piece in reply.iter_raw())


def test_a_phone_that_was_put_away_asks_for_the_pin_and_goes_on_where_it_was(
    demo: ServedDemo, phone: Phones
) -> None:
    page = enrol(phone(demo.address), demo)
    page.evaluate("localStorage.setItem('allpost-settings', JSON.stringify({ lockMinutes: 0.01 }))")
    page.reload()
    unlock(page)
    page.get_by_role("navigation", name="主要页面").get_by_text("我的").click()
    page.get_by_role("link", name="存储空间").click()
    expect(page.get_by_role("heading", name="存储空间")).to_be_visible()
    hide(page, True)
    page.wait_for_timeout(1_500)
    hide(page, False)
    expect(page.get_by_role("heading", name="输入口令")).to_be_visible()
    type_pin(page, "739155")
    button(page, "打开").click()
    expect(page.get_by_role("alert").filter(has_text="口令不对")).to_be_visible()
    unlock(page)
    expect(page.get_by_role("heading", name="存储空间")).to_be_visible()


def test_a_closed_browser_opens_where_it_was_left(demo: ServedDemo, phone: Phones) -> None:
    one = phone(demo.address)
    page = enrol(one, demo)
    page.get_by_role("navigation", name="主要页面").get_by_text("我的").click()
    page.get_by_role("link", name="使用说明").click()
    expect(page.get_by_role("heading", name="使用说明")).to_be_visible()
    page.wait_for_timeout(500)
    one.kill()
    page = one.open()
    unlock(page)
    expect(page.get_by_role("heading", name="使用说明")).to_be_visible()


def test_a_forgotten_pin_is_chosen_anew_by_the_account(demo: ServedDemo, phone: Phones) -> None:
    one = phone(demo.address)
    page = enrol(one, demo, COLLEAGUE)
    page.reload()
    button(page, "忘记口令").click()
    button(page, "用账号打开").click()
    page.get_by_label("账号").fill(COLLEAGUE)
    page.get_by_label("密码", exact=True).fill(demo.password(COLLEAGUE))
    button(page, "下一步：设新口令").click()
    choose_pin(page, "280461")
    all_synced(page)
    page.reload()
    unlock(page, "280461")
    all_synced(page)


def test_two_windows_do_not_use_the_data_at_once(demo: ServedDemo, phone: Phones) -> None:
    one = phone(demo.address)
    first = enrol(one, demo)
    second = one.context.new_page()
    second.goto(f"{demo.address}/app/")
    expect(second.get_by_role("heading", name="已在另一个窗口打开")).to_be_visible()
    button(second, "在这里使用").click()
    unlock(second)
    all_synced(second)
    expect(first.get_by_role("heading", name="已在另一个窗口打开")).to_be_visible()


@pytest.fixture
def own_build(tmp_path: Path) -> Path:
    """A copy of the build, to put a newer one in its place."""
    return Path(shutil.copytree(DIST, tmp_path / "dist"))


def test_a_new_version_is_offered_and_taken_with_one_tap(
    template: Path, tmp_path: Path, own_build: Path, phone: Phones
) -> None:
    with served_demo(template, tmp_path / "data", own_build) as served:
        page = enrol(phone(served.address), served)
        page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
        index, worker = own_build / "index.html", own_build / "sw.js"
        index.write_text(
            index.read_text(encoding="utf-8").replace("<title>", "<title>新版"), encoding="utf-8"
        )
        listed = worker.read_text(encoding="utf-8")
        newer = re.sub(r'(url:"index\.html",revision:")[0-9a-f]+', r"\g<1>" + "0" * 32, listed)
        assert newer != listed
        worker.write_text(newer, encoding="utf-8")
        page.evaluate(
            "navigator.serviceWorker.getRegistration().then(one => one.update()).then(() => undefined)"
        )
        button(page, "现在更新").click()
        expect(page).to_have_title(re.compile("新版"))
        unlock(page)
        all_synced(page)
