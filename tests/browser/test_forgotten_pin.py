"""A PIN that is forgotten or guessed at: what was captured stays, and guessing takes time."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import (
    COLLEAGUE,
    WORKER,
    all_synced,
    button,
    choose_pin,
    enrol,
    offline,
    plain_visit,
    tab,
    type_pin,
    waiting,
)
from tests.browser.served_demo import ServedDemo

Phones = Callable[[str], ChromiumPhone]
OTHER_PIN = "280461"
WRONG_PINS = 5


def test_a_pin_chosen_anew_keeps_the_visit_that_waits(demo: ServedDemo, phone: Phones) -> None:
    one, arrivals = phone(demo.address), Arrivals(demo)
    page = enrol(one, demo, WORKER)
    offline(one)
    door = plain_visit(page)
    # the visit, and the round that it began
    waiting(page, 2)
    tab(page, "我的")
    button(page, "现在锁上").click()
    one.context.set_offline(False)
    button(page, "忘记口令").click()
    button(page, "用账号打开").click()
    page.get_by_label("账号").fill(WORKER)
    page.get_by_label("密码", exact=True).fill(demo.password(WORKER))
    button(page, "下一步：设新口令").click()
    choose_pin(page, OTHER_PIN)
    all_synced(page)
    assert arrivals.visited() == [door.id]
    arrivals.prove_once()


def test_who_guesses_ends_the_pin(demo: ServedDemo, phone: Phones) -> None:
    page = enrol(phone(demo.address), demo, COLLEAGUE)
    page.reload()
    for left in range(WRONG_PINS - 1, 0, -1):
        type_pin(page, OTHER_PIN)
        button(page, "打开").click()
        expect(page.get_by_role("alert").filter(has_text=f"还可试 {left} 次")).to_be_visible()
    type_pin(page, OTHER_PIN)
    button(page, "打开").click()
    expect(page.get_by_role("heading", name="口令已作废")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="口令已作废")).to_be_visible()
