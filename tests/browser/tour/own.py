"""The screens about the worker and the phone."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.browser.flows import button
from tests.browser.tour.screens import show, still

PLAIN = {
    "settings": "/settings",
    "change-pin": "/settings/pin",
    "storage": "/storage",
    "this-device": "/this-device",
    "sign-in": "/sign-in",
    "help": "/help",
}


def own_stops(page: Page) -> Iterator[str]:
    """Day log, own figures, and what this phone is set to."""
    show(page, "/log")
    yield "log"
    button(page, "改措辞").click()
    yield "log-correcting"
    show(page, "/me")
    yield "me"
    button(page, "怎么算的", exact=False).first.click()
    still(page)
    yield "figure-explained"
    for stop, path in PLAIN.items():
        show(page, path)
        yield stop
