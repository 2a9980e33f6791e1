"""A day of the window is closed in a real Chromium: signed with a reason, countersigned on the next working day.

The pages of the village lead beside it: a month drawn and written, a grid handed over after its preview and taken back.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Playwright, ViewportSize, expect

from forms.handling.calendar import published_calendar
from grid_map.days import count_day
from server.clock import unix_ms
from sync.sealing import PRIVATE_KEY_RANDOM_BYTES, point_of, private_key
from tests.browser.desk_pages import LEAD, TABLET, WIDE, Desk, desks, faults
from tests.browser.served_demo import VILLAGE, ServedDemo, served_demo

RECONCILIATION = f"/desk/v/{VILLAGE}/reconciliation"
W1, W2, W3 = (f"{VILLAGE}-w{number}" for number in (1, 2, 3))
PICTURES = os.environ.get("DESK_PICTURES")
"""A folder for pictures of what was looked at; none are kept without it."""


@pytest.fixture
def own_demo(template: Path, tmp_path: Path) -> Iterator[ServedDemo]:
    """A demonstration village of one test's own: its day is closed for good."""
    with served_demo(template, tmp_path / "data") as demo:
        yield demo


def put_at_window(demo: ServedDemo, day: date, *usernames: str) -> None:
    """The lead puts these people at the window of a day."""
    with closing(demo.sign_in(LEAD)) as lead:
        ids = {one["username"]: one["id"] for one in lead.get("/api/v1/accounts/").json()}
        body = {"day": day.isoformat(), "window": [ids[name] for name in usernames]}
        lead.post(f"/api/v1/villages/{VILLAGE}/rota", json=body).raise_for_status()


def enrol_silent_phone(demo: ServedDemo, username: str) -> None:
    """A phone that enrols and says nothing more: the row that needs a reason."""
    points = [point_of(private_key(os.urandom(PRIVATE_KEY_RANDOM_BYTES))) for _ in range(2)]
    signing, sealing = (base64.b64encode(point).decode() for point in points)
    body = {
        "device_name": "演示手机",
        "signing_key": signing,
        "sealing_key": sealing,
        "username": username,
        "password": demo.password(username),
    }
    httpx.post(f"{demo.address}/sync/v1/enrol", json=body, timeout=30).raise_for_status()


def pictured(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def test_sign_with_a_reason_and_countersign_on_the_next_working_day(
    playwright: Playwright, own_demo: ServedDemo
) -> None:
    today = count_day(unix_ms())
    following = published_calendar().add_working_days(today, 1).day
    put_at_window(own_demo, today, W1, W2)
    put_at_window(own_demo, following, W3)
    enrol_silent_phone(own_demo, W2)
    with desks(playwright, own_demo) as desk:
        page = desk.sign_in(W1, WIDE)
        page.goto(desk.at(RECONCILIATION))
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.locator(".tag.good")).to_have_count(0)  # a silent phone is never green
        assert faults(page) == []
        pictured(page, "reconciliation-unsigned-1440")
        page.fill("textarea", "人在山上没信号，明早同步")
        page.get_by_role("button", name="交班签字").click()
        expect(page.get_by_text("已交班，待接班")).to_be_visible()
        expect(page.get_by_text("人在山上没信号，明早同步")).to_be_visible()
        page.locator("tbody td.num a").first.click()
        expect(page.locator("h1")).to_contain_text("演示手机")
        assert faults(page) == []
    own_demo.stop()
    ahead = ServedDemo(own_demo.data, days_ahead=(following - today).days)
    ahead.start()
    try:
        with desks(playwright, ahead) as desk:
            page = desk.sign_in(W3, TABLET)
            page.goto(desk.at(RECONCILIATION))
            page.get_by_role("link", name="先去签字").first.click()
            assert faults(page) == []
            pictured(page, "reconciliation-countersign-820")
            page.get_by_role("button", name="接班签字").click()
            expect(page.get_by_text("✓ 已交接")).to_be_visible()
            page.get_by_role("link", name="历次交接").first.click()
            expect(page.get_by_text("✓ 已交接")).to_be_visible()
            assert faults(page) == []
            pictured(page, "reconciliation-history-820")
    finally:
        ahead.stop()


@pytest.mark.parametrize("size", [WIDE, TABLET])
def test_a_month_is_drawn_looked_at_and_written(desk: Desk, size: ViewportSize) -> None:
    page = desk.sign_in(LEAD, size)
    days_ahead = 70 if size == WIDE else 100  # months that no rota has yet
    month = (count_day(unix_ms()) + timedelta(days=days_ahead)).isoformat()[:7]
    page.goto(desk.at(f"/desk/v/{VILLAGE}/rota/draw?month={month}"))
    assert faults(page) == []
    pictured(page, f"rota-draw-{size['width']}")
    page.get_by_role("button", name="换一种排法").click()
    page.get_by_role("button", name="写入轮值").click()
    expect(page.get_by_text("整月轮值已写入")).to_be_visible()
    assert faults(page) == []
    pictured(page, f"rota-{size['width']}")
    page.get_by_role("link", name="换班、顶班、休假").click()
    assert faults(page) == []
    pictured(page, f"rota-change-{size['width']}")


@pytest.mark.parametrize("size", [WIDE, TABLET])
def test_a_grid_is_handed_over_after_its_preview_and_taken_back(desk: Desk, size: ViewportSize) -> None:
    page = desk.sign_in(LEAD, size)
    page.goto(desk.at(f"/desk/v/{VILLAGE}/grids"))
    before = page.locator("tbody").inner_text()
    assert faults(page) == []
    pictured(page, f"grids-{size['width']}")
    page.select_option("select[name=way]", "share")
    has = page.locator("tbody tr").first.locator("strong").all_inner_texts()
    names = page.locator("select[name=worker] option").all_inner_texts()[1:]
    page.select_option("select[name=worker]", label=next(name for name in names if name not in has))
    page.locator(".actions").get_by_role("button", name="看看影响").click()
    expect(page.get_by_role("heading", name="确认以前：影响到谁")).to_be_visible()
    assert faults(page) == []
    pictured(page, f"grids-preview-{size['width']}")
    page.get_by_role("button", name="确认改分工").click()
    expect(page.get_by_text("分工已改")).to_be_visible()
    assert page.locator("tbody").inner_text() != before
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("分工已改")).to_have_count(0)
    assert page.locator("tbody").inner_text() == before


@pytest.mark.parametrize("size", [WIDE, TABLET])
def test_a_class_is_changed_with_its_reason(desk: Desk, size: ViewportSize) -> None:
    page = desk.sign_in(LEAD, size)
    page.goto(desk.at(f"/desk/v/{VILLAGE}/grids/households?visit_class=ordinary"))
    assert faults(page) == []
    pictured(page, f"classes-{size['width']}")
    page.locator("tbody a").first.click()
    assert faults(page) == []
    page.select_option("select[name=visit_class]", "hardship")
    page.fill("input[name=reason]", "家中变故")
    page.get_by_role("button", name="改类别").click()
    expect(page.get_by_text("已写入")).to_be_visible()
    expect(page.get_by_text("家中变故")).to_be_visible()
    pictured(page, f"class-{size['width']}")
