"""Cases as a worker writes them down, step by step."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.flows import button, heading, home, tab


def find_item(page: Page, said: str, name: str) -> None:
    """Search the catalogue by what is said, and open the item."""
    page.get_by_role("searchbox").fill(said)
    expect(page.get_by_text("找到 ")).to_be_visible()
    page.get_by_role("link", name=name).first.click()
    expect(heading(page)).to_have_text(name)


def handle(page: Page, said: str, name: str) -> None:
    """现在办理, from the tab of items."""
    home(page)
    tab(page, "事项")
    find_item(page, said, name)
    button(page, "现在办理").click()


def choose_person(page: Page, name: str) -> None:
    """The applicant, from the worker's own data."""
    page.get_by_role("searchbox").fill(name)
    page.get_by_role("list", name="找到的人").get_by_role("button", name=name).first.click()


def answer(page: Page, question: str, chosen: str) -> None:
    """A question of the form that is answered by a chip (a radio or a box inside its label)."""
    group = page.get_by_role("group", name=question)
    group.locator("label").filter(has_text=chosen).first.click()


def onward(page: Page) -> None:
    """下一步."""
    button(page, "下一步").click()


def end(page: Page, ending: str) -> None:
    """Choose how the case ends here, and end it so."""
    page.get_by_role("group", name="怎么办理").locator("label").filter(has_text=ending).first.click()
    button(page, ending).click()
    expect(page.get_by_text("已登记在本机")).to_be_visible()


def sign(page: Page) -> None:
    """A signature drawn with the finger."""
    pad = page.get_by_role("img", name="委托人签名")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 30)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 40 + 20 * step, box["y"] + 30 + (step % 2) * 40)
    page.mouse.up()
    expect(button(page, "清除重签")).to_be_enabled()
