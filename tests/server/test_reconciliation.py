"""Closing a day with real phones, a real database and people at the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.signing import signature_id
from server.store.audit import entries
from tests.server.desk_village import DeskVillage, desk_village, told
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import DAY_MS, GRID_1, HOUR_MS, VILLAGE, household_id


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    """A village with wang and the lead at today's window, and li at tomorrow's."""
    with desk_village(tmp_path) as village:
        village.rota(village.today, "wang", "lead")
        village.rota(village.tomorrow, "li")
        yield village


def day_of(village: DeskVillage, day: str = "") -> dict[str, Any]:
    reply = village.call("lead", "GET", f"reconciliation{day and '?day=' + day}")
    assert reply.status_code == 200, reply.text
    return reply.json()


def row_of(found: dict[str, Any], phone: SyncDevice | str) -> dict[str, Any]:
    device = phone if isinstance(phone, str) else phone.device
    return next(row for row in found["rows"] if row["device"] == device)


def sign(village: DeskVillage, by: str = "wang", **reasons: str) -> Any:
    body = {"day": village.today.isoformat(), "reasons": reasons}
    return village.call(by, "POST", "signatures", body)


def countersign(village: DeskVillage, by: str) -> Any:
    return village.call(by, "POST", f"signatures/{village.today}/countersignature")


def capture(village: DeskVillage, phone: SyncDevice, times: int = 1) -> None:
    for _ in range(times):
        village.later()
        phone.change(household_id(GRID_1, 0), note=f"{village.now_ms}")


def test_a_day_from_the_first_capture_to_both_signatures(village: DeskVillage) -> None:
    wang, li = village.phone("wang"), village.phone("li")
    capture(village, wang, 3)
    wang.push()
    found = day_of(village)
    assert found["report_from"].startswith(f"{village.today}T09:00")  # 17:00 in Haining
    assert {row["standing"] for row in found["rows"]} == {"not_reported"}
    assert row_of(found, wang)["captured"] == row_of(found, wang)["arrived"] == 3
    assert row_of(found, wang)["operations_of_day"] == 3

    village.later(2 * HOUR_MS)
    wang.status()
    found = day_of(village)
    assert row_of(found, wang)["standing"] == "complete"
    assert found["unexplained"] == [li.device]
    status, code, problems = told(sign(village))
    assert (status, code, problems) == (422, "day-unexplained", ["not-reported"])

    li.status()
    signed = sign(village).json()
    assert signed["signature"]["outgoing"] == village.workers["wang"]
    figures = signed["signature"]["figures"]
    assert [row["standing"] for row in figures["rows"]] == ["complete", "complete"]
    assert signed["signature"]["incoming"] is None and signed["late"]["count"] == 0
    assert told(sign(village, "lead"))[:2] == (409, "already-signed")

    village.later(DAY_MS)
    closed = countersign(village, "li").json()
    assert closed["signature"]["incoming"] == village.workers["li"]
    assert closed["signature"]["figures"] == figures
    assert told(countersign(village, "li"))[:2] == (409, "already-signed")


def test_who_may_sign_and_countersign_and_in_which_order(village: DeskVillage) -> None:
    assert told(countersign(village, "lead"))[:2] == (409, "day-not-signed")
    assert told(sign(village, "li"))[:2] == (403, "forbidden")  # at the window tomorrow, not today
    assert told(sign(village, "supervisor"))[:2] == (403, "forbidden")
    to_come = {"day": village.tomorrow.isoformat()}
    assert told(village.call("li", "POST", "signatures", to_come))[:2] == (422, "day-to-come")
    assert sign(village).status_code == 201
    assert told(countersign(village, "wang"))[:2] == (409, "same-person")
    assert told(countersign(village, "li"))[:2] == (403, "forbidden")  # not at any window yet
    assert countersign(village, "lead").status_code == 201


def test_the_signature_is_an_operation_that_every_phone_gets(village: DeskVillage) -> None:
    phone = village.phone("li")
    phone.status()
    assert sign(village, **{phone.device: "手机没电"}).status_code == 201
    phone.sync()
    shown = [one.record for one in phone.copy.values() if one.record.kind == "day-signature"]
    assert [record.values[f"reasons/{phone.device}"] for record in shown] == ["手机没电"]
    by = village.rows("SELECT nature FROM devices WHERE id = ?", shown[0].origin[0])
    assert by == [("desk",)]
    log = village.store.read_now(lambda db: entries(db, subject=shown[0].id))
    assert [(entry.action, entry.account) for entry in log] == [
        ("reconciliation.sign", village.workers["wang"])
    ]


def test_every_unexplained_row_is_told_at_once_and_a_stranger_needs_no_reason(village: DeskVillage) -> None:
    phones = [village.phone("wang"), village.phone("li")]
    assert told(sign(village))[2] == ["not-reported", "not-reported"]
    blank = {phones[0].device: "  ", phones[1].device: "没电"}
    assert told(sign(village, **blank))[2] == ["not-reported"]
    assert told(sign(village, nobody="没电")) == (422, "request-invalid", ["unknown-device"])
    assert village.rows("SELECT count(*) FROM explained") == [(0,)]


def test_what_arrives_after_the_signing_stands_beside_the_signed_figures(village: DeskVillage) -> None:
    phone = village.phone("wang")
    capture(village, phone, 2)
    phone.push()
    capture(village, phone, 3)  # in the pocket, without signal
    village.later(2 * HOUR_MS)
    assert sign(village, **{phone.device: "在山上，没信号"}).status_code == 201
    village.later(16 * HOUR_MS)  # the next day
    capture(village, phone, 1)
    phone.sync()
    found = day_of(village, village.today.isoformat())
    assert found["late"]["count"] == 3
    assert [late["counter"] for late in found["late"]["listed"]] == [3, 4, 5]
    assert {late["kind"] for late in found["late"]["listed"]} == {"household"}
    assert found["signature"]["figures"]["rows"][0]["arrived"] == 2
    assert row_of(found, phone)["operations_of_day"] == 5


def test_missing_is_what_the_device_told_and_the_server_has_not(village: DeskVillage) -> None:
    phone = village.phone("wang")
    capture(village, phone, 2)
    phone.push()
    capture(village, phone, 4)
    village.later(2 * HOUR_MS)
    phone.status()  # it reports six, four of which are on their way
    row = row_of(day_of(village), phone)
    assert (row["standing"], row["captured"], row["arrived"], row["missing"]) == ("missing", 6, 2, 4)
    phone.push()
    assert row_of(day_of(village), phone)["standing"] == "complete"


def test_a_status_of_another_chain_is_never_green(village: DeskVillage) -> None:
    phone = village.phone("wang")
    capture(village, phone, 2)
    phone.push()
    village.later(2 * HOUR_MS)
    phone.call("POST", "/status", json={"counter": 2, "digest": "0" * 64})
    assert row_of(day_of(village), phone)["standing"] == "chain_differs"
    capture(village, phone, 1)
    phone.push()  # the digest at the report's counter lies inside the chain now
    assert row_of(day_of(village), phone)["standing"] == "chain_differs"


def test_a_phone_that_enrolled_anew_is_missed_only_for_what_it_did_not_bring(village: DeskVillage) -> None:
    phone = village.phone("wang")
    capture(village, phone, 2)
    phone.push()
    capture(village, phone, 3)
    first = phone.device
    kept = phone.enrol_anew()
    row = row_of(day_of(village), first)
    assert (row["standing"], row["captured"], row["arrived"], row["missing"]) == ("continued", 5, 2, 3)
    assert row["needs_reason"]
    phone.push(limit=4)
    assert len(kept) == 5
    again = row_of(day_of(village), first)
    assert (again["arrived"], again["missing"], again["needs_reason"]) == (5, 0, False)
    new = row_of(day_of(village), phone)
    assert (new["arrived"], new["operations_of_day"]) == (5, 3)  # two of the five were known before


def test_an_identity_from_before_a_restore_is_asked_for_too(village: DeskVillage) -> None:
    phone = village.phone("wang")
    capture(village, phone, 3)
    lost = phone.device
    village.store.write_now(lambda db: db.execute("DELETE FROM devices WHERE id = ?", (lost,)))
    kept = phone.enrol_anew()
    assert row_of(day_of(village), lost)["missing"] == 3
    phone.push()
    assert len(kept) == 3 and row_of(day_of(village), lost)["missing"] == 0


def test_a_lost_phone_is_explained_once(village: DeskVillage) -> None:
    phone = village.phone("li")
    body = {"orders": "wipe", "reason": "丢失"}
    assert village.call("lead", "POST", f"/api/v1/devices/{phone.device}/revocation", body).status_code == 201
    assert row_of(day_of(village), phone)["standing"] == "revoked"
    assert told(sign(village))[2] == ["revoked"]
    assert sign(village, **{phone.device: "丢在公交车上"}).status_code == 201
    village.later(DAY_MS)
    tomorrow = {"day": village.tomorrow.isoformat()}
    assert village.call("li", "POST", "signatures", tomorrow).status_code == 201


def test_matters_that_wait_for_a_person_are_counted_until_they_are_settled(village: DeskVillage) -> None:
    phone = village.phone("wang")
    cases = [village.capture_case(phone, "permit", answers__hospital="一院") for _ in range(2)]
    assert [entry["outcome"] for entry in phone.push()] == ["applied", "applied"]
    found = day_of(village)["open"]
    assert found == {"conflicts": 0, "duplicates": 1, "cases_at_window": 2}
    phone.sync()
    phone.change(cases[0], state="withdrawn", reason="不办了")
    assert phone.push()[0]["outcome"] == "applied"
    assert day_of(village)["open"]["cases_at_window"] == 1


def test_a_rejected_operation_of_the_day_needs_a_reason(village: DeskVillage) -> None:
    phone = village.phone("wang")
    phone.change(household_id(GRID_1, 0), phone="12")
    phone.push()
    village.later(2 * HOUR_MS)
    phone.status()
    row = row_of(day_of(village), phone)
    assert (row["standing"], row["unsettled"], row["needs_reason"]) == ("complete", 1, True)
    assert told(sign(village))[2] == ["complete"]
    assert sign(village, **{phone.device: "电话写错，明天改"}).status_code == 201


def test_an_operation_with_a_wrong_clock_counts_no_later_than_its_receipt(village: DeskVillage) -> None:
    phone = village.phone("wang")
    now = village.now_ms
    village.now_ms += 400 * DAY_MS
    phone.change(household_id(GRID_1, 0), note="来年")
    village.now_ms = now
    phone.push()
    assert village.rows("SELECT day, first, last FROM arrivals") == [(village.today.isoformat(), 1, 1)]


def test_the_servers_own_devices_are_in_no_row(village: DeskVillage) -> None:
    assert sign(village).status_code == 201  # no phone at all: nothing to explain
    assert day_of(village)["rows"] == []
    assert village.rows("SELECT count(*) FROM arrivals") == [(0,)]


@pytest.mark.parametrize("path", ["reconciliation?day=gestern", "signatures/2026-02-30/countersignature"])
def test_a_day_that_is_none_is_told(village: DeskVillage, path: str) -> None:
    method = "POST" if "signatures" in path else "GET"
    assert told(village.call("lead", method, path)) == (422, "request-invalid", ["day"])
    assert told(village.call("lead", "GET", "/api/v1/villages/33048110622/reconciliation"))[0] == 404


def test_a_signature_from_a_phone_is_shown_with_late_arrivals_by_time(village: DeskVillage) -> None:
    phone = village.phone("wang")
    capture(village, phone)
    phone.push()
    phone.capture(
        id=signature_id(VILLAGE, village.today),
        kind="day-signature",
        action="create",
        fields={
            "day": village.today.isoformat(),
            "outgoing": phone.worker["id"],
            "signed_at": village.moment(),
            f"reasons/{phone.device}": "自己签的",
        },
    )
    assert phone.push()[0]["outcome"] == "applied"
    assert day_of(village)["signature"]["outgoing"] == village.workers["wang"]
    assert day_of(village)["late"]["count"] == 0
    village.later(HOUR_MS)
    capture(village, phone)
    phone.push()
    assert day_of(village)["late"]["count"] == 1


def test_reading_is_audited(village: DeskVillage) -> None:
    day_of(village)
    log = village.store.read_now(lambda db: entries(db, division=VILLAGE))
    reads = [entry for entry in log if entry.action == "reconciliation.read"]
    assert [(entry.account, entry.detail) for entry in reads] == [(village.workers["lead"], {"read": True})]
