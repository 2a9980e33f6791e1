"""A screen by its address, and waiting until it stands still."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def show(page: Page, path: str) -> None:
    """Go to an address of the app, and wait for its screen. A sheet that is open is gone with the screen before."""
    page.evaluate(
        """path => {
          const screen = address => address.split('?')[0]
          if (screen(location.hash) !== screen('#' + path)) document
            .querySelectorAll('.page').forEach(one => { one.dataset.left = 'yes' })
          location.hash = '#' + path
        }""",
        path,
    )
    expect(page.locator(".page:not([data-left])")).to_be_visible()
    still(page)


def still(page: Page) -> None:
    """Until nothing moves: what slides in has arrived, what is told for a moment may stay."""
    page.evaluate(
        """async () => {
          const soon = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
          await soon()
          const moving = () => document.getAnimations().filter(one => one.effect?.getTiming().iterations !== Infinity)
          await Promise.race([
            Promise.allSettled(moving().map(one => one.finished)),
            new Promise(done => setTimeout(done, 1500)),
          ])
          await soon()
        }"""
    )


def quiet(page: Page) -> None:
    """Until nothing is told any more that is told for a moment."""
    expect(page.locator(".undo-bar, .van-toast").filter(visible=True)).to_have_count(0, timeout=20_000)
