"""Every screen looked at: by axe-core, with a ruler, and by what it says; in light, dark, large type and English."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import PIN, enrol
from tests.browser.served_demo import ServedDemo
from tests.browser.tour.colleagues import colleagues
from tests.browser.tour.looked_at import APP, Eye
from tests.browser.tour.screens import show
from tests.browser.tour.walk import plain_addresses, walk

Phones = Callable[[str], ChromiumPhone]
# these go on to another screen before anything of them is seen
PASSED_THROUGH = {"/case-new", "/visit-start"}
ENGLISH = "localStorage.setItem('allpost-settings', JSON.stringify({ language: 'en' }))"


def routes() -> set[str]:
    """The addresses of all screens, as the app's own lists have them."""
    listed = [one.read_text(encoding="utf-8") for one in (APP / "src" / "screens").glob("*/routes.ts")]
    return {path for text in listed for path in re.findall(r"path: '([^']+)'", text)} - PASSED_THROUGH


def shows(route: str, address: str) -> bool:
    """Whether an address is one of a route's."""
    return re.fullmatch(re.sub(r":\w+", "[^/]+", route), address) is not None


@pytest.mark.drill
def test_nothing_is_wrong_with_any_screen(demo: ServedDemo, phone: Phones, tmp_path: Path) -> None:
    eye, faults, seen = Eye(), [], set()
    with colleagues(demo, tmp_path) as around:
        one = phone(demo.address)
        for stop in walk(one, demo, around):
            faults += [f"{stop}: {fault}" for fault in eye.faults(one.page)]
            seen.add(one.page.url.partition("#")[2].partition("?")[0])
    assert faults == []
    assert {route for route in routes() if not any(shows(route, address) for address in seen)} == set()


def test_english_fits_too(demo: ServedDemo, phone: Phones, tmp_path: Path) -> None:
    eye, faults = Eye(), []
    with colleagues(demo, tmp_path) as around:
        around.disagree()
        page = enrol(phone(demo.address), demo)
        page.evaluate(ENGLISH)
        page.reload()
        unlock_in_english(page)
        for name, path in plain_addresses(around).items():
            show(page, path)
            faults += [f"{name}: {fault}" for fault in eye.measured(page)]
    assert faults == []


def unlock_in_english(page: Page) -> None:
    """The PIN on a pad whose words are English."""
    pad = page.get_by_role("group", name="Number pad")
    for digit in PIN:
        pad.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_text("Households to visit")).to_be_visible()
