"""No room for a photo, on the phone or on the server: said in words, nothing is lost, and it goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import all_synced, button, enrol, finish_visit, home, offline, start_visit, unlock
from tests.browser.photographing import digests_of, photos_shown, take_photos
from tests.browser.served_demo import ServedDemo, eventually
from tests.browser.test_full_storage import Room

Phones = Callable[[str], ChromiumPhone]
OPENING = "拍照（可不拍）"
MORE_THAN_ANY_DISK = str(1 << 60)


def test_a_full_phone_keeps_the_picture_on_the_screen(demo: ServedDemo, phone: Phones) -> None:
    one, arrivals, before = phone(demo.address), Arrivals(demo), set(digests_of(demo))
    page = enrol(one, demo)
    offline(one)
    door = start_visit(page)
    # opened anew on a full phone: a running browser reckons for a while with the room that there was
    one.close()
    page = one.open(at="about:blank")
    one.context.set_offline(True)
    room = Room(one)
    room.none_left()
    page.goto(f"{demo.address}/app/")
    unlock(page)
    button(page, OPENING).click()
    camera = page.get_by_role("dialog", name="拍照")
    button(camera, "拍下").click()
    button(camera, "使用").click()
    told = page.get_by_role("dialog").filter(has_text="手机存储空间已满")
    expect(told).to_be_visible()
    button(told, "知道了").click()
    expect(camera.get_by_role("img", name="刚拍的照片")).to_be_visible()

    room.made()
    button(camera, "使用").click()
    expect(camera.get_by_text("已拍 1 张")).to_be_visible()
    button(camera, "完成").click()
    photos_shown(page, 1)
    finish_visit(page, door)
    one.context.set_offline(False)
    all_synced(page)
    eventually(lambda: len(set(digests_of(demo)) - before) == 1)
    assert arrivals.visited() == [door.id]
    arrivals.prove_once()


@pytest.mark.drill
def test_a_full_server_takes_records_and_gets_the_photo_later(
    demo: ServedDemo, phone: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, arrivals, before = phone(demo.address), Arrivals(demo), set(digests_of(demo))
    page = enrol(one, demo)
    demo.stop()
    monkeypatch.setenv("ALLPOST_FILES_FREE_BYTES_MIN", MORE_THAN_ANY_DISK)
    demo.start()
    door = start_visit(page)
    take_photos(page, OPENING, 1)
    finish_visit(page, door)
    eventually(lambda: arrivals.visited() == [door.id])
    page.goto(f"{one.address}/app/#/outbox")
    expect(page.get_by_text("照片上传没有成功：服务器磁盘空间已满")).to_be_visible()
    assert set(digests_of(demo)) == before

    demo.stop()
    monkeypatch.delenv("ALLPOST_FILES_FREE_BYTES_MIN")
    demo.start()
    button(page, "现在同步").click()
    eventually(lambda: len(set(digests_of(demo)) - before) == 1)
    expect(page.get_by_text("照片上传没有成功")).to_have_count(0)
    home(page)
    expect(page.get_by_text("张待上传")).to_have_count(0)
    arrivals.prove_once()
