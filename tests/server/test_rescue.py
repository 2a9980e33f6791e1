"""Rescue files handed in: continuing a chain or standing beside it; twice changes nothing, check is green."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.store.audit import entries
from sync.cipher import SM4_CTR_HMAC_SM3
from sync.ids import derived
from sync.sealing import point_of
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.pictures import picture
from tests.server.rescuing import hand_in, handed_in, rescue_of
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import GRID_1, VILLAGE, faults_of, household_id


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        village.rota(village.today, "li")
        yield village


def notes(phone: SyncDevice, number: int, start: int = 0) -> None:
    """That many changes of a household's note."""
    for at in range(number):
        phone.change(household_id(GRID_1, 0), note=f"第{start + at}次")


def state_of(village: DeskVillage) -> list[list[Any]]:
    """Everything that handing a file in may touch, but the audit log and the time of contact."""
    tables = {
        "batches": "village, device, first, last, received_ms, outcomes, body",
        "records": "village, id, version, revision, body",
        "unsettled": "*",
        "known_ids": "*",
        "arrivals": "*",
        "files": "digest, bytes",
        "devices": "id, acknowledged, digest, unsettled, outcome_cursor, revoked_ms, nature",
    }
    return [
        village.store.read_now(
            lambda db, table=table, columns=columns: db.execute(  # type: ignore[misc]
                f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3"
                if table != "files"
                else "SELECT digest, bytes FROM files ORDER BY 1"
            ).fetchall()
        )
        for table, columns in tables.items()
    ]


