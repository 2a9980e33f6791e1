"""The screens about people: Today, rounds, visits, households, residents, the map, tasks."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.browser.flows import button, heading
from tests.browser.tour.colleagues import Colleagues
from tests.browser.tour.screens import show, still
from tests.browser.visiting import chip, more

FOUND = "楼道堆放杂物，已请住户清理"


def people_stops(page: Page, around: Colleagues) -> Iterator[str]:
    """In the order of a day."""
    show(page, "/")
    button(page, "更多", exact=False).first.click()
    still(page)
    yield "today-more"
    page.keyboard.press("Escape")
    show(page, "/search")
    yield "search"
    page.get_by_role("searchbox").fill("沈")
    expect(page.get_by_role("article").first).to_be_visible()
    yield "search-results"
    page.get_by_role("searchbox").fill("查无此人")
    expect(page.get_by_text("没有找到").first).to_be_visible()
    yield "search-nothing"
    yield from visit_stops(page, around)
    yield from household_stops(page, around)
    show(page, "/map")
    expect(page.locator(".leaflet-container")).to_be_visible()
    page.wait_for_timeout(300)
    yield "map"
    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_timeout(600)
    yield "map-close"
    button(page, "列表").click()
    yield "map-list"
    show(page, "/tasks")
    yield "tasks"
    page.get_by_role("main").get_by_role("link").first.click()
    expect(button(page, "做完了")).to_be_visible()
    yield "task"


def visit_stops(page: Page, around: Colleagues) -> Iterator[str]:
    """A round with a visit that found something, its record, and one that is written up."""
    show(page, "/")
    button(page, "开始走访").click()
    show(page, f"/household/{around.home().id}")
    button(page, "开始").click()
    expect(chip(page, "走访情况", "见到")).to_be_visible()
    still(page)
    yield "visit"
    button(page, "完成").click()
    still(page)
    yield "visit-mistakes"
    yield from photo_stops(page)
    button(page, "有发现：登记问题").click()
    still(page)
    yield "visit-finding-new"
    chip(page, "哪一类", "消防").click()
    page.get_by_label("情况", exact=True).fill(FOUND)
    chip(page, "怎么处理", "当场处理").click()
    yield "visit-finding"
    more(page)
    button(page, "后续任务 加上").click()
    page.get_by_label("要做什么").fill("送适老化改造申请表")
    still(page)
    yield "visit-more"
    show(page, "/")
    yield "today-in-progress"
    page.get_by_role("link", name="入户", exact=False).first.click()
    button(page, "完成").click()
    expect(page.get_by_text("已登记：").first).to_be_visible()
    yield "visit-done"
    show(page, "/round")
    yield "round"
    page.get_by_role("main").get_by_role("link").first.click()
    expect(page.get_by_text(FOUND)).to_be_visible()
    yield "visit-record"
    show(page, "/write-up")
    chip(page, "时间", "补记").click()
    yield "write-up"


def photo_stops(page: Page) -> Iterator[str]:
    """The app's own camera, what it took, and a photo looked at large."""
    button(page, "拍照（可不拍）").click()
    camera = page.get_by_role("dialog", name="拍照")
    expect(button(camera, "拍下")).to_be_enabled()
    still(page)
    yield "camera"
    button(camera, "拍下").click()
    expect(button(camera, "使用")).to_be_visible()
    yield "camera-taken"
    button(camera, "使用").click()
    expect(camera.get_by_text("已拍 1 张")).to_be_visible()
    button(camera, "完成").click()
    small = page.get_by_role("button", name="放大看第")
    expect(small).to_have_count(1)
    small.scroll_into_view_if_needed()
    still(page)
    yield "visit-photos"
    small.click()
    still(page)
    yield "photo"
    button(page.get_by_role("dialog", name="第 1 张照片"), "关闭").click()
    still(page)


def household_stops(page: Page, around: Colleagues) -> Iterator[str]:
    """A household and its people, looked at and changed."""
    home = around.home()
    person = around.first.households.residents(home.id)[0]
    show(page, f"/household/{home.id}")
    yield "household"
    button(page, "特殊情况").click()
    still(page)
    yield "household-event"
    show(page, f"/household/{home.id}/change")
    yield "household-change"
    show(page, f"/household/{home.id}/class")
    yield "household-class"
    show(page, "/household/new")
    button(page, "保存").click()
    still(page)
    yield "household-new-mistakes"
    page.get_by_label("户主").fill(str(home.values["name"]).removesuffix("户"))
    page.get_by_label("门牌号").fill(str(home.values["house_number"]))
    page.wait_for_timeout(500)
    yield "household-new"
    show(page, f"/resident/{person.id}")
    yield "resident"
    button(page, "查看证件号").click()
    still(page)
    yield "resident-reveal"
    show(page, f"/resident/{person.id}/change")
    yield "resident-change"
    show(page, f"/household/{home.id}/resident-new")
    yield "resident-new"
    expect(heading(page)).to_be_visible()
