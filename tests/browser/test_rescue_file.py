"""Work that reaches the server without its phone's own network: as a file, as QR codes, out of a damaged store."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import (
    COLLEAGUE,
    all_synced,
    button,
    choose_pin,
    enrol,
    home,
    plain_visit,
    sign_in,
    unlock,
    waiting,
)
from tests.browser.served_demo import ServedDemo, eventually

# A camera that is held to another phone's screen: its codes, one after the other, as a video.
HELD_TO_A_SCREEN = """
navigator.mediaDevices.getUserMedia = async () => {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 640
  const context = canvas.getContext('2d')
  const pictures = await Promise.all(
    window.seenCodes.map((svg) => new Promise((done) => {
      const image = new Image()
      image.onload = () => done(image)
      image.src = 'data:image/svg+xml,' + encodeURIComponent(svg)
    })),
  )
  let shown = 0
  const show = () => {
    context.fillStyle = '#888'
    context.fillRect(0, 0, 640, 640)
    context.drawImage(pictures[shown++ % pictures.length], 40, 40, 560, 560)
  }
  show()
  setInterval(show, 400)
  return canvas.captureStream(10)
}
"""
ALTERED = """
() => new Promise((done) => {
  const opening = indexedDB.open('allpost')
  opening.onsuccess = () => {
    const writing = opening.result.transaction('sealed', 'readwrite')
    writing.objectStore('sealed').put(new Uint8Array(40), 'identity')
    writing.oncomplete = () => { opening.result.close(); done() }
  }
})
"""


def go(page: Page, path: str) -> None:
    """Another page of the app."""
    page.goto(f"{page.url.partition('#')[0]}#{path}")


def offline_visit(phone: ChromiumPhone, demo: ServedDemo) -> Page:
    """A phone that has one visit which it cannot hand over."""
    page = enrol(phone, demo)
    # the day's round is open: the next visit is one operation
    plain_visit(page)
    home(page)
    all_synced(page)
    phone.context.set_offline(True)
    plain_visit(page)
    home(page)
    waiting(page, 1)
    return page


def test_a_colleague_hands_a_file_in_and_twice_is_as_once(
    phone: Callable[[str], ChromiumPhone], demo: ServedDemo, tmp_path: Path
) -> None:
    mine, other = phone(demo.address), phone(demo.address)
    page = offline_visit(mine, demo)
    go(page, "/rescue")
    button(page, "生成文件").click()
    with page.expect_download() as saved:
        button(page, "存到手机").click()
    file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(file)

    colleague = enrol(other, demo, COLLEAGUE)
    go(colleague, "/carried")
    chooser = colleague.locator("input[type=file]")
    chooser.set_input_files(file)
    expect(colleague.get_by_text("新收到 1 条，已有")).to_be_visible()
    chooser.set_input_files(file)
    expect(colleague.get_by_text("这个文件已经在这里了，不会重复")).to_be_visible()
    expect(colleague.get_by_role("heading", name="的文件")).to_have_count(1)

    cut = tmp_path / "cut.allpost"
    cut.write_bytes(file.read_bytes()[:-1])
    chooser.set_input_files(cut)
    expect(colleague.get_by_text("这不是完整的救援文件")).to_be_visible()

    mine.context.set_offline(False)
    home(page)
    all_synced(page)
    go(page, "/history")
    page.get_by_role("link").filter(has_text="已生效").first.click()
    expect(page.get_by_text("签名已在本机核对")).to_be_visible()


def test_codes_are_read_by_the_camera_of_another_phone(
    phone: Callable[[str], ChromiumPhone], demo: ServedDemo
) -> None:
    mine, other = phone(demo.address), phone(demo.address)
    page = offline_visit(mine, demo)
    go(page, "/rescue")
    button(page, "显示二维码").click()
    button(page, "停住").click()
    codes: dict[str, str] = {}
    which = page.get_by_text("张，共")
    while which.inner_text() not in codes:
        name = which.inner_text()
        codes[name] = page.get_by_role("img", name=name).evaluate("code => code.outerHTML")
        button(page, "下一张").click()
        expect(which).not_to_have_text(name)

    colleague = enrol(other, demo, COLLEAGUE)
    drawn = [
        code.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg" width="560" height="560"')
        for code in codes.values()
    ]
    colleague.evaluate(f"() => {{ window.seenCodes = {json.dumps(drawn)}; {HELD_TO_A_SCREEN} }}")
    go(colleague, "/carried")
    colleague.get_by_role("link", name="扫二维码").click()
    expect(colleague.get_by_text("新收到 1 条")).to_be_visible(timeout=60_000)


def test_a_damaged_store_is_handed_over_and_begun_anew(
    phone: Callable[[str], ChromiumPhone], demo: ServedDemo
) -> None:
    mine, arrivals = phone(demo.address), Arrivals(demo)
    page = offline_visit(mine, demo)
    page.evaluate(ALTERED)
    page.reload()
    unlock(page)
    expect(page.get_by_text("本机数据打不开")).to_be_visible()
    expect(page.get_by_text("待上传 1 条登记")).to_be_visible()
    mine.context.set_offline(False)
    button(page, "联网直接上交").click()
    expect(
        page.get_by_text("已上交")
    ).to_be_visible()  # by this tap, or by the closed app's worker just before it
    eventually(lambda: len(arrivals.visited()) == 2)
    button(page, "重新开始").click()
    expect(page.get_by_text("重新开始前请看")).to_be_visible()
    button(page.get_by_role("dialog"), "重新开始").click()
    sign_in(page, demo)
    choose_pin(page)
    expect(page.get_by_text("该走访的户")).to_be_visible(timeout=60_000)
    all_synced(page)