def twice(
    village: DeskVillage, file: bytes, token: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Hand a file in twice; both replies. The second changes nothing, and what is there can be recomputed."""
    first = handed_in(village.client, file, token)
    before = state_of(village)
    village.later()
    second = handed_in(village.client, file, token)
    assert state_of(village) == before
    assert (second["operations_new"], second["files_new"]) == (0, 0)
    assert second["operations_known"] == first["operations_new"] + first["operations_known"]
    assert second["files_known"] == first["files_new"] + first["files_known"]
    assert second["identity"] == first["identity"]
    assert faults_of(village) == []
    return first, second


@pytest.mark.parametrize("cipher", ["aes-256-gcm", SM4_CTR_HMAC_SM3])
def test_a_file_continues_its_phones_chain(village: DeskVillage, cipher: str) -> None:
    phone = village.phone("wang")
    notes(phone, 2)
    phone.push()
    notes(phone, 3, 2)
    first, second = twice(village, rescue_of(phone, cipher=cipher))
    assert (first["identity"], first["operations_new"], first["operations_known"]) == ("continued", 3, 2)
    assert (first["acknowledged"], first["unreadable"], first["held"]) == (5, 0, 0)
    assert phone.push()[-1]["outcome"] == "applied"  # its reply was lost: sent again, answered, not doubled
    assert phone.acknowledged == second["acknowledged"] == 5
    phone.sync()
    assert phone.see(household_id(GRID_1, 0)).values["note"] == "第4次"


def test_a_colleague_carries_it_and_that_is_no_contact_of_the_phone(village: DeskVillage) -> None:
    phone, carrier = village.phone("wang"), village.phone("li")
    notes(phone, 1)
    contact = "SELECT contact_ms FROM devices WHERE id = ?"
    (before,) = village.rows(contact, phone.device)
    village.later()
    reply = handed_in(village.client, rescue_of(phone), carrier.token)
    assert (reply["device"], reply["operations_new"]) == (phone.device, 1)
    assert village.rows(contact, phone.device) == [before]
    (told,) = [one for one in village.store.read_now(entries) if one.action == "rescue.taken"]
    assert (told.account, told.device, told.village) == (carrier.worker["id"], phone.device, VILLAGE)
    assert told.detail["carrier"] == carrier.device and "第0次" not in str(told.detail)


def test_more_than_a_batch(village: DeskVillage) -> None:
    phone, number = village.phone("wang"), village.settings.batch_operations_max + 20
    for at in range(number):
        seen = {"note": f"第{at - 1}次" if at else None}
        phone.capture(
            kind="household",
            action="change",
            record=household_id(GRID_1, 0),
            seen=seen,
            fields={"note": f"第{at}次"},
        )
    first, _ = twice(village, rescue_of(phone))
    assert (first["identity"], first["operations_new"], first["acknowledged"]) == (
        "continued",
        number,
        number,
    )
    assert len(village.rows("SELECT 1 FROM batches WHERE device = ?", phone.device)) == 2


def test_rows_in_any_order_are_taken_in_the_order_of_their_counters(village: DeskVillage) -> None:
    phone = village.phone("wang")
    notes(phone, 5)
    first, _ = twice(village, rescue_of(phone, [4, 5, 1, 3, 2]))
    assert (first["identity"], first["operations_new"], first["held"]) == ("continued", 5, 0)


def test_what_lies_behind_a_gap_stands_under_an_identity_of_its_own(village: DeskVillage) -> None:
    phone = village.phone("wang")
    notes(phone, 6)
    first, _ = twice(village, rescue_of(phone, [1, 2, 5, 6]))
    assert (first["identity"], first["operations_new"], first["acknowledged"]) == ("own", 4, 2)
    own = derived("rescue", phone.device)
    assert village.rows("SELECT acknowledged, nature FROM devices WHERE id = ?", own) == [(2, "rescue")]
    # the phone itself comes later with all of it: nothing is doubled, and everything is told
    assert len(phone.push()) == 6 and phone.acknowledged == 6
    assert faults_of(village) == []
    phone.sync()
    assert phone.see(household_id(GRID_1, 0)).values["note"] == "第5次"
    revisions = village.rows("SELECT revision FROM records WHERE id = ?", household_id(GRID_1, 0))
    assert revisions == [(7,)]


def test_a_forked_history_stands_beside_the_one_that_came_first(village: DeskVillage) -> None:
    phone = village.phone("wang")
    notes(phone, 2)
    captured, operations = list(phone.captured), list(phone.operations)
    phone.push()
    # a clone, set back to before both, captured something else
    phone.captured, phone.operations = captured[:1], operations[:1]
    case = village.capture_case(phone)
    first, _ = twice(village, rescue_of(phone))
    assert (first["identity"], first["operations_new"], first["operations_known"]) == ("own", 1, 1)
    assert village.rows("SELECT kind FROM records WHERE id = ?", case) == [("case",)]


def test_a_file_of_an_identity_that_another_continues(village: DeskVillage) -> None:
    phone = village.phone("wang")
    notes(phone, 1)
    phone.push()
    notes(phone, 2, 1)
    old = rescue_of(phone)
    phone.enrol_anew()
    phone.push(limit=2)  # not yet the last one
    phone.captured.pop()
    first, _ = twice(village, old)
    assert first["identity"] == "own" and first["operations_known"] + first["operations_new"] == 3
    assert first["operations_new"] == 0  # all came with the new identity, whose history is what counts


def test_a_revoked_phones_work_is_held_for_a_person(village: DeskVillage) -> None:
    phone = village.phone("wang")
    notes(phone, 2)
    village.call(
        "lead", "POST", f"/api/v1/devices/{phone.device}/revocation", {"orders": "wipe", "reason": "丢失"}
    )
    village.later()
    first, _ = twice(village, rescue_of(phone))  # without a token: it has none to hand any more
    assert (first["operations_new"], first["held"], first["identity"]) == (2, 2, "continued")
    listed = village.call("li", "GET", "unsettled").json()
    assert [(one["device"], one["counter"]) for one in listed] == [(phone.device, 1), (phone.device, 2)]


def test_a_revoked_phones_work_behind_a_gap_is_held_too(village: DeskVillage) -> None:
    phone = village.phone("wang")
    notes(phone, 3)
    village.call(
        "lead", "POST", f"/api/v1/devices/{phone.device}/revocation", {"orders": "lock", "reason": "丢失"}
    )
    first, _ = twice(village, rescue_of(phone, [2, 3]))
    assert (first["operations_new"], first["held"], first["identity"]) == (2, 2, "own")


def stranger(village: DeskVillage) -> SyncDevice:
    """A phone that enrolled and was forgotten: the server came back from a backup made before it."""
    phone = village.phone("wang")
    notes(phone, 2)
    village.capture_case(phone)

    def forget(db: Any) -> None:
        for table in ("devices", "batches", "arrivals", "statuses"):
            column = "id" if table == "devices" else "device"
            db.execute(f"DELETE FROM {table} WHERE {column} = ?", (phone.device,))

    village.store.write_now(forget)
    return phone


def test_an_unknown_phone_needs_a_carrier_and_everything_is_held(village: DeskVillage) -> None:
    phone = stranger(village)
    file = rescue_of(phone, files=[picture()])
    refused = hand_in(village.client, file)
    assert (refused.status_code, refused.json()["type"]) == (403, "carrier-needed")
    carrier = village.phone("li")
    first, _ = twice(village, file, carrier.token)
    assert (first["identity"], first["operations_new"], first["held"], first["files_new"]) == ("own", 3, 3, 1)
    assert first["acknowledged"] == 0
    listed = village.call("li", "GET", "unsettled").json()
    assert [one["outcome"] for one in listed] == ["held"] * 3
    assert {one["worker"] for one in listed} == {""} and phone.device[-8:] in listed[0]["device_name"]
    mended = village.call("li", "POST", f"/api/v1/unsettled/{listed[0]['device']}/1/mend", {})
    assert mended.json()["outcome"] == "applied", mended.text
    assert faults_of(village) == []


def test_a_desk_hands_in_what_an_unknown_phone_holds(village: DeskVillage) -> None:
    phone = stranger(village)
    village.call("li", "GET", "unsettled")
    first, _ = twice(village, rescue_of(phone), village.tokens["li"][0])
    assert first["held"] == 3
    village.call("admin", "GET", "/api/v1/devices")
    again = handed_in(village.client, rescue_of(phone), village.tokens["admin"][0])
    assert again["operations_new"] == 0


def test_files_come_along_once_and_only_if_they_are_pictures(village: DeskVillage) -> None:
    phone = village.phone("wang")
    notes(phone, 1)
    photo = picture()
    first, _ = twice(village, rescue_of(phone, files=[photo, b"<script>alert(1)</script>"]))
    assert (first["files_new"], first["unreadable"]) == (1, 1)
    digest = hashlib.sha256(photo).hexdigest()
    assert village.rows("SELECT digest FROM files") == [(digest,)]
    known = phone.call("POST", "/files/known", json={"digests": [digest]}).json()
    assert known["durable"] == [digest]


def test_what_nobody_can_read_is_kept_as_raw_and_what_does_not_open_is_counted(village: DeskVillage) -> None:
    phone = village.phone("wang")
    notes(phone, 2)
    phone.captured[1] = b'{"counter": "two", "previous": 7}'
    file = rescue_of(phone, more=[("outbox:9:open", b"noise" * 20), ("values:pin", b"x")])
    first, _ = twice(village, file)
    assert (first["operations_new"], first["unreadable"], first["identity"]) == (2, 2, "continued")
    (row,) = village.rows("SELECT outcome FROM unsettled WHERE device = ?", phone.device)
    assert row == ("rejected",)


def test_what_nobody_can_read_is_kept_once_behind_a_gap_too(village: DeskVillage) -> None:
    phone = village.phone("wang")
    notes(phone, 3)
    phone.captured[2] = b"{"
    first, _ = twice(village, rescue_of(phone, [3]))
    assert (first["operations_new"], first["identity"]) == (1, "own")


def test_other_content_under_a_known_id_is_kept_beside_it(village: DeskVillage) -> None:
    phone = village.phone("wang")
    notes(phone, 1)
    phone.push()
    phone.captured[0] = phone.captured[0].replace("第0次".encode(), "改过的".encode())
    first, _ = twice(village, rescue_of(phone))
    assert (first["operations_new"], first["identity"]) == (1, "own")
    outcomes = village.rows("SELECT outcomes FROM batches WHERE device = ?", derived("rescue", phone.device))
    assert "id-taken" in outcomes[0][0]


def test_members_that_a_newer_phone_writes_stay(village: DeskVillage) -> None:
    phone = village.phone("wang")
    notes(phone, 2)
    phone.captured[1] = phone.captured[1][:-1] + b',"weather":"\xe9\x9b\xa8"}'
    first, _ = twice(village, rescue_of(phone, [2]))
    assert first["operations_new"] == 1
    own = derived("rescue", phone.device)
    (row,) = village.rows("SELECT village, first, body FROM batches WHERE device = ?", own)
    kept = village.keys.decrypt_blob(row[2], f"{own}:{row[1]}".encode())
    assert '"weather":"雨"'.encode() in kept


def test_the_key_of_a_device_that_is_there_cannot_be_changed_by_a_file(village: DeskVillage) -> None:
    phone, other = village.phone("wang"), village.phone("li")
    notes(phone, 1)
    forged = rescue_of(
        phone, signing=other.signing_key, signing_key=base64.b64encode(point_of(other.signing_key)).decode()
    )
    anonymous, carried = hand_in(village.client, forged), hand_in(village.client, forged, other.token)
    assert (anonymous.status_code, anonymous.json()["type"]) == (403, "carrier-needed")
    assert (carried.status_code, carried.json()["type"]) == (422, "rescue-unreadable")
    assert village.rows("SELECT acknowledged FROM devices WHERE id = ?", phone.device) == [(0,)]
