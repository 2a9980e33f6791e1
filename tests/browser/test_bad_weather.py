"""A network that is slow, loses, errs or is gone: work goes on, the sync line tells the truth, and all arrives once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.arrivals import Arrivals
from tests.browser.bad_network import FINE, TWO_G, BadNetwork, Weather
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import (
    COLLEAGUE,
    all_synced,
    button,
    choose_pin,
    enrol,
    plain_visit,
    sign_in,
    tab,
    unlock,
    visit_to_a_place,
)
from tests.browser.served_demo import ServedDemo, eventually

Phones = Callable[[str], ChromiumPhone]
# the button at the top of the first steps
OTHER_LANGUAGE = "English"
LATIN_WORDS = re.compile(r"[A-Za-z]{4,}")
# a first sync of 2 MB with every third request lost
TWO_G_MS = 120_000


def in_chinese(page: Page) -> None:
    """No English is on the screen."""
    text = page.locator("body").inner_text().replace(OTHER_LANGUAGE, "")
    assert LATIN_WORDS.findall(text) == [], text


def sync_now(page: Page) -> None:
    """Through the line to 现在同步."""
    page.get_by_role("link", name="打开待上传和需要处理").click()
    button(page, "现在同步").click()


@pytest.mark.drill
def test_whatever_the_network_does_the_work_goes_on(
    demo: ServedDemo, network: BadNetwork, phone: Phones
) -> None:
    page, arrivals = enrol(phone(network.address), demo), Arrivals(demo)
    demo.kill()
    doors = [plain_visit(page)]
    # what is the matter, and never that it is handed over
    expect(page.get_by_text("2 条待上传 · 连不上服务器，可继续工作")).to_be_visible(timeout=20_000)
    in_chinese(page)
    page.reload()
    unlock(page)
    expect(page.get_by_text("2 条待上传").first).to_be_visible()
    network.set(Weather(mode="error_page"))
    demo.start()
    doors.append(plain_visit(page))
    sync_now(page)
    told = page.get_by_role("dialog").filter(has_text="服务器暂时忙")
    expect(told).to_contain_text("未上报的记录都在本机")
    in_chinese(page)
    button(told, "知道了").click()
    expect(page.get_by_text("上次没成功：服务器暂时忙")).to_be_visible()
    button(page, "返回").click()
    expect(page.get_by_text("3 条待上传 · 服务器暂时忙，可继续工作")).to_be_visible()
    # nobody answers at all: while it waits, everything else goes on
    network.set(Weather(mode="black_hole"))
    sync_now(page)
    button(page, "返回").click()
    doors.append(plain_visit(page))
    tab(page, "事项")
    expect(page.get_by_role("heading", name="全部事项")).to_be_visible()
    tab(page, "今日")
    expect(page.get_by_text("4 条待上传 · 正在同步")).to_be_visible()
    in_chinese(page)
    # the line breaks, and then it is fine again
    network.set(Weather(mode="refused"))
    network.set(FINE)
    all_synced(page, 60_000)
    assert arrivals.visited() == sorted(door.id for door in doors)
    arrivals.prove_once()


@pytest.mark.drill
def test_a_first_sync_and_a_days_work_over_2g_with_losses(
    demo: ServedDemo, network: BadNetwork, phone: Phones
) -> None:
    one, arrivals = phone(network.address), Arrivals(demo)
    page = one.open()
    expect(page.get_by_role("heading", name="登记这部手机")).to_be_visible()
    # the pages of the app come over a line that loses as much; it is faster, or this test would take minutes
    network.set(Weather(loss=TWO_G.loss, latency_seconds=0.02))
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    network.set(TWO_G)
    for _ in range(6):
        sign_in(page, demo, COLLEAGUE)
        pin = page.get_by_text("输入新口令")
        expect(pin.or_(page.get_by_role("alert")).first).to_be_visible(timeout=60_000)
        if pin.is_visible():
            break
        in_chinese(page)
    choose_pin(page)
    expect(page.get_by_text("正在下载本村资料")).to_be_visible()
    in_chinese(page)
    expect(page.get_by_text("该走访的户")).to_be_visible(timeout=TWO_G_MS)
    network.set(Weather(mode="refused"))
    # everything is on the phone now, pages that were never opened too
    for name in ("网格", "事项", "办件", "我的", "今日"):
        tab(page, name)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    network.set(TWO_G)
    doors = [plain_visit(page) for _ in range(2)]
    expect(page.get_by_text("已全部同步").first).to_be_visible(timeout=TWO_G_MS)
    assert network.cuts > 0
    assert arrivals.visited() == sorted(door.id for door in doors)
    arrivals.prove_once()


def test_a_revoked_phone_goes_on_capturing_and_handing_over(demo: ServedDemo, phone: Phones) -> None:
    arrivals = Arrivals(demo)
    known = {device["id"] for device in devices(demo)}
    page = enrol(phone(demo.address), demo)
    (mine,) = [device for device in devices(demo) if device["id"] not in known]
    demo.run("device", "revoke", mine["id"], "--reason", "手机丢失")
    sync_now(page)
    expect(page.get_by_text("服务器不再向本机下发资料")).to_be_visible()
    expect(page.get_by_text("可以继续登记")).to_be_visible()
    in_chinese(page)
    button(page, "返回").click()
    expect(page.get_by_text("服务器不再向本机下发资料，仍可登记和上传")).to_be_visible()
    visit_to_a_place(page, "村口凉亭")
    eventually(lambda: arrivals.places() == ["村口凉亭"])
    in_chinese(page)


def devices(demo: ServedDemo) -> list[dict[str, str]]:
    """As the server lists them."""
    found: list[dict[str, str]] = json.loads(demo.run("device", "list", "--json"))
    return found
