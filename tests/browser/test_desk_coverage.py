"""The town asks who was not visited, what is stuck and which phones are silent, in a real browser, by clicks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.desk_pages import LEAD, PHONE, SUPERVISOR, TABLET, WIDE, Desk, faults
from tests.browser.served_demo import VILLAGE

TOWN = VILLAGE[:9]
COVERAGE, OF_VILLAGE = f"/desk/t/{TOWN}/coverage", f"/desk/v/{VILLAGE}/coverage"


def number_of(page: Page, words: str) -> int:
    found = re.search(r"\d+", page.locator("#questions > li > a", has_text=words).locator("b").inner_text())
    assert found is not None
    return int(found[0])


def is_drawn(page: Page) -> None:
    """Until chart and map are on the page; a policy that refuses one would be a console error, which ends the test."""
    expect(page.locator("[data-chart][data-drawn]")).to_be_visible()
    expect(page.locator("[data-chart] canvas")).to_be_visible()
    expect(page.locator("[data-map][data-drawn] path.leaflet-interactive").first).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, TABLET], ids=["wide", "tablet"])
def test_the_three_questions_are_answered_by_clicks_down_to_the_record(
    desk: Desk, size: ViewportSize
) -> None:
    page = desk.sign_in(SUPERVISOR, size)
    page.goto(desk.at(COVERAGE))
    is_drawn(page)
    overdue = number_of(page, "本月应走访而未走访")
    stuck, silent = number_of(page, "卡住的办件"), number_of(page, "未同步的手机")
    page.locator("#questions a", has_text="本月应走访而未走访").click()
    expect(page.locator("tbody tr")).to_have_count(min(overdue, 50))
    page.locator("tbody th a").first.click()
    expect(page.locator("dl.fields")).to_contain_text("按期走访")
    expect(page.locator("h1")).to_contain_text("**户")
    page.goto(desk.at(COVERAGE))
    page.locator("#questions a", has_text="卡住的办件").click()
    expect(page.locator("h1")).to_contain_text(f"{stuck} 件")
    if stuck:
        page.locator("tbody th a").first.click()
        expect(page.locator("ol.steps li").first).to_be_visible()
    page.goto(desk.at(COVERAGE))
    page.locator("#questions a", has_text="未同步的手机").click()
    expect(page.locator("h1")).to_be_visible()
    assert silent == 0  # nobody of the demonstration has a phone yet
    expect(page.locator("main .empty")).to_be_visible()


def test_from_town_over_village_and_grid_to_a_visit(desk: Desk) -> None:
    page = desk.sign_in(SUPERVISOR)
    page.goto(desk.at(COVERAGE))
    page.locator("#places tbody th a").first.click()
    expect(page).to_have_url(re.compile(re.escape(OF_VILLAGE)))
    is_drawn(page)
    row = page.locator("#places tbody tr").first
    number = row.locator("td.num a").nth(1)
    told = number.inner_text().split()[0]
    number.click()
    expect(page.locator("#counted caption")).to_contain_text(f"计 {told}，")
    page.locator("#counted tbody th a").first.click()
    expect(page.locator("h1")).to_contain_text("走访记录")
    page.locator("details.how summary").click()
    expect(page.locator("details.how")).to_contain_text("household.day")


def test_a_click_on_the_map_leads_to_the_village(desk: Desk) -> None:
    page = desk.sign_in(SUPERVISOR)
    page.goto(desk.at(COVERAGE))
    is_drawn(page)
    page.locator("[data-map] path.leaflet-interactive").first.hover()
    expect(page.locator(".leaflet-tooltip", has_text="逾期")).to_be_visible()
    expect(page.locator("[data-map-note]")).to_contain_text("演示位置")
    page.locator("[data-map] path.leaflet-interactive").first.click()
    expect(page).to_have_url(re.compile(re.escape(OF_VILLAGE)))


def test_without_scripts_the_tables_say_the_same(desk: Desk) -> None:
    page = desk.sign_in(SUPERVISOR, java_script_enabled=False)
    page.goto(desk.at(COVERAGE))
    expect(page.locator("[data-chart]")).to_be_hidden()
    page.locator("details.numbers summary").click()
    expect(page.locator("details.numbers tbody tr")).to_have_count(12)
    page.select_option("select[name=rule]", "round.attempted")
    page.locator("main form.filters button").click()
    expect(page.locator("#places thead")).to_contain_text("走访轮次")


@pytest.mark.parametrize("size", [WIDE, TABLET, PHONE], ids=["wide", "tablet", "phone"])
def test_the_pages_of_figures_have_no_faults(desk: Desk, size: ViewportSize) -> None:
    page = desk.sign_in(SUPERVISOR, size)
    for path in (COVERAGE, OF_VILLAGE, f"{OF_VILLAGE}/grids/{VILLAGE}001", f"/desk/t/{TOWN}/cases"):
        page.goto(desk.at(path))
        expect(page.locator("[data-chart]:not([data-drawn]), [data-map]:not([data-drawn])")).to_have_count(0)
        assert faults(page) == [], path
    lead = desk.sign_in(LEAD, size)
    for path in (f"/desk/v/{VILLAGE}/workers", f"/desk/v/{VILLAGE}/mine"):
        lead.goto(desk.at(path))
        assert faults(lead) == [], path
