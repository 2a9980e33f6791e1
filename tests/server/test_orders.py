"""Orders: a lock that can be taken back, a wipe that is confirmed, and asking for them without a token."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.store.audit import entries
from sync.clock import moment
from sync.protocol import orders_message
from sync.sealing import PrivateKey, seal, sign
from tests.server.desk_village import DeskVillage, desk_village, told
from tests.server.sync_device import API, Refused, SyncDevice
from tests.server.sync_village import DAY_MS, GRID_1, MINUTE_MS, VILLAGE, household_id

NOBODY = "0192f6c5-0000-7000-8000-0000000000ff"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        village.rota(village.today, "li")
        yield village


def request_of(
    phone: SyncDevice, at_ms: int, *, wiped: bool = False, signing: PrivateKey | None = None, **other: Any
) -> dict[str, Any]:
    time = moment(at_ms)
    signature = sign(signing or phone.signing_key, orders_message(phone.device, time, wiped))
    asked = {
        "device": phone.device,
        "time": time,
        "wiped": wiped,
        "signature": base64.b64encode(signature).decode(),
    }
    return asked | other


def ask(village: DeskVillage, phone: SyncDevice, **more: Any) -> httpx.Response:
    return village.client.post(f"{API}/orders", json=request_of(phone, village.now_ms, **more))


def order(village: DeskVillage, phone: SyncDevice, orders: str, by: str = "lead") -> httpx.Response:
    body = {"orders": orders, "reason": "放在车上找不到"}
    return village.call(by, "POST", f"/api/v1/devices/{phone.device}/orders", body)


def card_of(village: DeskVillage, phone: SyncDevice) -> dict[str, Any]:
    listed = village.call("lead", "GET", f"/api/v1/devices?village={VILLAGE}").json()
    return next(dict(one) for one in listed if one["id"] == phone.device)


def test_the_message_that_is_signed() -> None:
    assert orders_message("d", "t", True) == b"allpost-orders\nd\nt\nwiped"
    assert orders_message("d", "t", False) == b"allpost-orders\nd\nt\nheld"


def test_a_locked_phone_stays_in_use_and_is_released(village: DeskVillage) -> None:
    phone = village.phone("wang")
    assert ask(village, phone).json()["orders"] == "none"
    card = order(village, phone, "lock").json()
    assert (card["orders"], card["orders_because"], card["revoked_at"]) == ("lock", "放在车上找不到", None)
    assert card["orders_told_at"] is None and card["may_hold"] is False
    village.later()
    reply = ask(village, phone).json()
    assert (reply["orders"], reply["acknowledged"], reply["digest"]) == ("lock", 0, phone.status()["digest"])
    assert card_of(village, phone)["orders_told_at"] == reply["time"]
    # capturing goes on, and what it hands over counts
    phone.change(household_id(GRID_1, 0), note="锁着也记")
    assert phone.push()[0]["outcome"] == "applied"
    assert order(village, phone, "none").json()["orders"] == "none"
    assert phone.status()["orders"] == "none"
    assert card_of(village, phone)["orders_because"] is None


def test_who_may_lock(village: DeskVillage) -> None:
    phone = village.phone("wang")
    for by in ("wang", "li", "clerk", "supervisor", "neighbour"):
        assert told(order(village, phone, "lock", by))[:2] == (403, "forbidden"), by
    assert order(village, phone, "lock", "admin").status_code == 201
    assert told(order(village, phone, "wipe"))[0] == 422
    unknown = village.call(
        "lead", "POST", f"/api/v1/devices/{NOBODY}/orders", {"orders": "lock", "reason": "x"}
    )
    assert told(unknown)[:2] == (404, "not-found")


def test_a_revoked_phone_is_not_released(village: DeskVillage) -> None:
    phone = village.phone("wang")
    village.call(
        "lead", "POST", f"/api/v1/devices/{phone.device}/revocation", {"orders": "wipe", "reason": "丢失"}
    )
    assert told(order(village, phone, "none"))[:2] == (403, "device-revoked")
    assert ask(village, phone).json()["orders"] == "wipe"


def test_a_lost_phone_is_unknown_until_it_says_that_nothing_is_left(village: DeskVillage) -> None:
    phone = village.phone("wang")
    phone.call(
        "POST", "/status", json={"counter": 0, "digest": "", "pending_operations": 3, "pending_files": 2}
    )
    last_contact = moment(village.now_ms)
    village.later()
    village.call(
        "lead", "POST", f"/api/v1/devices/{phone.device}/revocation", {"orders": "wipe", "reason": "丢失"}
    )
    lost = card_of(village, phone)
    assert (lost["may_hold"], lost["orders_told_at"], lost["wiped_at"]) == (True, None, None)
    assert (lost["pending"], lost["pending_files"], lost["contact_at"]) == (3, 2, last_contact)
    village.later()
    assert ask(village, phone).json()["orders"] == "wipe"
    assert card_of(village, phone)["may_hold"] is True  # told, not yet done
    first = village.now_ms
    assert ask(village, phone, wiped=True).json()["orders"] == "wipe"
    village.later()
    ask(village, phone, wiped=True)  # its reply was lost
    wiped = card_of(village, phone)
    assert (wiped["may_hold"], wiped["wiped_at"]) == (False, moment(first))
    assert [one.device for one in village.store.read_now(entries) if one.action == "device.wiped"] == [
        phone.device
    ]


def test_nobody_else_asks_and_nobody_learns_which_phones_there_are(village: DeskVillage) -> None:
    phone, other = village.phone("wang"), village.phone("li")
    now_ms = village.now_ms
    wrong = [
        request_of(phone, now_ms, signing=other.signing_key),
        request_of(phone, now_ms, device=NOBODY),
        request_of(phone, now_ms, device=other.device),
        request_of(phone, now_ms, wiped=True) | {"wiped": False},
        request_of(phone, now_ms) | {"wiped": True},
        request_of(phone, now_ms) | {"time": moment(now_ms + 1)},
        request_of(phone, now_ms, signature="") | {"device": phone.device},
        request_of(phone, now_ms, signature="not Base64!"),
        request_of(phone, now_ms - 9 * DAY_MS, device=NOBODY),
        request_of(
            phone, now_ms, device=village.rows("SELECT id FROM devices WHERE nature <> 'phone'")[0][0]
        ),
    ]
    replies = [village.client.post(f"{API}/orders", json=body) for body in wrong]
    assert {(reply.status_code, reply.content) for reply in replies} == {(401, replies[0].content)}
    assert replies[0].json()["type"] == "unknown-device"
    assert card_of(village, phone)["wiped_at"] is None


def test_a_kept_request_ends_after_a_day(village: DeskVillage) -> None:
    phone = village.phone("wang")
    kept = request_of(phone, village.now_ms, wiped=True)
    village.now_ms += DAY_MS + MINUTE_MS
    reply = village.client.post(f"{API}/orders", json=kept)
    assert told(reply) == (422, "request-invalid", ["time-off"])
    assert reply.json()["time"] == moment(village.now_ms)
    assert card_of(village, phone)["wiped_at"] is None
    assert village.client.post(f"{API}/orders", json=request_of(phone, 0, wiped=True)).status_code == 422
    for body in (b"", b"{}", b"[" * 9000, b"\xff"):
        assert village.client.post(f"{API}/orders", content=body).status_code in (400, 413)


def test_asking_is_a_contact(village: DeskVillage) -> None:
    phone = village.phone("wang")
    village.later()
    village.later()
    ask(village, phone)
    assert card_of(village, phone)["contact_at"] == moment(village.now_ms)


def test_an_account_opens_a_locked_phone_and_not_one_to_be_wiped(village: DeskVillage) -> None:
    phone = village.phone("wang")
    sealed = _sealed(phone)
    body = {"username": "wang", "password": "correct horse battery", "sealed_data_key": sealed}
    order(village, phone, "lock")
    opened = village.client.post(f"{API}/unlock", json=body)
    assert opened.status_code == 200 and base64.b64decode(opened.json()["data_key"]) == bytes(range(32))
    village.call(
        "lead", "POST", f"/api/v1/devices/{phone.device}/revocation", {"orders": "wipe", "reason": "丢失"}
    )
    assert told(village.client.post(f"{API}/unlock", json=body))[:2] == (403, "device-revoked")


def _sealed(phone: SyncDevice) -> str:
    sealed = seal(phone.sealing_point, phone.device.encode() + bytes(range(32)), bytes(range(52)))
    return base64.b64encode(sealed).decode()


def test_a_locked_phone_reads_nothing_whatever_it_makes_of_the_order(village: DeskVillage) -> None:
    phone = village.phone("wang")
    segment = phone.call("GET", "/segments", params={"village": VILLAGE}).json()["segments"][0]["digest"]
    digest = "a" * 64
    order(village, phone, "lock")
    reading = (
        f"/changes?village={VILLAGE}",
        f"/segments?village={VILLAGE}",
        f"/segments/{segment}",
        f"/live?village={VILLAGE}",
        f"/files/{digest}",
    )
    for path in reading:
        with pytest.raises(Refused) as refused:
            phone.call("GET", path)
        assert (refused.value.status, refused.value.code) == (403, "device-locked"), path
    with pytest.raises(Refused) as refused:  # another identity by the same token would read on
        SyncDevice(village.client, "wang", lambda: village.now_ms, phone.catalogue).enrol(token=phone.token)
    assert refused.value.code == "device-locked"
    # handing over goes on
    phone.change(household_id(GRID_1, 0), note="锁着也记")
    assert phone.push()[0]["outcome"] == "applied"
    assert phone.status()["orders"] == "lock"
    assert phone.call("POST", "/files/known", json={"digests": [digest]}).json()["durable"] == []
    order(village, phone, "none")
    phone.sync()


def test_a_phone_whose_account_a_restore_lost_has_no_rights_of_the_servers_own(village: DeskVillage) -> None:
    """The log of revocations makes such a phone known again where it was locked; its account comes from no log."""
    phone = village.phone("wang")
    phone.change(household_id(GRID_1, 0), note="从前的事")
    village.store.write_now(lambda db: db.execute("DELETE FROM accounts WHERE id = ?", (phone.worker["id"],)))
    assert phone.push()[0]["outcome"] == "held"
    with pytest.raises(Refused, match="device-revoked"):
        phone.call("GET", f"/changes?village={VILLAGE}")
