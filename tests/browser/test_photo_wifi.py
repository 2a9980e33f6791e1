"""Photos and the price of a line: told before a large upload, kept for Wi-Fi where a worker wants it, never lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import button, enrol, finish_visit, home, start_visit, unlock
from tests.browser.photographing import choose_photos, digests_of, noisy_picture, take_photos
from tests.browser.served_demo import ServedDemo, eventually

Phones = Callable[[str], ChromiumPhone]
OPENING = "拍照（可不拍）"
# what Chrome on Android says of the network, and other browsers do not
ON_MOBILE_DATA = """
Object.defineProperty(navigator, 'connection', {
  value: Object.assign(new EventTarget(), { type: 'cellular', saveData: false }),
})
"""
WIFI_COMES = """
() => {
  navigator.connection.type = 'wifi'
  navigator.connection.dispatchEvent(new Event('change'))
}
"""
PRICE = re.compile(r"6 张照片 约 [5-9](\.\d)? MB，按现在的网速约 .*(秒|分)")


def on_mobile_data(one: ChromiumPhone, demo: ServedDemo) -> Page:
    """A phone whose browser tells that it uses mobile data."""
    page = enrol(one, demo)
    one.context.add_init_script(ON_MOBILE_DATA)
    page.reload()
    unlock(page)
    return page


@pytest.mark.drill
def test_a_large_upload_is_told_with_its_price_and_goes_when_wifi_comes(
    demo: ServedDemo, phone: Phones, tmp_path: Path
) -> None:
    one, arrivals, before = phone(demo.address), Arrivals(demo), set(digests_of(demo))
    page = on_mobile_data(one, demo)
    # a small one goes by mobile data, and is how the speed is known
    door = start_visit(page)
    take_photos(page, OPENING, 1)
    finish_visit(page, door)
    eventually(lambda: len(set(digests_of(demo)) - before) == 1)

    home(page)
    door = start_visit(page)
    pictures = [noisy_picture(tmp_path / f"{seed}.jpg", seed) for seed in range(6)]
    choose_photos(page, OPENING, *pictures)
    finish_visit(page, door)
    eventually(lambda: len(arrivals.created("visit")) == 2)
    page.goto(f"{one.address}/app/#/outbox")
    expect(page.get_by_text(PRICE)).to_be_visible()
    expect(page.get_by_text("现在可能在用手机流量")).to_be_visible()
    button(page, "等 Wi-Fi").click()
    expect(page.get_by_text("在等 Wi-Fi，照片都在手机里")).to_be_visible()
    button(page, "现在同步").click()
    page.wait_for_timeout(500)
    assert len(set(digests_of(demo)) - before) == 1
    page.evaluate(WIFI_COMES)
    eventually(lambda: len(set(digests_of(demo)) - before) == 7)
    expect(page.get_by_text(PRICE)).to_have_count(0)
    arrivals.prove_once()


@pytest.mark.drill
def test_photos_on_wifi_only_wait_and_records_do_not(demo: ServedDemo, phone: Phones) -> None:
    one, arrivals, before = phone(demo.address), Arrivals(demo), set(digests_of(demo))
    page = on_mobile_data(one, demo)
    page.goto(f"{one.address}/app/#/settings")
    page.get_by_role("group", name="只在 Wi-Fi 上传照片").get_by_label("是").click()
    home(page)
    door = start_visit(page)
    take_photos(page, OPENING, 1)
    finish_visit(page, door)
    eventually(lambda: arrivals.visited() == [door.id])
    page.goto(f"{one.address}/app/#/outbox")
    expect(page.get_by_text("在等 Wi-Fi，照片都在手机里")).to_be_visible()
    page.reload()
    unlock(page)
    expect(page.get_by_text("在等 Wi-Fi，照片都在手机里")).to_be_visible()
    assert set(digests_of(demo)) == before
    button(page, "现在上传").click()
    eventually(lambda: len(set(digests_of(demo)) - before) == 1)
    arrivals.prove_once()
