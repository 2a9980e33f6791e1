"""Receipts in replies to pushes: signed after the commit, valid for as long as their key is kept, never in the way."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.keys import Keys, rotated
from server.receipts import is_ours
from sync.chain import digest_of
from sync.receipt import Receipt, proof_holds, receipt_holds
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import GRID_1, TinyVillage, household_id, small_catalogue, tiny_village

HOME = household_id(GRID_1, 0)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path) as running:
        yield running


@pytest.fixture
def wang(village: TinyVillage) -> SyncDevice:
    device = SyncDevice(village.client, "wang", lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    device.sync()
    return device


def receipt_of(reply: dict[str, Any]) -> Receipt:
    return msgspec.convert(reply["receipt"], Receipt)


def test_nothing_acknowledged_no_receipt(wang: SyncDevice) -> None:
    assert wang.push_body([])["receipt"] is None


def test_a_push_is_answered_with_its_receipt(village: TinyVillage, wang: SyncDevice) -> None:
    for note in ("一", "二", "三"):
        wang.change(HOME, note=note)
    reply = wang.push_body(wang.captured)
    told = receipt_of(reply)
    assert (told.device, told.counter, told.epoch, told.time) == (wang.device, 3, wang.epoch, reply["time"])
    assert told.digest == digest_of(wang.captured[2]) == reply["digest"]
    assert receipt_holds(told, base64.b64decode(village.keys.signing[-1].public))
    assert proof_holds(told, wang.captured) and proof_holds(told, wang.captured[2:])


def test_an_empty_push_brings_the_receipt_of_a_lost_reply(wang: SyncDevice) -> None:
    wang.change(HOME, note="一")
    wang.push_body(wang.captured)
    assert receipt_of(wang.push_body([])).counter == 1


def test_a_receipt_of_an_older_key_stays_valid(village: TinyVillage, wang: SyncDevice) -> None:
    wang.change(HOME, note="一")
    told = receipt_of(wang.push_body(wang.captured))
    newer = rotated(village.keys)
    assert is_ours(newer, told) and newer.signing[-1].id != told.key
    without = Keys(msgspec.structs.replace(newer.stored, signing=newer.stored.signing[1:]))
    assert not is_ours(without, told)


@pytest.mark.parametrize("receipt", ['"none"', "{}", '{"device":1}', "[]", '{"counter":-1}'])
def test_a_receipt_that_cannot_be_read_is_not_in_the_way(wang: SyncDevice, receipt: str) -> None:
    wang.change(HOME, note="一")
    body = b'{"operations":[%b],"receipt":%b}' % (wang.captured[0], receipt.encode())
    reply = wang.call("POST", "/push", content=body).json()
    assert reply["acknowledged"] == 1 and reply["receipt"]["counter"] == 1
