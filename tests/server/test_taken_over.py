"""What was held under one identity goes on, judged afresh, under the one whose worker brings it again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.ids import derived
from sync.rescue import read_header
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.rescuing import handed_in, rescue_of
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import GRID_1, faults_of, household_id


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        village.rota(village.today, "li")
        yield village


def working(village: DeskVillage) -> tuple[SyncDevice, str]:
    """A phone with two notes and a case that are not handed over."""
    phone = village.phone("wang")
    for at in range(2):
        phone.change(household_id(GRID_1, 0), note=f"第{at}次")
    return phone, village.capture_case(phone)


def forgotten(village: DeskVillage, phone: SyncDevice) -> None:
    """The server came back from a backup made before this phone enrolled."""
    village.store.write_now(lambda db: db.execute("DELETE FROM devices WHERE id = ?", (phone.device,)))


def all_is_there(village: DeskVillage, phone: SyncDevice, case: str) -> None:
    assert [entry["outcome"] for entry in phone.push()] == ["applied"] * 3
    assert village.rows("SELECT * FROM unsettled") == []
    assert village.rows("SELECT revision FROM records WHERE id = ?", household_id(GRID_1, 0)) == [(3,)]
    assert village.record(case).values["item"] == "allowance"
    assert faults_of(village) == []
    phone.sync()
    assert phone.see(household_id(GRID_1, 0)).values["note"] == "第1次"


def test_an_unknown_phone_enrols_anew_after_its_file_was_carried_in(village: DeskVillage) -> None:
    phone, case = working(village)
    forgotten(village, phone)
    carrier = village.phone("li")
    file = rescue_of(phone)
    assert handed_in(village.client, file, carrier.token)["held"] == 3
    phone.enrol_anew()
    all_is_there(village, phone, case)
    own = derived("rescue", phone_before := phone_of(file), key_of(file))
    told = village.rows("SELECT outcomes FROM batches WHERE device = ?", own)
    assert told and all("held" not in outcomes for (outcomes,) in told), phone_before
    again = handed_in(village.client, file, carrier.token)
    assert (again["operations_new"], again["operations_known"]) == (0, 3)


def test_a_revoked_phone_that_was_found_again_enrols_anew(village: DeskVillage) -> None:
    phone, case = working(village)
    order = {"orders": "lock", "reason": "找不到"}
    village.call("lead", "POST", f"/api/v1/devices/{phone.device}/revocation", order)
    assert [entry["outcome"] for entry in phone.push()] == ["held"] * 3
    phone.enrol_anew()
    all_is_there(village, phone, case)


def test_a_colleague_who_brings_it_takes_nothing_over(village: DeskVillage) -> None:
    phone, _ = working(village)
    village.call(
        "lead", "POST", f"/api/v1/devices/{phone.device}/revocation", {"orders": "lock", "reason": "找不到"}
    )
    phone.push()
    colleague = village.phone("li")
    for operation in phone.operations:
        colleague._append(operation)
    assert [entry["outcome"] for entry in colleague.push()] == ["held"] * 3
    assert village.rows("SELECT DISTINCT device FROM unsettled") == [(phone.device,)]
    assert faults_of(village) == []


def test_a_revoked_phone_takes_nothing_back_from_the_one_in_standing(village: DeskVillage) -> None:
    phone, other = village.phone("wang"), village.phone("wang")
    waiting = phone.capture(
        kind="household", action="change", record=derived("household", "later"), seen={"note": None},
        fields={"note": "还没有这一户"},
    )  # fmt: skip
    assert phone.push()[0]["outcome"] == "held"
    village.call(
        "lead", "POST", f"/api/v1/devices/{other.device}/revocation", {"orders": "lock", "reason": "找不到"}
    )
    other._append(waiting)
    assert other.push()[0]["outcome"] == "held"
    assert village.rows("SELECT device FROM unsettled") == [(phone.device,)]
    assert faults_of(village) == []


def phone_of(file: bytes) -> str:
    """The device that a file says it is of."""
    return read_header(file.split(b"\n", 2)[1]).device


def key_of(file: bytes) -> str:
    """The signing key that a file names."""
    return read_header(file.split(b"\n", 2)[1]).signing_key
