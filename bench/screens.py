"""Pictures of the phone app for the pages in `docs/`: the tour of the tests, at the size of a phone.

The village is the demonstration one, so only demonstration people are on them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console

from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.served_demo import make_template, served_demo
from tests.browser.tour.colleagues import colleagues
from tests.browser.tour.screens import quiet
from tests.browser.tour.walk import walk

ROOT = Path(__file__).parents[1]
DIST = ROOT / "field_client" / "app" / "dist"
PICTURES = ROOT / "docs" / "screens"
PICTURE_BYTES_MAX = 90_000
# Stops of the tour by the names of their pictures; one is shown as it is in the dark.
NAMES = {
    "enrol": "01-enrol",
    "today": "02-today",
    "visit-finding": "03-visit",
    "household": "04-household",
    "map-close": "05-map",
    "items-results": "06-items",
    "item": "07-item",
    "case-form-problems": "08-case-form",
    "receipt": "09-receipt",
    "outbox-trouble": "10-outbox",
    "conflict": "11-conflict",
    "log": "12-log",
    "me": "13-me-dark",
    "visit-photos": "14-photos",
    "proof": "15-proof",
    "rescue-codes": "16-rescue-codes",
}


def main() -> int:
    """Take them all; 1 if one is missing, left over, or too large for a page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="allpost-screens-") as folder:
        _take(Path(folder))
    sizes = {path.name: path.stat().st_size for path in sorted(PICTURES.glob("*.png"))}
    for name, size in sizes.items():
        Console().print(f"{name}  {size / 1000:.0f} kB")
    all_there = set(sizes) == {f"{name}.png" for name in NAMES.values()}
    return 0 if all_there and max(sizes.values()) < PICTURE_BYTES_MAX else 1


def _take(folder: Path) -> None:
    template = make_template(folder)
    with (
        served_demo(template, folder / "data", DIST) as demo,
        colleagues(demo, folder) as around,
        sync_playwright() as playwright,
    ):
        phone = ChromiumPhone(playwright, folder / "phone", demo.address)
        try:
            for stop in walk(phone, demo, around):
                if stop in NAMES:
                    _picture(phone, NAMES[stop])
        finally:
            phone.close()


def _picture(phone: ChromiumPhone, name: str) -> None:
    quiet(phone.page)
    dark = name.endswith("-dark")
    if dark:
        phone.page.emulate_media(color_scheme="dark")
    phone.page.screenshot(path=str(PICTURES / f"{name}.png"))
    if dark:
        phone.page.emulate_media(color_scheme="light")


if __name__ == "__main__":
    sys.exit(main())
