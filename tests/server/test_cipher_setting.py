"""The setting `cipher`: a village's day under each, a change of it, and what devices are told."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from server.keys import Keys, load_keys, new_keys, rotated
from server.settings import SettingsError, load_settings
from sync.cipher import AES_256_GCM, CIPHER_NAMES, SM4_CTR_HMAC_SM3
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import (
    GRID_1,
    VILLAGE,
    TinyVillage,
    faults_of,
    household_id,
    small_catalogue,
    tiny_village,
    village_again,
)

HOUSEHOLD = household_id(GRID_1, 0)
VERSION = {AES_256_GCM: 1, SM4_CTR_HMAC_SM3: 2}


def a_day(village: TinyVillage) -> SyncDevice:
    """A worker's phone fetches the village, visits a household, corrects its phone and syncs."""
    device = SyncDevice(village.client, "wang", lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    device.pull_all()
    worker = device.worker["id"]
    walk = device.create("round", worker=worker, grid=GRID_1, started_at=village.moment())
    device.create(
        "visit",
        round=walk.record,
        worker=worker,
        grid=GRID_1,
        household=HOUSEHOLD,
        outcome="met",
        visit_class="general",
        started_at=village.moment(),
    )
    device.change(HOUSEHOLD, phone="13800000000")
    assert {outcome["outcome"] for outcome in device.sync()} == {"applied"}
    return device


def versions(village: TinyVillage, table: str, where: str = "1") -> set[int]:
    """The first bytes of a table's blobs: which cipher each was made under."""
    return {body[0] for (body,) in village.rows(f"SELECT body FROM {table} WHERE {where}")}


@pytest.mark.parametrize("cipher", CIPHER_NAMES)
def test_a_village_works_a_day_under_either_cipher(tmp_path: Path, cipher: str) -> None:
    with tiny_village(tmp_path, cipher=cipher) as village:
        device = a_day(village)
        assert device.status()["limits"]["cipher"] == cipher
        phone = f"device = '{device.device}'"
        assert versions(village, "batches", phone) == {VERSION[cipher]}
        assert versions(village, "segments") == {VERSION[cipher]}
        assert versions(village, "records", f"id = '{HOUSEHOLD}'") == {VERSION[cipher]}
        assert village.record(HOUSEHOLD).values["phone"] == "13800000000"
        assert faults_of(village) == []


def test_what_was_written_before_a_change_stays_readable_and_as_it_is(tmp_path: Path) -> None:
    with tiny_village(tmp_path) as village:
        a_day(village)
    before = bodies(tmp_path)
    with village_again(tmp_path, cipher=SM4_CTR_HMAC_SM3) as village:
        device = a_day(village)
        assert versions(village, "batches", f"device = '{device.device}'") == {2}
        assert versions(village, "batches") == {1, 2}
        assert faults_of(village) == []
        device.change(HOUSEHOLD, phone="13900000000")
        device.sync()
    after = bodies(tmp_path)
    assert {key: after[key] for key in before} == before
    with village_again(tmp_path, cipher=AES_256_GCM) as village:
        assert village.record(HOUSEHOLD).values["phone"] == "13900000000"
        assert faults_of(village) == []


def bodies(folder: Path) -> dict[tuple[str, int], bytes]:
    """The stored batches as they lie in the database."""
    db = sqlite3.connect(folder / "allpost.db")
    found = db.execute("SELECT device, first, body FROM batches").fetchall()
    db.close()
    return {(device, first): body for device, first, body in found}


def test_keys_rotated_under_a_cipher_keep_it() -> None:
    stored = new_keys().stored
    keys = rotated(Keys(stored, SM4_CTR_HMAC_SM3))
    assert keys.encrypt_blob(b"x", b"a")[0] == 2
    assert Keys(keys.stored).decrypt_blob(keys.encrypt_blob(b"x", b"a"), b"a") == b"x"


def test_another_cipher_is_refused_with_the_names() -> None:
    with pytest.raises(SettingsError, match="aes-256-gcm"):
        load_settings(cipher="rot13")
    assert load_settings(cipher=SM4_CTR_HMAC_SM3).cipher == SM4_CTR_HMAC_SM3


def test_the_village_of_a_test_uses_the_setting(tmp_path: Path) -> None:
    with tiny_village(tmp_path, cipher=SM4_CTR_HMAC_SM3) as village:
        assert village.keys.cipher == SM4_CTR_HMAC_SM3
        assert load_keys(village.settings.keys_path).cipher == AES_256_GCM
        assert VILLAGE in {record.village for _, record in village.records().values()}
