"""Phones in a list, and what revoking one takes away and leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.store.audit import entries
from tests.server.desk_village import DeskVillage, desk_village, told
from tests.server.sync_device import Refused
from tests.server.sync_village import GRID_1, NEXT_VILLAGE, VILLAGE, household_id


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        village.rota(village.today, "li")
        yield village


def listed(village: DeskVillage, by: str, where: str = VILLAGE) -> list[dict[str, Any]]:
    found = village.call(by, "GET", f"/api/v1/devices?village={where}")
    assert found.status_code == 200, found.text
    return list(found.json())


def revoke(village: DeskVillage, by: str, device: str, orders: str = "wipe", reason: str = "丢失") -> Any:
    return village.call(
        by, "POST", f"/api/v1/devices/{device}/revocation", {"orders": orders, "reason": reason}
    )


def test_the_list_shows_phones_and_none_of_the_servers_own_devices(village: DeskVillage) -> None:
    wang, neighbour = village.phone("wang"), village.phone("neighbour")
    wang.change(household_id(GRID_1, 0), phone="1")
    wang.push()
    (card,) = listed(village, "li")
    assert (card["id"], card["worker_name"], card["village"]) == (wang.device, "wang", VILLAGE)
    assert (card["acknowledged"], card["unsettled"], card["orders"]) == (1, 1, "none")
    assert card["contact_at"] == village.moment() and card["revoked_at"] is None
    everywhere = village.call("admin", "GET", "/api/v1/devices").json()
    assert {one["id"] for one in everywhere} == {wang.device, neighbour.device}
    assert listed(village, "admin", NEXT_VILLAGE)[0]["id"] == neighbour.device


def test_a_revoked_phone_hands_over_its_work_and_gets_its_orders(village: DeskVillage) -> None:
    phone = village.phone("wang")
    phone.change(household_id(GRID_1, 0), note="没信号时记的")
    card = revoke(village, "lead", phone.device).json()
    assert (card["orders"], card["revoked_because"]) == ("wipe", "丢失")
    assert phone.push()[0]["outcome"] == "held"  # kept for a person, not lost
    assert phone.status()["orders"] == "wipe"
    with pytest.raises(Refused) as refused:
        phone.pull("reference")
    assert refused.value.code == "device-revoked"
    mended = village.call("li", "POST", f"/api/v1/unsettled/{phone.device}/1/mend", {})
    assert mended.json()["outcome"] == "applied"
    assert village.record(household_id(GRID_1, 0)).values["note"] == "没信号时记的"


def test_other_orders_do_not_change_since_when_it_is_revoked(village: DeskVillage) -> None:
    phone = village.phone("wang")
    first = revoke(village, "lead", phone.device, "lock", "忘在家里").json()
    village.later()
    second = revoke(village, "admin", phone.device, "wipe", "确认丢失").json()
    assert second["revoked_at"] == first["revoked_at"] and second["orders"] == "wipe"
    assert second["revoked_because"] == "确认丢失"
    kept = village.rows("SELECT orders, reason, by FROM revocations ORDER BY at_ms")
    assert kept == [
        ("lock", "忘在家里", village.workers["lead"]),
        ("wipe", "确认丢失", village.workers["admin"]),
    ]
    log = village.store.read_now(lambda db: entries(db, division=VILLAGE))
    revocations = [entry for entry in log if entry.action == "device.revoke"]
    assert [(entry.device, entry.detail["orders"]) for entry in revocations] == [
        (phone.device, "lock"),
        (phone.device, "wipe"),
    ]
    assert not any("忘" in str(entry.detail) for entry in log)  # the log holds codes, no free text


def test_only_a_phone_that_is_there_can_be_revoked_and_with_a_reason(village: DeskVillage) -> None:
    phone = village.phone("wang")
    desks = village.rows("SELECT id FROM devices WHERE nature = 'desk'")
    for unknown in (desks[0][0], "nobody"):
        assert told(revoke(village, "admin", unknown))[:2] == (404, "not-found")
    assert told(revoke(village, "lead", phone.device, reason=""))[:2] == (422, "request-invalid")
    assert told(revoke(village, "lead", phone.device, orders="burn"))[:2] == (422, "request-invalid")
    assert listed(village, "lead")[0]["revoked_at"] is None
