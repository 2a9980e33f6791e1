"""A phone that fills up: told before it hurts; what does not fit is said; nothing that was captured is lost."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import all_synced, button, enrol, offline, plain_visit, start_visit, unlock, waiting
from tests.browser.served_demo import ServedDemo

Phones = Callable[[str], ChromiumPhone]
# browsers of today say an invented quota, so that only those of yesterday and other makers warn truly
NEARLY_FULL = "navigator.storage.estimate = async () => ({ usage: 900 * 2 ** 20, quota: 930 * 2 ** 20 })"


class Room:
    """How much the browser gives the app's address."""

    def __init__(self, phone: ChromiumPhone) -> None:
        self._session = phone.context.new_cdp_session(phone.page)
        self._origin = phone.address

    def none_left(self) -> None:
        """Nothing more fits beside what is there."""
        self._session.send("Storage.overrideQuotaForOrigin", {"origin": self._origin, "quotaSize": 1})

    def made(self) -> None:
        """As much as there is."""
        self._session.send("Storage.overrideQuotaForOrigin", {"origin": self._origin})


def test_full_storage_is_told_and_loses_nothing(demo: ServedDemo, phone: Phones) -> None:
    one, arrivals = phone(demo.address), Arrivals(demo)
    page = enrol(one, demo)
    offline(one)
    before = plain_visit(page)
    door = start_visit(page)
    button(page, "无异常").click()
    expect(button(page, "无异常")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(500)

    # opened anew on a full phone: a running browser reckons for a while with the room that there was
    one.close()
    page = one.open(at="about:blank")
    one.context.set_offline(True)
    room = Room(one)
    room.none_left()
    page.goto(f"{demo.address}/app/")
    unlock(page)
    expect(page.get_by_role("heading", level=1, name=door.name)).to_be_visible()
    waiting(page, 2)
    button(page, "完成").click()
    told = page.get_by_role("dialog").filter(has_text="手机存储空间已满，这一步没有保存")
    expect(told).to_contain_text("之前登记的记录都在")
    button(told, "知道了").click()
    # it is where it was, and so is what was captured before
    expect(page.get_by_role("heading", level=1, name=door.name)).to_be_visible()
    waiting(page, 2)

    room.made()
    button(page, "完成").click()
    expect(page.get_by_text(f"已登记：{door.name}")).to_be_visible()
    one.context.set_offline(False)
    all_synced(page)
    assert arrivals.visited() == sorted([before.id, door.id])
    arrivals.prove_once()
    told_before_it_hurts(one)


def told_before_it_hurts(one: ChromiumPhone) -> None:
    """Nearly full, and that the browser does not promise to keep anything: said with what to do."""
    one.context.add_init_script(NEARLY_FULL)
    page = one.page
    page.reload()
    unlock(page)
    page.get_by_role("link", name="手机空间快满了").click()
    expect(page.get_by_role("heading", name="存储空间")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("浏览器没有答应长期保存资料")).to_be_visible()
