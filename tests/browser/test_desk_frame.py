"""The frame around every page of the desk, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.desk_pages import LEAD, PHONE, TABLET, WIDE, Desk, faults


@pytest.mark.parametrize("size", [WIDE, TABLET, PHONE], ids=["wide", "tablet", "phone"])
def test_the_frame_and_the_sign_in_page_have_no_faults(desk: Desk, size: ViewportSize) -> None:
    page = desk.open(size)
    page.goto(desk.at("/desk/"))
    expect(page.get_by_label("用户名")).to_be_focused()
    assert faults(page) == []
    inside = desk.sign_in(LEAD, size)
    expect(inside.locator("h1")).to_contain_text("您好")
    assert faults(inside) == []
