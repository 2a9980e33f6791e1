"""A phone whose PIN was guessed at: five wrong ones end it for good, no work is lost by it, and it is opened again by
the account, or by a code and without a network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import (
    COLLEAGUE,
    PIN,
    WORKER,
    all_synced,
    button,
    choose_pin,
    enrol,
    home,
    offline,
    plain_visit,
    type_pin,
    waiting,
)
from tests.browser.mislaid import (
    WRONG_PIN,
    WRONG_PINS,
    card,
    code_of_the_window,
    guess,
    locked_out,
    type_code,
)
from tests.browser.served_demo import ServedDemo

Phones = Callable[[str], ChromiumPhone]
NEXT_PIN = "518206"
WRONG_CODE = "0000-0000-0000-0000"
# The key of a PIN is never ready: the phone stands in the middle of trying it.
STUCK_IN_A_TRY = """() => {
  SubtleCrypto.prototype.deriveKey = () => { document.title = 'trying'; return new Promise(() => undefined) }
}"""


def begin_the_fifth(phone: ChromiumPhone) -> None:
    """Four wrong PINs, and a phone that dies while it looks at the fifth."""
    guess(phone.page, WRONG_PINS - 1)
    phone.page.evaluate(STUCK_IN_A_TRY)
    type_pin(phone.page, PIN)
    button(phone.page, "打开").click()
    expect(phone.page).to_have_title("trying")
    phone.kill()


def open_without_network(phone: ChromiumPhone) -> Page:
    """The browser started again, in airplane mode."""
    page = phone.open(at="about:blank")
    phone.context.set_offline(True)
    page.goto(f"{phone.address}/app/")
    return page


@pytest.mark.drill
def test_a_phone_that_dies_in_the_fifth_try_is_opened_by_the_account(demo: ServedDemo, phone: Phones) -> None:
    one, arrivals = phone(demo.address), Arrivals(demo)
    page = enrol(one, demo)
    offline(one)
    door = plain_visit(page)
    waiting(page, 2)
    page.reload()
    begin_the_fifth(one)

    page = open_without_network(one)
    locked_out(page)
    expect(page.get_by_text("本机还有 2 条没有上传")).to_be_visible()
    one.context.set_offline(False)
    button(page, "用账号打开").click()
    page.get_by_label("账号").fill(WORKER)
    page.get_by_label("密码", exact=True).fill(demo.password(WORKER))
    button(page, "下一步：设新口令").click()
    choose_pin(page, NEXT_PIN)
    all_synced(page)
    assert arrivals.visited() == [door.id]
    arrivals.prove_once()


def test_a_locked_out_phone_hands_over_unopened_and_is_opened_by_the_code(
    demo: ServedDemo, phone: Phones
) -> None:
    one, arrivals = phone(demo.address), Arrivals(demo)
    page = enrol(one, demo, COLLEAGUE)
    device = str(card(demo, COLLEAGUE)["id"])
    offline(one)
    door = plain_visit(page)
    waiting(page, 2)
    page.reload()
    guess(page, WRONG_PINS)
    locked_out(page)

    # by itself and without opening it: only the server can read what is handed over
    expect(page.get_by_text("连上网络会自动交到服务器")).to_be_visible()
    one.context.set_offline(False)
    expect(page.get_by_text("没有上传的 2 条已自动交到服务器")).to_be_visible()
    assert arrivals.visited() == [door.id]
    # a person who wants to be sure may do it once more
    button(page, "先把没上传的交上去").click()
    button(page, "联网直接上交").click()
    expect(page.get_by_text("新收到 0 条")).to_be_visible()
    one.close()

    page = open_without_network(one)
    locked_out(page)
    code = code_of_the_window(demo, device)
    button(page, "用窗口的开锁码打开").click()
    type_code(page, WRONG_CODE)
    expect(page.get_by_role("alert").filter(has_text="开锁码不对")).to_be_visible()
    type_code(page, code.lower().replace("-", " "))
    choose_pin(page, NEXT_PIN)
    home(page)
    one.context.set_offline(False)
    all_synced(page)
    assert arrivals.visited() == [door.id]
    arrivals.prove_once()

    # the code has ended with its use; the phone told a new one
    told = asked_again(demo, device)
    assert told != code
    page.reload()
    type_pin(page, WRONG_PIN)
    button(page, "打开").click()
    expect(page.get_by_role("alert").filter(has_text="还可试 4 次")).to_be_visible()
    type_pin(page, NEXT_PIN)
    button(page, "打开").click()
    home(page)


def asked_again(demo: ServedDemo, device: str) -> str:
    """The code on the command line of the server."""
    return (
        demo.run("device", "unlock-code", device, "--reason", "演示：再查一次")
        .rsplit("：", 1)[1]
        .split("（")[0]
    )
