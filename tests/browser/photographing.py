"""Photos as a worker takes them, and where they are on the server."""

from __future__ import annotations

import hashlib
import io
import random
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.flows import button
from tests.browser.served_demo import VILLAGE, ServedDemo

LEAD = f"{VILLAGE}-lead"
# the camera of the tests shows the same moving shapes from each opening on: two photos are two only at other moments
LOOK_MS = 150


def take_photos(page: Page, opening: str, count: int, later_ms: int = 0) -> None:
    """Several photos in a row by the app's camera, from the button that opens it."""
    button(page, opening).click()
    camera = page.get_by_role("dialog", name="拍照")
    for number in range(1, count + 1):
        expect(button(camera, "拍下")).to_be_enabled()
        page.wait_for_timeout(LOOK_MS * number + later_ms)
        button(camera, "拍下").click()
        button(camera, "使用").click()
        expect(camera.get_by_text(f"已拍 {number} 张")).to_be_visible()
    button(camera, "完成").click()
    expect(camera).to_be_hidden()


def choose_photos(page: Page, opening: str, *pictures: Path) -> None:
    """Several photos at once out of the album, from the button that opens the camera."""
    button(page, opening).click()
    camera = page.get_by_role("dialog", name="拍照")
    camera.locator("input[type=file]").set_input_files(list(pictures))
    expect(camera.get_by_text(f"已拍 {len(pictures)} 张")).to_be_visible()
    button(camera, "完成").click()
    expect(camera).to_be_hidden()


def noisy_picture(file: Path, seed: int = 0, side_px: int = 1600) -> Path:
    """A picture that no JPEG makes small: at 1,600 px about 1 MB, however low the quality."""
    noise = random.Random(seed).randbytes(side_px * side_px * 3)
    Image.frombytes("RGB", (side_px, side_px), noise).save(file, "JPEG", quality=90)
    return file


def photos_shown(page: Page, count: int) -> None:
    """So many photos of this phone stand on the page."""
    expect(page.get_by_role("button", name="放大看第")).to_have_count(count)


def digests_of(demo: ServedDemo) -> list[str]:
    """The files that are whole on the server, by what they are stored under."""
    folder = demo.data / "files"
    return sorted(file.name for file in folder.glob("??/*") if len(file.name) == 64)


def fetched(demo: ServedDemo, digest: str) -> bytes:
    """A file as the desk gets it."""
    client = demo.sign_in(LEAD)
    try:
        reply = client.get(f"/api/v1/files/{digest}")
        reply.raise_for_status()
        return reply.content
    finally:
        client.close()


def prove_clean(content: bytes, digest: str) -> None:
    """The very bytes, a picture of at most 1,600 px, and nothing in it but the picture."""
    assert hashlib.sha256(content).hexdigest() == digest
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "JPEG" and max(image.size) <= 1600
        assert not image.getexif() and "xmp" not in image.info
    assert b"Exif\0" not in content and len(content) <= 450_000
