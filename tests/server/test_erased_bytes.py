"""The bytes of erased files: of work that was held, and in a folder or a backup from before the erasure."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server import revocations_log
from server.cli import app
from server.data_folder import open_data
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.erasing_village import RESIDENT, case_about, phone_of, tell_all
from tests.server.pictures import digest_of, known, picture, upload
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import fast_settings, faults_of

PICTURE = picture(41)
DIGEST = digest_of(PICTURE)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        yield village


def erased(village: DeskVillage) -> None:
    path, order = f"/api/v1/residents/{RESIDENT}/erasure", {"reason": "consent-withdrawn"}
    assert village.call("admin", "POST", path, order).json()["overwritten"] is True


def bytes_in(folder: Path) -> bool:
    return (folder / "files" / DIGEST[:2] / DIGEST).exists()


def with_photo(village: DeskVillage) -> SyncDevice:
    """A phone that told of the resident, with a case that has a photo."""
    wang = phone_of(village, "wang")
    tell_all(wang, village)
    case_about(wang, village, RESIDENT, files=[DIGEST], answers__hospital="第三医院")
    wang.sync()
    upload(wang, PICTURE)
    assert bytes_in(village.settings.data)
    return wang


def test_a_photo_of_what_was_only_held_goes_and_does_not_come_back(village: DeskVillage) -> None:
    wang, lost = phone_of(village, "wang"), phone_of(village, "li")
    tell_all(wang, village)
    order = {"orders": "lock", "reason": "丢失"}
    village.call("lead", "POST", f"/api/v1/devices/{lost.device}/revocation", order)
    case_about(lost, village, RESIDENT, files=[DIGEST])
    assert lost.push()[-1]["outcome"] == "held"
    upload(lost, PICTURE)
    erased(village)
    assert not bytes_in(village.settings.data)
    assert village.rows("SELECT 1 FROM file_names WHERE digest = ?", DIGEST) == []
    assert known(lost, DIGEST) == [DIGEST], "the phone need not keep it"
    upload(lost, PICTURE)
    assert not bytes_in(village.settings.data)
    assert faults_of(village) == []


def test_a_folder_that_was_set_back_loses_the_bytes_at_its_start(
    village: DeskVillage, tmp_path: Path
) -> None:
    with_photo(village)
    data, copy = village.settings.data, tmp_path / "yesterday"
    CliRunner().invoke(app, ["backup", str(tmp_path / "backups"), "--data", str(data)])
    [backup] = (tmp_path / "backups").glob("[0-9]*")
    copy.mkdir()
    shutil.copyfile(backup / "database.db", copy / "allpost.db")
    shutil.copytree(backup / "files", copy / "files")
    shutil.copy(data / "keys.json", copy / "keys.json")
    erased(village)
    assert not bytes_in(data) and bytes_in(copy)
    shutil.copyfile(data / revocations_log.FILE, copy / revocations_log.FILE)
    store, _ = open_data(fast_settings(copy), exclusive=True)
    store.close()
    assert not bytes_in(copy)


def test_a_backup_that_is_brought_back_does_not_bring_the_bytes(tmp_path: Path) -> None:
    with desk_village(tmp_path) as village:
        with_photo(village)
        data, backups = village.settings.data, tmp_path / "backups"
        assert CliRunner().invoke(app, ["backup", str(backups), "--data", str(data)]).exit_code == 0
        erased(village)
    restored = CliRunner().invoke(app, ["restore", str(backups), "--data", str(data)])
    assert restored.exit_code == 0, restored.output
    assert not bytes_in(data)
