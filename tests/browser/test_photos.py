"""Photos: taken in the app, safe at once, sent after their records, counted on every phone."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from PIL import ExifTags, Image
from playwright.sync_api import expect

from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import (
    all_synced,
    button,
    enrol,
    finish_visit,
    home,
    offline,
    open_offline,
    start_visit,
    told,
)
from tests.browser.handling import choose_person, end, handle, onward
from tests.browser.photographing import digests_of, fetched, photos_shown, prove_clean, take_photos
from tests.browser.served_demo import ServedDemo, eventually
from tests.browser.visiting import due

Phones = Callable[[str], ChromiumPhone]
OPENING = "拍照（可不拍）"


def test_photos_of_a_visit_survive_a_kill_and_all_arrive(demo: ServedDemo, phone: Phones) -> None:
    one, arrivals, before = phone(demo.address), Arrivals(demo), set(digests_of(demo))
    page = enrol(one, demo)
    offline(one)
    door = start_visit(page)
    take_photos(page, OPENING, 3)
    photos_shown(page, 3)
    one.kill()

    page = open_offline(one)
    expect(page.get_by_role("heading", level=1, name=door.name)).to_be_visible()
    photos_shown(page, 3)
    finish_visit(page, door)
    expect(page.get_by_text("照片 3 张待上传").first).to_be_visible()
    one.kill()

    page = open_offline(one)
    expect(page.get_by_text("照片 3 张待上传").first).to_be_visible()
    one.context.set_offline(False)
    all_synced(page)
    expect(page.get_by_text("张待上传")).to_have_count(0, timeout=30_000)
    (visit,) = arrivals.created("visit")
    named = sorted((visit.fields or {})["photos"])
    assert sorted(set(digests_of(demo)) - before) == named and len(named) == 3
    for digest in named:
        prove_clean(fetched(demo, digest), digest)
    arrivals.prove_once()

    # what is known of it on this phone: from the record that came back
    page.goto(f"{one.address}/app/#/visit/{visit.record}")
    expect(page.get_by_text("照片 3/3 已到服务器")).to_be_visible()
    page.goto(f"{one.address}/app/#/storage")
    expect(page.get_by_text("已上传，本机留着")).to_be_visible()
    button(page, "清理已上传的").click()
    told(page, "已清理 3 张")
    page.goto(f"{one.address}/app/#/visit/{visit.record}")
    away = button(page, "已到服务器，点开看")
    expect(away).to_have_count(3)
    away.first.click()
    expect(page.get_by_role("dialog", name="第 1 张照片").get_by_role("img")).to_be_visible()


def test_another_phone_sees_how_many_photos_of_a_case_arrived(demo: ServedDemo, phone: Phones) -> None:
    one, other, arrivals = phone(demo.address), phone(demo.address), Arrivals(demo)
    page = enrol(one, demo)
    page.goto(f"{one.address}/app/#/settings")
    page.get_by_role("group", name="只在 Wi-Fi 上传照片").get_by_label("是").click()
    home(page)
    name = due(page).first.locator("strong").inner_text().removesuffix("户")
    handle(page, "医保查询", "参保人员参保信息查询")
    choose_person(page, name)
    onward(page)
    take_photos(page, "拍照：身份证或医保电子凭证", 1)
    take_photos(page, "拍照", 1, later_ms=700)
    photos_shown(page, 2)
    onward(page)
    end(page, "登记为待联办")
    expect(page.get_by_text("照片 0/2 已到")).to_be_visible()
    expect(page.get_by_text("记录已同步").first).to_be_visible()
    (case,) = arrivals.created("case")
    assert len((case.fields or {})["files"]) == 2
    assert "photo" in [value for key, value in (case.fields or {}).items() if key.startswith("materials/")]

    there = enrol(other, demo)
    there.goto(f"{other.address}/app/#/case/{case.record}")
    expect(there.get_by_text("照片 0/2 已到")).to_be_visible()
    expect(there.get_by_text("还在别的手机上")).to_have_count(2)

    page.goto(f"{one.address}/app/#/outbox")
    expect(page.get_by_text("这个浏览器不能识别是不是 Wi-Fi")).to_be_visible()
    button(page, "现在上传").click()
    expect(page.get_by_text("张待上传")).to_have_count(0)
    expect(there.get_by_text("照片 2/2 已到服务器")).to_be_visible(timeout=30_000)
    button(there, "已到服务器，点开看").first.click()
    expect(there.get_by_role("dialog", name="第 1 张照片").get_by_role("img")).to_be_visible()


def test_a_picture_from_elsewhere_is_made_anew(demo: ServedDemo, phone: Phones, tmp_path: Path) -> None:
    one, before = phone(demo.address), set(digests_of(demo))
    one.camera = False
    page = enrol(one, demo)
    start_visit(page)
    button(page, OPENING).click()
    camera = page.get_by_role("dialog", name="拍照")
    expect(camera.get_by_role("alert")).to_contain_text("相机")
    picker = camera.locator("input[type=file]")
    broken = tmp_path / "IMG_0001.heic"
    broken.write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    picker.set_input_files(broken)
    expect(page.get_by_text("这张照片的格式打不开")).to_be_visible()
    page.get_by_role("button", name="知道了").click()
    picker.set_input_files(with_place(tmp_path / "album.jpg"))
    expect(camera.get_by_text("已拍 1 张")).to_be_visible()
    button(camera, "完成").click()
    photos_shown(page, 1)
    button(page, "无异常").click()
    button(page, "完成").click()
    eventually(lambda: len(set(digests_of(demo)) - before) == 1)
    for digest in set(digests_of(demo)) - before:
        prove_clean(fetched(demo, digest), digest)


def with_place(file: Path) -> Path:
    """A large picture as an album has it: with a place and the phone's maker in it."""
    image = Image.effect_noise((3000, 2000), 40).convert("RGB")
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "a phone"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (30.5, 0.0, 0.0)
    packed = io.BytesIO()
    image.save(packed, "JPEG", exif=exif)
    assert b"Exif\0" in packed.getvalue()
    file.write_bytes(packed.getvalue())
    return file
