"""A proxy case between two desks in real browsers: the village hands it up, the town decides, the village delivers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.desk_pages import CLERK, TABLET, WIDE, Desk, faults
from tests.browser.served_demo import VILLAGE
from tests.browser.test_desk_capture import at_window

PROXY, QUEUE = f"/desk/v/{VILLAGE}/proxy", f"/desk/t/{VILLAGE[:9]}/queue"


def _agree(page: Page) -> None:
    """Say yes to the question that a form asks before it is sent."""
    page.locator("dialog button.primary").click()


def _pressed(page: Page, name: str, then: Callable[[], None] | None = None) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    if then is not None:
        then()


@pytest.mark.parametrize("size", [WIDE, TABLET], ids=["wide", "tablet"])
def test_village_hands_up_town_decides_village_delivers(desk: Desk, size: ViewportSize) -> None:
    village, town = desk.sign_in(at_window(desk), size), desk.sign_in(CLERK, size)

    # one that was handed up before goes back, and up again in a batch with its cover list
    village.goto(desk.at(f"{PROXY}?tab=handed-up"))
    assert faults(village) == []
    row = village.locator("tbody tr").filter(has_text="报送").first
    who = row.locator("td").first.inner_text()
    row.locator("a").first.click()
    _pressed(village, "撤回报送", lambda: _agree(village))
    expect(village.get_by_role("heading", name="报送镇街")).to_be_visible()
    assert faults(village) == []
    village.goto(desk.at(f"{PROXY}?tab=hand-up"))
    assert faults(village) == []
    village.locator("tbody tr").filter(has_text=who).get_by_role("checkbox").check()
    _pressed(village, "报送选中的办件")
    expect(village.locator("h1")).to_contain_text("送件清单 P")
    assert faults(village) == []
    number = village.locator("h1").inner_text().split()[-1]

    # the town asks for what is missing, the village answers
    town.goto(desk.at(QUEUE))
    assert faults(town) == []
    town.locator("tbody tr").filter(has_text=number).locator("th a").click()
    expect(town.locator("h1")).to_contain_text(who)
    assert faults(town) == []
    town.get_by_label("要怎样补").fill("请补一份说明")
    _pressed(town, "要求补正")
    expect(town.get_by_role("heading", name="等村社补正")).to_be_visible()
    village.goto(desk.at(f"{PROXY}?tab=supplement"))
    village.locator("tbody tr").filter(has_text=who).locator("th a").click()
    expect(village.get_by_text("请补一份说明").first).to_be_visible()
    assert faults(village) == []
    village.get_by_label("说明").fill("说明已附在材料后")
    _pressed(village, "补正已齐，送镇街")
    expect(village.get_by_role("heading", name="现在不用办")).to_be_visible()

    # it decides and issues; the village gives the task and delivers
    town.reload()
    town.get_by_label("准予", exact=True).check()
    town.get_by_label("办理结果").fill("同意，证明已开具")
    _pressed(town, "提交决定")
    _pressed(town, "出件")
    expect(town.get_by_role("heading", name="现在不用办")).to_be_visible()
    assert faults(town) == []
    village.goto(desk.at(f"{PROXY}?tab=deliver"))
    row = village.locator("tbody tr").filter(has_text=who).filter(has_text="镇街已出件")
    row.locator("th a").click()
    expect(village.get_by_text("同意，证明已开具").first).to_be_visible()
    village.get_by_role("button", name="派给").click()
    expect(village.get_by_text("送达 · ")).to_be_visible()
    assert faults(village) == []
    village.get_by_label("交给了谁").fill("本人")
    _pressed(village, "已送达")
    expect(village.get_by_role("heading", name="归档")).to_be_visible()
    expect(village.locator("section", has_text="任务").last).to_contain_text("已完成")
    assert faults(village) == []


def test_the_queue_works_without_javascript(desk: Desk) -> None:
    town = desk.sign_in(CLERK, java_script_enabled=False)
    town.goto(desk.at(QUEUE))
    row = town.locator("tbody tr").first
    item = row.locator("th a").inner_text()
    row.get_by_role("checkbox").check()
    town.get_by_role("button", name="受理选中的办件").click()
    town.goto(desk.at(f"{QUEUE}?tab=processing"))
    expect(town.locator("tbody")).to_contain_text(item)
