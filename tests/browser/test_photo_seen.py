"""Who sees a photo, and which photos go: colleagues count and look on a tap; what a draft lost stays away."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.arrivals import Arrivals
from tests.browser.audited import audited
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import (
    COLLEAGUE,
    all_synced,
    button,
    enrol,
    finish_visit,
    home,
    offline,
    start_visit,
    told,
)
from tests.browser.photographing import digests_of, photos_shown, take_photos
from tests.browser.served_demo import ServedDemo, eventually
from tests.browser.test_two_phones import account, share_a_grid
from tests.browser.upload_line import UploadLine

Phones = Callable[[str], ChromiumPhone]
OPENING = "拍照（可不拍）"
NOT_HERS = 404


@pytest.fixture
def line(demo: ServedDemo) -> Iterator[UploadLine]:
    """Between one phone and the server."""
    made = UploadLine(demo.port)
    yield made
    made.close()


def test_a_colleague_sees_how_many_arrived_and_looks_with_a_trace(
    demo: ServedDemo, line: UploadLine, phone: Phones
) -> None:
    one, other, arrivals, before = (
        phone(line.address),
        phone(demo.address),
        Arrivals(demo),
        set(digests_of(demo)),
    )
    page = enrol(one, demo)
    line.stop_next("middle", after=3)
    door = start_visit(page)
    take_photos(page, OPENING, 5)
    finish_visit(page, door)
    line.wait_stopped(60)
    (visit,) = arrivals.created("visit")
    arrived = set(digests_of(demo)) - before
    assert len(arrived) == 3

    # whose grid it is not, and who has no right to it at a desk
    stranger = demo.sign_in(COLLEAGUE)
    for digest in arrived:
        assert stranger.get(f"/api/v1/files/{digest}").status_code == NOT_HERS
    stranger.close()
    assert audited(demo, "file.read") == []

    share_a_grid(demo)
    there = enrol(other, demo, COLLEAGUE)
    there.goto(f"{other.address}/app/#/visit/{visit.record}")
    expect(there.get_by_text("照片 3/5 已到")).to_be_visible()
    expect(there.get_by_text("还在别的手机上")).to_have_count(2)
    line.cut()
    expect(there.get_by_text("照片 5/5 已到服务器")).to_be_visible(timeout=45_000)
    assert audited(demo, "file.read") == []
    button(there, "已到服务器，点开看").first.click()
    expect(there.get_by_role("dialog", name="第 1 张照片").get_by_role("img")).to_be_visible()
    (read,) = audited(demo, "file.read")
    assert read.account == account(demo, COLLEAGUE)
    assert read.subject in (visit.fields or {})["photos"]


@pytest.mark.drill
def test_what_a_draft_lost_does_not_go_and_a_visit_that_was_taken_back_keeps_its_photo(
    demo: ServedDemo, phone: Phones
) -> None:
    one, arrivals, before = phone(demo.address), Arrivals(demo), set(digests_of(demo))
    page = enrol(one, demo)
    offline(one)
    # a draft with a photo, dropped
    start_visit(page)
    take_photos(page, OPENING, 1)
    button(page, "不登记了").click()
    told(page, "这次入户没有登记")
    # a draft that lost one of its two
    home(page)
    door = start_visit(page)
    take_photos(page, OPENING, 2, later_ms=500)
    photos_shown(page, 2)
    page.get_by_role("button", name="放大看第 1 张照片").click()
    button(page, "删除这张").click()
    photos_shown(page, 1)
    finish_visit(page, door)
    # taken back before it was ever handed over
    home(page)
    page.goto(f"{one.address}/app/#/outbox")
    page.get_by_role("link").filter(has_text="入户 ").first.click()
    page.get_by_role("link", name="看这条记录").click()
    button(page, "撤回这次入户").click()
    button(page, "重复登记").click()
    page.get_by_role("dialog").get_by_role("button", name="撤回这次入户").click()
    told(page, "已撤回，原记录仍留存")

    one.context.set_offline(False)
    home(page)
    all_synced(page)
    expect(page.get_by_text("张待上传")).to_have_count(0)
    (visit,) = arrivals.created("visit")
    named = (visit.fields or {})["photos"]
    assert len(named) == 1
    eventually(lambda: sorted(set(digests_of(demo)) - before) == named)
    assert any(one.action == "void" and one.record == visit.record for one in arrivals.operations())
    arrivals.prove_once()
