"""The page of phones: what each role sees, locking, wiping, the unlock code, confirming; hostile names."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server.store import audit, confirmations
from server.store.device_list import cards_of, silent_first
from sync.sealing import SEAL_RANDOM_BYTES, seal
from tests.server.desk_pages_client import Browser, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import DAY_MS, TOWN, VILLAGE

HERE, THERE, CITY = f"/desk/v/{VILLAGE}", f"/desk/t/{TOWN}", "/desk/t/330481"
CODE = "0123456789ABCDEF"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    """Li is at the window today."""
    with desk_village(tmp_path) as village:
        village.rota(village.today, "li")
        yield village


def order(browser: Browser, address: str, order: str, **typed: str) -> httpx.Response:
    page = browser.get(address)
    return browser.send(page, f"{address}/orders", order=order, **typed)


def tell_code(phone: SyncDevice) -> None:
    """The phone tells its recovery code with its status, sealed to the server."""
    sealed = seal(
        phone.sealing_point, (phone.device + CODE).encode(), phone.random.randbytes(SEAL_RANDOM_BYTES)
    )
    body = {"counter": 0, "digest": "", "recovery": base64.b64encode(sealed).decode()}
    assert phone.call("POST", "/status", json=body).status_code == 200


def test_a_mislaid_phone_is_locked_found_and_lost_for_good(village: DeskVillage) -> None:
    phone = village.phone("wang")
    lead, address = Browser(village, "lead"), f"{HERE}/devices/{phone.device}"
    assert "wang的手机" in lead.get(f"{HERE}/devices")
    assert order(lead, address, "lock", reason=" ").status_code == 422
    page = order(lead, address, "lock", reason="忘在车上").text
    assert "锁定指令待送达" in page and "忘在车上" in page
    assert phone.status()["orders"] == "lock"
    assert "已锁定" in lead.get(address)
    assert "在用" in order(lead, address, "none", reason="找到了").text
    unsure = order(lead, address, "wipe", reason="丢了")
    assert unsure.status_code == 422 and "我已确认" in unsure.text and 'value="丢了"' in unsure.text
    page = plain(order(lead, address, "wipe", reason="丢了", sure="1").text)
    assert "已停用" in page and "清除指令待送达" in page and "可能仍存有资料：未知" in page
    assert phone.status()["orders"] == "wipe"
    assert "已收到指令" in lead.get(address)


def test_the_window_reads_the_code_out_with_a_reason_and_it_is_audited(village: DeskVillage) -> None:
    phone = village.phone("wang")
    li, address = Browser(village, "li"), f"{HERE}/devices/{phone.device}"
    page = li.get(address)
    assert "锁定" not in plain(page) or "一时找不到" not in page  # the window locks nothing
    none = li.send(page, f"{address}/unlock-code", reason="忘了口令")
    assert none.status_code == 409 and "没有报过开锁码" in none.text
    tell_code(phone)
    assert li.send(page, f"{address}/unlock-code", reason="").status_code == 422
    shown = li.send(page, f"{address}/unlock-code", reason="忘了口令")
    assert "0123-4567-89AB-CDEF" in shown.text and shown.headers["cache-control"] == "no-store"
    assert "0123-4567" not in li.get(address)
    entries = village.store.read_now(audit.entries)
    (entry,) = [one for one in entries if one.action == "device.unlock_code"]
    assert (entry.account, entry.device) == (village.workers["li"], phone.device)
    lead = Browser(village, "lead")
    assert "显示开锁码" not in lead.get(address)
    assert lead.client.post(f"{address}/unlock-code", data={"reason": "x"}).status_code == 403


def test_each_role_sees_what_it_may(village: DeskVillage) -> None:
    phone = village.phone("wang")
    address = f"{HERE}/devices/{phone.device}"
    for nobody in ("wang", "clerk", "supervisor", "neighbour"):
        Browser(village, nobody).get(f"{HERE}/devices", 403)
        Browser(village, nobody).get(address, 403)
    supervisor = Browser(village, "supervisor")
    page = supervisor.get(f"{THERE}/devices")
    assert "wang的手机" in page and "最久没有联系的在前" in page and "工作者</th>" not in page
    supervisor.get(f"{THERE}/devices/{phone.device}", 403)
    Browser(village, "clerk").get(f"{THERE}/devices", 403)
    admin = Browser(village, "admin")
    assert "工作者</th>" in admin.get(f"{CITY}/devices")
    assert order(admin, f"{CITY}/devices/{phone.device}", "lock", reason="核查").status_code == 200
    admin.get(f"{CITY}/devices/nothing", 404)
    admin.get(f"{CITY}/devices?after=nonsense", 404)


def test_what_was_not_confirmed_says_so_until_the_administrator_confirms(village: DeskVillage) -> None:
    phone = village.phone("wang")
    village.store.write_now(lambda db: confirmations.doubt_all(db, village.now_ms))
    assert "未确认" in Browser(village, "lead").get(f"{HERE}/devices")
    admin, address = Browser(village, "admin"), f"{CITY}/devices/{phone.device}"
    page = admin.get(address)
    assert "未确认" not in admin.send(page, f"{address}/confirmation").text


def test_a_hostile_name_stays_text_and_who_is_silent_longest_stands_first(village: DeskVillage) -> None:
    quiet = village.phone("wang")
    village.store.write_now(
        lambda db: db.execute(
            "UPDATE devices SET name = '<img src=x onerror=1>' WHERE id = ?", (quiet.device,)
        )
    )
    village.later(3 * DAY_MS)
    village.rota(village.today, "li")
    village.phone("li")
    page = Browser(village, "supervisor").get(f"{THERE}/devices")
    assert "<img src=x" not in page and "&lt;img src=x" in page
    assert page.index("&lt;img") < page.index("li的手机") and "3 天" in page


def test_pages_of_phones_neither_miss_nor_repeat_one(village: DeskVillage) -> None:
    made = {village.phone(name).device for name in ("wang", "wang", "li", "lead", "neighbour")}
    for listed in (cards_of, silent_first):
        after, found = None, []
        while True:
            rows, after = village.store.read_now(
                lambda db, listed=listed, at=after: listed(db, (TOWN, TOWN + ":"), at, 2)
            )
            found += rows
            if after is None:
                break
        assert len(found) == len(made) == 5
    cards, _ = village.store.read_now(lambda db: cards_of(db, (TOWN, TOWN + ":")))
    assert {card.id for card in cards} == made
