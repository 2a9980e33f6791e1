"""The pages of window and town in a real Chromium: signing in, waiting for what is under way, looking for faults.

def test_something(desk: Desk) -> None:
    page = desk.sign_in("330481106222-lead")          # at 1440 × 900; desk.sign_in(…, TABLET) at 820 × 1180
    page.goto(desk.at(f"/desk/v/{VILLAGE}/inbox"))
    assert faults(page) == []
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, ViewportSize

from tests.browser.chromium_phone import CHROMIUM, EXPECTED, FLAGS
from tests.browser.served_demo import VILLAGE, ServedDemo
from tests.browser.tour.looked_at import AXE

WIDE: ViewportSize = {"width": 1440, "height": 900}
TABLET: ViewportSize = {"width": 820, "height": 1180}
PHONE: ViewportSize = {"width": 390, "height": 844}
LEAD, CLERK, SUPERVISOR, ADMIN = (
    f"{VILLAGE}-lead",
    f"{VILLAGE[:9]}-clerk",
    f"{VILLAGE[:9]}-supervisor",
    "city-admin",
)
# What htmx notes for developers of a refusal that the page tells in words of its own.
EXPECTED_AT_DESK = (*EXPECTED, "Response Status Error Code")
AXE_RULES = {"resultTypes": ["violations"]}
TOUCH_PX = 44
# Elements that reach over the right edge of the window, and controls that a finger misses.
MEASURED = """minimum => {
  const found = [];
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (over > 0) found.push(`wider than the window by ${over} px`);
  const pressed = "button, select, summary, input:not([type=hidden], [type=checkbox], [type=radio])";
  for (const one of document.querySelectorAll(pressed)) {
    const box = one.getBoundingClientRect();
    if (box.width && box.height && box.height < minimum - 0.5 && !one.closest(".visually-hidden"))
      found.push(`${Math.round(box.height)} px high: ${one.outerHTML.slice(0, 80)}`);
  }
  return found;
}"""


class Desk:
    """Browsers at the desks of one served demonstration; `errors` are scripts' errors that nobody caught."""

    def __init__(self, browser: Browser, demo: ServedDemo) -> None:
        self.demo = demo
        self.errors: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def at(self, address: str) -> str:
        """The whole address of a page of the desk."""
        return f"{self.demo.address}{address}"

    def open(self, size: ViewportSize = WIDE, **more: Any) -> Page:
        """A page of a fresh browser profile; `more` as Playwright's new_context has it (java_script_enabled …)."""
        context = self._browser.new_context(
            viewport=size,
            has_touch=size != WIDE,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **{"color_scheme": "light"} | more,
        )
        context.set_default_timeout(15_000)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", self._heard)
        self._contexts.append(context)
        return context.new_page()

    def sign_in(self, username: str, size: ViewportSize = WIDE, **more: Any) -> Page:
        """A fresh browser with somebody of the demonstration signed in, on their first page."""
        page = self.open(size, **more)
        page.goto(self.at("/desk/sign-in"))
        sign_in(page, username, self.demo.password(username))
        return page

    def close(self) -> None:
        """Close every browser profile."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(one in message.text for one in EXPECTED_AT_DESK):
            self.errors.append(message.text)


def sign_in(page: Page, username: str, password: str) -> None:
    """Fill the form of signing in, and be on the page behind it."""
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.click("main button.primary")
    page.wait_for_url(lambda address: "/sign-in" not in address)


def settled(page: Page) -> None:
    """Until htmx has nothing under way."""
    page.wait_for_function("!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")


def faults(page: Page, touch: bool = True) -> list[str]:
    """What is wrong with a page as it stands, in light and in dark: by axe-core and by measuring."""
    session = page.context.new_cdp_session(page)  # the page's own policy forbids foreign scripts
    session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8") + "\n;0"})
    found = _axe(page, "")
    page.emulate_media(color_scheme="dark")
    found += _axe(page, "dark: ")
    page.emulate_media(color_scheme="light")
    session.detach()
    return found + cast("list[str]", page.evaluate(MEASURED, TOUCH_PX if touch else 0))


def _axe(page: Page, prefix: str) -> list[str]:
    result = page.evaluate("rules => window.axe.run(document, rules)", AXE_RULES)
    return [
        f"{prefix}axe {one['id']} ({one['impact']}): {node['target'][0]} {node['html'][:120]}"
        for one in result["violations"]
        for node in one["nodes"]
    ]


@contextmanager
def desks(playwright: Playwright, demo: ServedDemo) -> Iterator[Desk]:
    """Browsers for one test; at its end none of them met an error that nobody caught."""
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=list(FLAGS), env={**os.environ, "LANG": "zh_CN.UTF-8"}
    )
    desk = Desk(browser, demo)
    try:
        yield desk
        desk.close()
        assert desk.errors == []
    finally:
        browser.close()
