"""A phone whose owner sets its clock."""

from __future__ import annotations

from playwright.sync_api import Page

# the wall clock of the page alone: the monotonic one goes on, as on a phone whose owner sets the time
SET_BY_HAND = """{
  const Real = Date
  const shift = () => Number(sessionStorage.getItem('shift') ?? 0)
  globalThis.Date = class extends Real {
    constructor(...given) { if (given.length) super(...given); else super(Real.now() + shift()) }
    static now() { return Real.now() + shift() }
  }
}"""


def set_clock(page: Page, ahead_ms: int) -> None:
    """The phone's clock, so far ahead of the real one (negative: behind), in pages that run SET_BY_HAND."""
    page.evaluate("shift => sessionStorage.setItem('shift', String(shift))", ahead_ms)
