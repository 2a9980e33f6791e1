"""A phone whose clock is set: order and days stay right, the server takes everything, and the worker is told."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from sync.clock import moment_ms, parse_clock
from sync.operation import Operation
from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import all_synced, enrol, heading, offline, plain_visit, tab, unlock, waiting
from tests.browser.hand_set_clock import SET_BY_HAND, set_clock
from tests.browser.served_demo import ServedDemo

Phones = Callable[[str], ChromiumPhone]
HOUR_MS = 3_600_000
# a little more than a day, which is said in whole hours
DAY_MS = 24 * HOUR_MS + 10 * 60_000
NEAR_MS = 5 * 60_000


def day_shown(page: Page) -> str:
    """The date on Today, read anew."""
    tab(page, "我的")
    tab(page, "今日")
    expect(page.get_by_role("heading", name="该走访的户")).to_be_visible()
    return heading(page).inner_text()


def due(page: Page) -> list[str]:
    """The due list as it stands."""
    return page.get_by_role("article").all_inner_texts()


def near(ms: float, expected_ms: float) -> bool:
    return abs(ms - expected_ms) < NEAR_MS


def test_a_clock_that_is_set_by_hand(demo: ServedDemo, phone: Phones) -> None:
    one, arrivals = phone(demo.address), Arrivals(demo)
    page = enrol(one, demo)
    one.context.add_init_script(SET_BY_HAND)
    today = day_shown(page)

    # a day ahead while it was closed and without a network: nobody can tell, and it is taken in all the same
    set_clock(page, DAY_MS)
    offline(one)
    page.reload()
    unlock(page)
    plain_visit(page)
    waiting(page, 2)
    one.context.set_offline(False)
    all_synced(page)

    # from the first exchange on it is known, told, and put right
    assert day_shown(page) == today
    in_words(page, "快 24 小时，登记时会改正")
    plain_visit(page)
    all_synced(page)
    day_shown(page)
    listed = due(page)

    # set back by two days while the app is open, without a network: noticed at once
    one.context.set_offline(True)
    set_clock(page, -DAY_MS)
    assert day_shown(page) == today
    assert due(page) == listed
    plain_visit(page)
    in_words(page, "慢 24 小时，登记时会改正")

    # over midnight, as of a phone that slept; and back again
    set_clock(page, 0)
    assert day_shown(page) != today
    set_clock(page, -DAY_MS)
    assert day_shown(page) == today

    one.context.set_offline(False)
    all_synced(page)
    ahead, known, behind = arrivals.created("visit")
    assert near(known.offset_ms, DAY_MS) and near(behind.offset_ms, -DAY_MS)
    now_ms = time.time() * 1000
    assert near(said(known) - known.offset_ms, now_ms) and near(said(behind) - behind.offset_ms, now_ms)
    assert known.clock < behind.clock
    assert near(parse_clock(behind.clock).ms, now_ms)
    assert near(parse_clock(ahead.clock).ms, now_ms + DAY_MS)
    arrivals.prove_once()


def said(visit: Operation) -> float:
    """What the phone's clock said when the visit began."""
    assert visit.fields is not None
    return moment_ms(str(visit.fields["started_at"]))


def in_words(page: Page, words: str) -> None:
    """What 本机 says of the clock."""
    tab(page, "我的")
    page.get_by_role("link", name="设备与版本").click()
    expect(page.get_by_text(words)).to_be_visible()
    page.get_by_role("button", name="返回").click()
    tab(page, "今日")
