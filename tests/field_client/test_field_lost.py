"""The lost, locked-out, wiped and helped device: nothing that was captured is lost, nothing is read without the PIN."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from field_client import wiping
from field_client.closed import ClosedDevice
from field_client.device import Device
from field_client.errors import (
    CallRefused,
    LockedOut,
    Mistyped,
    NotEnrolled,
    ReadingLocked,
    Refused,
    Unreachable,
    Wiped,
    WrongPin,
)
from field_client.head import open_head
from field_client.key_box import KeyBox
from grid_map.days import count_day
from server.unlock_code import read_out_by_id
from sync.clock import moment_ms
from tests.field_client.field_world import FAST, PIN, Phone
from tests.server.sync_village import DAY_MS, GRID_1, PASSWORD, VILLAGE, TinyVillage, household_id

Make = Callable[..., Phone]
HOME = household_id(GRID_1, 0)
NEW_PIN = "975310"
VARIANTS = pytest.mark.parametrize("whole", [True, False], ids=["sqlcipher", "sealed"])


def closed(phone: Phone) -> ClosedDevice:
    """The same device without its PIN."""
    phone.device.close()
    how: dict[str, Any] = {
        "times": phone.times,
        "inner": phone.network,
        "sleep": lambda _: None,
        "attempts": 2,
    }
    return ClosedDevice(phone.path, pin_iterations=FAST, **how)


def lock_out(phone: Phone) -> None:
    phone.device.close()
    for _ in range(4):
        with pytest.raises(WrongPin):
            Device(phone.path, "864202")
    with pytest.raises(LockedOut):
        Device(phone.path, "864202")


def order(village: TinyVillage, device: str, orders: str) -> None:
    village.store.write_now(
        lambda db: db.execute("UPDATE devices SET orders = ? WHERE id = ?", (orders, device))
    )


def texts(village: TinyVillage) -> list[str]:
    return sorted(one.values["text"] for _, one in village.records().values() if one.kind == "request")


@VARIANTS
def test_a_locked_out_device_opens_by_account_with_everything_in_it(phone: Make, whole: bool) -> None:
    wang = phone(whole=whole).enrol()
    wang.device.households.ask(VILLAGE, "一")
    lock_out(wang)
    with closed(wang) as shut:
        assert (shut.status().phase, shut.status().unsent.operations) == ("locked-out", 1)
        with pytest.raises(CallRefused):
            shut.unlock("wang", "wrong", NEW_PIN)
        with pytest.raises(CallRefused):
            shut.unlock("li", PASSWORD, NEW_PIN)
        shut.unlock("wang", PASSWORD, NEW_PIN)
    with Device(wang.path, NEW_PIN, times=wang.times, inner=wang.network) as device:
        assert device.record("household", HOME).id == HOME
        assert device.sync().pushed == 1
    with pytest.raises(WrongPin):
        Device(wang.path, PIN)


@VARIANTS
def test_a_locked_out_device_opens_by_the_windows_code_without_a_network(
    village: TinyVillage, phone: Make, whole: bool
) -> None:
    wang = phone(whole=whole).enrol()
    told = read_out(village, wang.device.identity.device)
    lock_out(wang)
    wang.network.down = True
    with closed(wang) as shut:
        with pytest.raises(Refused):
            shut.unlock_by_code("0000-0000-0000-0000", NEW_PIN)
        shut.unlock_by_code(told.lower(), NEW_PIN)
    wang.network.down = False
    with Device(wang.path, NEW_PIN, times=wang.times, inner=wang.network) as device:
        assert device.record("household", HOME).id == HOME
        device.sync()
    # a code is good once: the server was told another one
    assert read_out(village, wang_id(wang)) != told
    with closed(wang) as shut, pytest.raises(Refused):
        shut.unlock_by_code(told, NEW_PIN)


def read_out(village: TinyVillage, device: str) -> str:
    return village.store.write_now(
        lambda db: read_out_by_id(db, village.keys, device, "忘记口令", village.now_ms, None)
    ).code


def wang_id(phone: Phone) -> str:
    with closed(phone) as shut:
        return shut.standing.device


def test_the_code_is_forgotten_here_once_it_was_told(phone: Make) -> None:
    wang = phone().enrol()
    assert wang.device.store.head.get("recovery_code", bytes) is None
    assert wang.device.store.head.get("recovery_box", KeyBox) is not None


@VARIANTS
def test_a_locked_out_device_hands_over_without_being_opened_and_twice_changes_nothing(
    village: TinyVillage, phone: Make, whole: bool
) -> None:
    wang = phone(whole=whole).enrol()
    wang.device.households.ask(VILLAGE, "一")
    wang.device.sync()
    wang.device.households.ask(VILLAGE, "二")
    lock_out(wang)
    with closed(wang) as shut:
        first, second = shut.hand_over(), shut.hand_over()
        assert first is not None and (first.identity, first.operations_new, first.unreadable) == (
            "continued",
            1,
            0,
        )
        assert second is not None and second.operations_new == 0
        shut.unlock("wang", PASSWORD, NEW_PIN)
    assert texts(village) == ["一", "二"]
    with Device(wang.path, NEW_PIN, times=wang.times, inner=wang.network) as device:
        report = device.sync()
        assert report.counts == {"applied": 2} and report.enrolled_anew == []


@VARIANTS
def test_a_wipe_leaves_only_sealed_unsent_rows_and_ends_when_they_arrived(
    village: TinyVillage, phone: Make, tmp_path: Path, whole: bool
) -> None:
    wang = phone(whole=whole).enrol()
    wang.device.households.ask(VILLAGE, "一")
    wang.device.sync()
    late = wang.device.households.ask(VILLAGE, "二")
    order(village, wang.device.identity.device, "wipe")
    with closed(wang) as shut:
        assert shut.orders() == "wipe"
    assert not wang.path.exists()
    with pytest.raises(Wiped):
        wang.opened()
    beside = open_head(wang.path)
    assert [(one.counter, one.unsent) for one in beside.kept()] == [(2, True)]
    assert {row[0] for row in beside.connection.rows("SELECT key FROM clear")} == {"header", "standing"}
    beside.connection.close()
    wang.network.down = True
    with closed(wang) as shut, pytest.raises(Unreachable):
        shut.hand_over()
    wang.network.down = False
    with closed(wang) as shut:
        reply = shut.hand_over()
        assert reply is not None and reply.operations_new == 1
    assert village.record(late.record).values["text"] == "二" and texts(village) == ["一", "二"]
    assert [one.name for one in tmp_path.glob("wang.db*")] == ["wang.db.lock"]
    with pytest.raises(NotEnrolled):
        closed(wang)
    wang.device = wang.opened()
    assert not wang.device.enrolled


KILLED_WIPING = """
import os, signal, sys
from field_client import wiping, closed
def dying(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "marked":
    closed.finish_wipe = dying
else:
    wiping.shutil.rmtree = dying
with closed.ClosedDevice(sys.argv[1]) as shut:
    shut._wipe()
"""


@pytest.mark.parametrize("killed", ["marked", "removed"])
def test_a_wipe_killed_in_the_middle_goes_on_and_reads_nothing(phone: Make, killed: str) -> None:
    wang = phone().enrol()
    wang.device.households.ask(VILLAGE, "一")
    wang.device.close()
    subprocess.run([sys.executable, "-c", KILLED_WIPING, str(wang.path), killed], check=False)
    with pytest.raises(Wiped) as wiped:
        wang.opened()
    assert (wiped.value.operations, wang.path.exists()) == (1, False)
    with closed(wang) as shut:
        assert shut.status().unsent.operations == 1


def test_an_order_to_lock_reaches_a_closed_device_and_capturing_goes_on(
    village: TinyVillage, phone: Make
) -> None:
    wang = phone().enrol()
    order(village, wang.device.identity.device, "lock")
    with closed(wang) as shut:
        assert shut.orders() == "lock"
    wang.device = wang.opened()
    with pytest.raises(ReadingLocked):
        wang.device.record("household", HOME)
    wang.device.households.ask(VILLAGE, "一")
    order(village, wang.device.identity.device, "none")
    wang.device.sync()
    assert wang.device.record("household", HOME).id == HOME and texts(village) == ["一"]


def test_the_lease_counts_working_days_over_a_holiday_and_a_clock_set_back_does_not_lengthen_it(
    village: TinyVillage, phone: Make
) -> None:
    # 2026-09-30 to 2026-10-08: 国庆 from the 1st to the 7th, so the 8th is the first working day after
    village.now_ms = moment_ms("2026-09-30T02:00:00.000Z")
    wang = phone().enrol()
    village.later(8 * DAY_MS)
    assert count_day(village.now_ms).isoformat() == "2026-10-08"
    assert wang.device.status().lease.days == 1
    wang.device.record("household", HOME)
    village.later(4 * DAY_MS)
    assert wang.device.status().lease.over
    with pytest.raises(ReadingLocked):
        wang.device.record("household", HOME)
    wang.device.close()
    village.later(-10 * DAY_MS)
    wang.times.boot_id = "boot-2"
    wang.device = wang.opened()
    with pytest.raises(ReadingLocked):
        wang.device.record("household", HOME)
    wang.device.households.ask(VILLAGE, "一")
    wang.device.sync()
    assert wang.device.record("household", HOME).id == HOME


def test_a_rescue_file_handed_in_by_a_colleague_twice_changes_nothing(
    village: TinyVillage, phone: Make, tmp_path: Path
) -> None:
    wang, li = phone().enrol(), phone("li").enrol()
    wang.device.households.ask(VILLAGE, "一")
    wang.device.sync()
    wang.device.households.ask(VILLAGE, "二")
    wang.network.down = True
    file = tmp_path / "wang.rescue"
    file.write_bytes(wang.device.rescue_file())
    assert "二".encode() not in file.read_bytes()
    first, second = li.device.hand_in(file), li.device.hand_in(file)
    assert (first.operations_new, first.operations_known, second.operations_new) == (1, 1, 0)
    assert texts(village) == ["一", "二"]
    wang.network.down = False
    report = wang.device.sync()
    assert report.counts == {"applied": 2} and report.enrolled_anew == [] and wang.agrees()
    file.write_bytes(file.read_bytes()[:-70])
    with pytest.raises(Mistyped):
        li.device.hand_in(file)


def test_a_carried_file_is_handed_in_again_in_a_new_epoch_and_kept_for_thirty_days(
    village: TinyVillage, phone: Make, tmp_path: Path
) -> None:
    wang, li = phone().enrol(), phone("li").enrol()
    wang.device.households.ask(VILLAGE, "一")
    file = tmp_path / "wang.rescue"
    file.write_bytes(wang.device.rescue_file())
    li.device.hand_in(file)
    assert li.device.sync().handed_in_again == 0
    village.store.write_now(lambda db: db.execute("UPDATE meta SET value = 'restored' WHERE key = 'epoch'"))
    assert li.device.sync().handed_in_again == 1
    carried = wiping.carried_folder(li.path)
    assert len(list(carried.iterdir())) == 1
    village.later(31 * DAY_MS)
    li.device.sync()
    assert list(carried.iterdir()) == []


def test_another_sealing_key_of_the_server_is_taken_at_once(village: TinyVillage, phone: Make) -> None:
    wang = phone().enrol()
    standing = wang.device.store.head.standing
    assert standing is not None and standing.sealing_key == wang.device.identity.server_sealing.id
    before = standing.sealed_data_key
    identity = wang.device.identity
    with wang.device.store.transaction():
        other = type(identity.server_sealing)("0" * 16, identity.server_signing.key)
        from msgspec.structs import replace

        from field_client.standing import keep_standing

        wang.device.store.set_meta("identity", replace(identity, server_sealing=other))
        keep_standing(wang.device.store)
    assert wang.device.store.head.standing.sealing_key == "0" * 16  # type: ignore[union-attr]
    wang.device.sync()
    after = wang.device.store.head.standing
    assert (
        after is not None
        and after.sealing_key == identity.server_sealing.id
        and after.sealed_data_key != before
    )
