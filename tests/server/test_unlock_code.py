"""Unlock codes: told sealed by the phone, read out by the window with a reason, and never anybody else's."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from server.cli import app
from server.store.audit import entries
from sync.clock import moment
from sync.sealing import SEAL_RANDOM_BYTES, point_of, private_key, seal
from tests.server.desk_village import DeskVillage, desk_village, told
from tests.server.sync_device import SyncDevice

CODE = "0123456789ABCDEF"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        village.rota(village.today, "li")
        yield village


def sealed(phone: SyncDevice, plain: str, to: bytes | None = None) -> str:
    found = seal(to or phone.sealing_point, plain.encode(), os.urandom(SEAL_RANDOM_BYTES))
    return base64.b64encode(found).decode()


def tell(phone: SyncDevice, recovery: str) -> None:
    reply = phone.call("POST", "/status", json={"counter": 0, "digest": "", "recovery": recovery})
    assert reply.json()["orders"] == "none"


def read_out(
    village: DeskVillage, phone: SyncDevice, by: str = "li", reason: str = "忘记口令"
) -> httpx.Response:
    return village.call(by, "POST", f"/api/v1/devices/{phone.device}/unlock-code", {"reason": reason})


def test_the_window_reads_it_out_and_that_is_audited(village: DeskVillage) -> None:
    phone = village.phone("wang")
    assert told(read_out(village, phone))[:2] == (409, "no-unlock-code")
    tell(phone, sealed(phone, phone.device + CODE))
    told_at = moment(village.now_ms)
    village.later()
    reply = read_out(village, phone)
    assert reply.status_code == 201 and reply.headers["cache-control"] == "no-store"
    assert reply.json() == {"device": phone.device, "code": "0123-4567-89AB-CDEF", "told_at": told_at}
    (entry,) = [one for one in village.store.read_now(entries) if one.action == "device.unlock_code"]
    assert (entry.account, entry.device, entry.detail["reason"]) == (
        village.workers["li"],
        phone.device,
        "忘记口令",
    )
    assert CODE not in str(entry) and "0123-4567" not in str(entry)
    tell(phone, sealed(phone, phone.device + "ZZZZ" * 4))
    assert read_out(village, phone).json()["code"] == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"


def test_nobody_but_the_window_of_that_village(village: DeskVillage) -> None:
    phone = village.phone("wang")
    tell(phone, sealed(phone, phone.device + CODE))
    for by in ("wang", "lead", "clerk", "supervisor", "neighbour", "admin"):
        assert told(read_out(village, phone, by))[:2] == (403, "forbidden"), by
    assert told(read_out(village, phone, reason=""))[0] == 422
    nobody = village.call("li", "POST", "/api/v1/devices/nobody/unlock-code", {"reason": "x"})
    assert told(nobody)[:2] == (404, "not-found")


def test_it_is_stored_sealed(village: DeskVillage) -> None:
    phone = village.phone("wang")
    tell(phone, sealed(phone, phone.device + CODE))
    for path in village.settings.data.glob("allpost.db*"):
        assert CODE.encode() not in path.read_bytes(), path


def test_what_is_no_code_of_this_phone_is_not_kept(village: DeskVillage) -> None:
    phone, other = village.phone("wang"), village.phone("neighbour")
    foreign = point_of(private_key(os.urandom(40)))
    wrong = [
        "no Base64!", "", sealed(phone, other.device + CODE), sealed(phone, phone.device + CODE[:-1]),
        sealed(phone, phone.device + CODE + "0"), sealed(phone, phone.device + "ILOU" * 4),
        sealed(phone, phone.device + CODE.lower()), sealed(phone, CODE), sealed(phone, phone.device + CODE, foreign),
        sealed(phone, phone.device + "Ж" * 8),
    ]  # fmt: skip
    for recovery in wrong:
        tell(phone, recovery)
        assert told(read_out(village, phone))[:2] == (409, "no-unlock-code"), recovery
    refused = [one for one in village.store.read_now(entries) if one.action == "device.recovery_refused"]
    assert len(refused) == len(wrong)


def test_a_good_code_outlives_a_bad_one(village: DeskVillage) -> None:
    phone = village.phone("wang")
    tell(phone, sealed(phone, phone.device + CODE))
    tell(phone, "AAAA")
    assert read_out(village, phone).status_code == 201


def test_not_of_a_revoked_phone_but_of_a_locked_one(village: DeskVillage) -> None:
    phone = village.phone("wang")
    tell(phone, sealed(phone, phone.device + CODE))
    where = f"/api/v1/devices/{phone.device}"
    village.call("lead", "POST", f"{where}/orders", {"orders": "lock", "reason": "找不到"})
    assert read_out(village, phone).status_code == 201
    village.call("lead", "POST", f"{where}/revocation", {"orders": "lock", "reason": "丢失"})
    assert told(read_out(village, phone))[:2] == (403, "device-revoked")


def test_the_commands(village: DeskVillage) -> None:
    phone = village.phone("wang")
    tell(phone, sealed(phone, phone.device + CODE))
    data, run = str(village.settings.data), CliRunner().invoke
    village.store.close()
    read = run(app, ["device", "unlock-code", phone.device, "--reason", "忘记口令", "--data", data])
    assert read.exit_code == 0 and "0123-4567-89AB-CDEF" in read.output, read.output
    by_its_end = run(
        app, ["device", "unlock-code", phone.device[-8:], "--reason", "电话里报的", "--data", data]
    )
    assert "0123-4567-89AB-CDEF" in by_its_end.output, "the phone shows the last 8 of its number"
    locked = run(app, ["device", "lock", phone.device, "--reason", "找不到", "--data", data])
    assert locked.exit_code == 0 and "已锁定" in locked.output
    assert "已锁定：找不到" in run(app, ["device", "list", "--data", data], env={"COLUMNS": "200"}).output
    released = run(app, ["device", "release", phone.device, "--reason", "找到了", "--data", data])
    assert released.exit_code == 0 and "已解除锁定" in released.output
    wiped = run(app, ["device", "wipe", phone.device, "--reason", "丢失", "--data", data])
    assert wiped.exit_code == 0 and "（wipe）" in wiped.output
    listed = run(app, ["device", "list", "--data", data], env={"COLUMNS": "200"}).output
    assert "可能仍存有资料：未知" in listed and "尚未收到指令" in listed
    for name in ("release", "unlock-code"):
        refused = run(app, ["device", name, phone.device, "--reason", "x", "--data", data])
        assert refused.exit_code == 1 and "停用" in refused.output
