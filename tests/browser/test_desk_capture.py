"""A walk-in at the window in a real browser: item, person, questions that follow answers, papers on A4."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from grid_map.days import count_day
from server.clock import unix_ms
from tests.browser.desk_pages import TABLET, WIDE, Desk, faults
from tests.browser.served_demo import VILLAGE
from tests.server.pictures import picture

A4_POINTS = (594.96, 841.92)


def at_window(desk: Desk) -> str:
    """The username of somebody whom the rota puts at today's window."""
    with sqlite3.connect(desk.demo.data / "allpost.db") as db:
        row = db.execute(
            "SELECT a.username FROM rotas r JOIN accounts a ON a.id = r.worker WHERE r.village = ? AND r.day = ?"
            " AND r.duty = 'window' ORDER BY a.username",
            (VILLAGE, count_day(unix_ms()).isoformat()),
        ).fetchone()
    assert row is not None, "nobody is at the window today"
    return str(row[0])


def choose_somebody(page: Page) -> None:
    """The first resident of a family name."""
    page.fill("#find", "沈")
    page.get_by_role("button", name="查找居民").click()
    page.get_by_role("button", name="就是此人").first.click()
    expect(page.get_by_role("button", name="换人")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, TABLET], ids=["wide", "tablet"])
def test_a_walk_in_from_the_first_word_to_the_receipt(desk: Desk, size: ViewportSize, tmp_path: Path) -> None:
    page = desk.sign_in(at_window(desk), size)
    page.goto(desk.at(f"/desk/v/{VILLAGE}/inbox"))
    page.get_by_role("link", name="登记来窗办件").click()
    page.fill("input[name=q]", "lsjz")
    page.locator("#found a.item", has_text="临时救助").click()
    assert faults(page) == []
    page.get_by_role("link", name="现在办理").click()
    choose_somebody(page)
    page.get_by_text("支出型").click()
    expect(page.get_by_text("已发生支出")).to_be_visible()
    page.get_by_text("急难型").click()
    expect(page.get_by_text("已发生支出")).to_have_count(0)
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#mistakes")).to_contain_text("困难情形")
    assert faults(page) == []
    for box in page.locator("#capture textarea[name^='answers/']").all():
        box.fill("家里失火")
    for box in page.locator("#capture input[inputmode=decimal]").all():
        box.fill("3,200.50")
    for box in page.locator("#capture input[type=date]").all():
        box.fill(count_day(unix_ms()).isoformat())
    page.get_by_label("已验原件").first.check()
    page.get_by_label("是，要交").check()
    expect(page.locator(".material input[value=missing]")).to_have_count(2)
    page.locator(".material input[value=missing]").last.check()
    photo = {"name": "paper.jpg", "mimeType": "image/jpeg", "buffer": picture(int(size["width"]))}
    page.set_input_files("input[name='upload/files']", [photo])  # type: ignore[list-item]
    page.get_by_role("button", name="保存", exact=True).click()
    save_again_if_it_may_be_a_duplicate(page)
    expect(page).to_have_url(re.compile("/captured$"))
    assert faults(page) == []
    case = page.url.split("/")[-2]
    for kind, title in (
        ("receipt", "收件回执（代办）"),
        ("notice", "材料补正一次性告知书"),
        ("entrustment", "委托书"),
    ):
        page.goto(desk.at(f"/desk/v/{VILLAGE}/print/{kind}/{case}"))
        expect(page.get_by_role("heading", level=1)).to_contain_text(title)
        assert faults(page) == []
        printed = page.pdf(path=tmp_path / f"{kind}.pdf", prefer_css_page_size=True)
        assert a4_pages(printed) == 1, "a paper of one short case is one sheet"
    number = page.locator(".number strong").inner_text()
    page.goto(desk.at(f"/desk/v/{VILLAGE}/inbox"))
    page.fill(".filters input[type=search]", number)
    page.keyboard.press("Enter")
    expect(page.locator(f"a[href*='{case}']").first).to_be_visible()


def test_what_is_typed_outlasts_a_closed_page_and_works_without_scripts(desk: Desk) -> None:
    page = desk.sign_in(at_window(desk))
    form = desk.at(f"/desk/v/{VILLAGE}/cases/new/subsistence-allowance")
    page.goto(form + "?fresh=true")
    page.get_by_role("button", name="添加一行").click()
    expect(page.locator("input[name='rows/family']")).to_have_count(2)
    page.locator("input[name$='/name']").last.fill("沈小明")
    expect(page.locator(".draft")).to_contain_text("已暂存")
    page.goto(form)
    expect(page.locator("input[name$='/name']").last).to_have_value("沈小明")
    expect(page.get_by_text("已恢复未保存的内容")).to_be_visible()
    plain = desk.sign_in(at_window(desk), java_script_enabled=False)
    plain.goto(desk.at(f"/desk/v/{VILLAGE}/cases/new/temporary-assistance"))
    plain.get_by_text("支出型").click()
    plain.get_by_role("button", name="更新（").click()
    expect(plain.get_by_text("已发生支出")).to_be_visible()


def save_again_if_it_may_be_a_duplicate(page: Page) -> None:
    """The first resident found may have an open case of the item in the demonstration already."""
    page.wait_for_load_state()
    if page.get_by_text("可能重复").count():
        page.get_by_role("button", name="保存", exact=True).click()


def a4_pages(printed: bytes) -> int:
    """How many sheets a PDF has; all of them A4."""
    boxes = [tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox\s*\[([^\]]*)\]", printed)]
    assert boxes, "no page"
    for _, _, width, height in boxes:
        assert abs(width - A4_POINTS[0]) < 1 and abs(height - A4_POINTS[1]) < 1
    return len(boxes)
