"""A phone: Debian's Chromium at 390 × 844 with a profile folder of its own, which can be killed and opened again."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",  # as a phone in Haining is set: the browser's own words and date fields
)
# A camera that shows moving shapes, and nobody to be asked for it.
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
SIZE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
# What the browser itself says of a network that is gone; the app says it in its own words.
EXPECTED = (
    "net::ERR_",
    "Failed to load resource",
    "the server responded with a status of",
    "error occurred when fetching the script",
)


class ChromiumPhone:
    """A browser profile on the disk. `errors` are what a user must never meet: exceptions nobody caught.

    `camera`: whether the browser it is opened in has one that may be used.
    """

    def __init__(self, playwright: Playwright, profile: Path, address: str) -> None:
        self.address = address
        self.profile = profile
        self.errors: list[str] = []
        self.camera = True
        self._playwright = playwright
        self._context: BrowserContext | None = None

    @property
    def context(self) -> BrowserContext:
        assert self._context is not None, "the phone is off"
        return self._context

    @property
    def page(self) -> Page:
        """The app's page."""
        return self.context.pages[-1]

    def open(
        self, *, desk: bool = False, dark: bool = False, at: str | None = None, script: str | None = None
    ) -> Page:
        """Start the browser and open the app (or `at`, another address). `script` runs first in every page."""
        self._context = self._playwright.chromium.launch_persistent_context(
            str(self.profile),
            executable_path=CHROMIUM,
            args=[*FLAGS, *(CAMERA if self.camera else ())],
            headless=True,
            viewport=DESK if desk else SIZE,  # type: ignore[arg-type]
            has_touch=not desk,
            is_mobile=not desk,
            locale="zh-CN",
            env=dict(os.environ, LANG="zh_CN.UTF-8", LANGUAGE="zh_CN"),
            timezone_id="Asia/Shanghai",
            color_scheme="dark" if dark else "light",
        )
        self._context.set_default_timeout(15_000)
        self._context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self._context.on("console", self._heard)
        if script is not None:
            self._context.add_init_script(script)
        page = self._context.pages[0] if self._context.pages else self._context.new_page()
        page.goto(at or f"{self.address}/app/", wait_until="commit")
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(one in message.text for one in EXPECTED):
            self.errors.append(message.text)

    def close(self) -> None:
        """Close the browser as a user does."""
        if self._context is not None:
            self._context.close()
            self._context = None

    def kill(self) -> None:
        """kill -9 on every process of this browser: a flat battery."""
        for process in self._processes():
            os.kill(process, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while self._processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        self._context = None
        (self.profile / "SingletonLock").unlink(missing_ok=True)

    def _processes(self) -> list[int]:
        found = []
        wanted = f"--user-data-dir={self.profile}".encode()
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    zombie = " Z " in (entry / "stat").read_text()[:400]
                except OSError:
                    continue
                if wanted in words and not zombie:
                    found.append(int(entry.name))
        return found
