"""A phone out of touch: it warns, then what is on it cannot be read, capturing goes on, and contact brings reading
back. No clock that is set lengthens it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from forms.handling.calendar import WorkingCalendar, published_calendar
from grid_map.days import count_day
from server.clock import unix_ms
from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import enrol, home, offline, tab, unlock, visit_to_a_place
from tests.browser.hand_set_clock import SET_BY_HAND, set_clock
from tests.browser.served_demo import ServedDemo, eventually, served_demo

Phones = Callable[[str], ChromiumPhone]
DAY_MS = 24 * 3_600_000
LEASE_DAYS = 3
ENDED = "暂时不能查看资料，可以继续登记"
PLACE = "文化礼堂门口"


def last_before_days_off(calendar: WorkingCalendar) -> date:
    """The next working day after which nobody works for some days: a holiday's eve, or a Friday."""
    day = count_day(unix_ms())
    while not (calendar.assume_working_day(day) and not calendar.assume_working_day(day + timedelta(days=1))):
        day += timedelta(days=1)
    return day


@pytest.fixture
def calendar() -> WorkingCalendar:
    return published_calendar()


@pytest.fixture
def eve(template: Path, tmp_path: Path, calendar: WorkingCalendar) -> Iterator[ServedDemo]:
    """A server on which it is the last working day before days off."""
    ahead = (last_before_days_off(calendar) - count_day(unix_ms())).days
    with served_demo(template, tmp_path / "data", days_ahead=ahead) as served:
        yield served


def days_later(phone: ChromiumPhone, days: int) -> Page:
    """The phone opened again so many days after its last contact, by its own clock."""
    page = phone.page
    set_clock(page, days * DAY_MS)
    page.reload()
    unlock(page)
    expect(page.get_by_role("navigation", name="主要页面")).to_be_visible()
    return page


def test_out_of_touch_over_days_off(eve: ServedDemo, calendar: WorkingCalendar, phone: Phones) -> None:
    one, arrivals = phone(eve.address), Arrivals(eve)
    page = enrol(one, eve)
    one.context.add_init_script(SET_BY_HAND)
    contact = last_before_days_off(calendar)

    def left(days: int) -> int:
        return LEASE_DAYS - calendar.working_days_between(contact, contact + timedelta(days=days)).days

    offline(one)
    quiet = max(days for days in range(30) if left(days) == LEASE_DAYS)
    assert quiet > 1  # the days off count for nothing
    warning = page.get_by_text("还可离线")
    days_later(one, quiet)
    home(page)
    expect(warning).to_have_count(0)

    warns = next(days for days in range(30) if left(days) == 1)
    days_later(one, warns)
    home(page)
    expect(warning.first).to_be_visible()

    over = next(days for days in range(30) if left(days) < 0)
    days_later(one, over - 1)
    home(page)
    days_later(one, over)
    expect(page.get_by_text(ENDED)).to_be_visible()

    # set back, it stays over; work goes on
    days_later(one, 0)
    expect(page.get_by_text(ENDED)).to_be_visible()
    expect(page.get_by_text(f"已有 {LEASE_DAYS + 1} 个工作日没有联系服务器")).to_be_visible()
    visit_to_a_place(page, PLACE)
    tab(page, "今日")

    one.context.set_offline(False)
    expect(page.get_by_role("article").first).to_be_visible()
    expect(page.get_by_text(ENDED)).to_have_count(0)
    eventually(lambda: arrivals.places() == [PLACE])
