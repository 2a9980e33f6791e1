"""Backups beside a running server under load, cut short by a kill, incremental, with wrapped keys, damaged."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from grid_map.days import count_day
from server.backup.manifest import DATABASE, KEYS, MANIFEST, SEALED_KEYS, every_backup, read_manifest
from server.cli import app
from server.clock import unix_ms
from tests.server.served_village import ServedVillage, served_village
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import GRID_1, founded_folder, household_id, small_catalogue


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def done(*words: object) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return founded_folder(tmp_path / "data")


class Pushing(threading.Thread):
    """A phone that captures and pushes until it is told to stop."""

    def __init__(self, served: ServedVillage) -> None:
        super().__init__()
        client = httpx.Client(base_url=served.client.base_url, timeout=30)
        self.device = SyncDevice(client, "wang", unix_ms, small_catalogue(count_day(unix_ms())))
        self.device.enrol()
        self.device.sync()
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            for _ in range(5):
                self.device.change(household_id(GRID_1, 0), note=f"{time.monotonic_ns()}")
            self.device.laid_over = self.device.laid_over[-1:]
            self.device.push(limit=5)


def test_beside_a_server_under_load(data: Path, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    with served_village(data) as served:
        phone = Pushing(served)
        phone.start()
        done("backup", backups, "--data", data)
        time.sleep(0.3)
        before = phone.device.acknowledged
        done("backup", backups, "--data", data)
        time.sleep(0.3)
        phone.stopping.set()
        phone.join()
        assert phone.device.acknowledged > before > 0, "pushing went on"
        output = done("restore", backups, "--drill", "--data", data)
        phone.device.client.close()
    assert "演练通过" in output and not list(data.glob("restoring*"))
    first, second = (read_manifest(path).counts["operations"] for path in every_backup(backups))
    assert second > first


def test_files_are_linked_from_the_backup_before(data: Path, tmp_path: Path) -> None:
    file = data / "files" / "ab" / ("ab" * 32)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"sealed" * 1000)
    (data / "files" / ".placing").touch()
    (data / "uploads").mkdir()
    (data / "uploads" / "half").write_bytes(b"frames")
    backups = tmp_path / "backups"
    done("backup", backups, "--data", data)
    done("backup", backups, "--data", data)
    first, second = every_backup(backups)
    inside = file.relative_to(data)
    assert (first / inside).stat().st_ino == (second / inside).stat().st_ino
    assert (second / DATABASE).stat().st_ino != (first / DATABASE).stat().st_ino
    assert not (second / "uploads").exists() and not (second / "files" / ".placing").exists()
    assert read_manifest(first).parts[1] == read_manifest(second).parts[1]
    done("restore", backups, "--drill", "--data", data)
    done("backup", backups, "--keep", 1, "--data", data)
    assert len(every_backup(backups)) == 1 and (every_backup(backups)[0] / inside).exists()


def test_a_folder_with_other_things_is_refused(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "photos"
    other.mkdir()
    (other / "cat.jpg").touch()
    refused = run("backup", other, "--data", data)
    assert refused.exit_code == 1 and "不是备份文件夹" in refused.output
    assert [path.name for path in other.iterdir()] == ["cat.jpg"]


def test_killed_in_the_middle(data: Path, tmp_path: Path) -> None:
    """Half of a backup is never taken for one, and the next backup clears it away."""
    files = data / "files" / "cd"
    files.mkdir(parents=True)
    for number in range(400):
        (files / f"{number:064x}").write_bytes(os.urandom(20_000))
    backups = tmp_path / "backups"
    words = ["backup", str(backups), "--data", str(data)]
    process = subprocess.Popen([sys.executable, "-c", "from server.cli import app; app()", *words])
    end = time.monotonic() + 20
    while len(list(backups.glob("*.part/files/cd/*"))) < 20:
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert every_backup(backups) == [] and list(backups.glob("*.part"))
    assert "不是备份" in run("restore", backups, "--drill", "--data", data).output
    done(*words)
    assert len(every_backup(backups)) == 1 and not list(backups.glob("*.part"))


def test_keys_under_a_passphrase(data: Path, tmp_path: Path) -> None:
    backups, secret, wrong = tmp_path / "backups", tmp_path / "secret", tmp_path / "wrong"
    secret.write_text("一句足够长的口令\n")
    wrong.write_text("另一句足够长的口令\n")
    done("backup", backups, "--keys-passphrase-file", secret, "--data", data)
    backup = every_backup(backups)[0]
    assert (backup / SEALED_KEYS).exists() and not (backup / KEYS).exists()
    keys = (data / "keys.json").read_bytes()
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    assert "--keys-passphrase-file" in run("restore", backups, "--drill", "--data", fresh).output
    assert "口令不对" in run("restore", backups, "--keys-passphrase-file", wrong, "--data", fresh).output
    done("restore", backups, "--keys-passphrase-file", secret, "--data", fresh)
    assert (fresh / "keys.json").read_bytes() == keys
    assert (fresh / "keys.json").stat().st_mode & 0o077 == 0


def test_without_keys(data: Path, tmp_path: Path) -> None:
    backups, fresh = tmp_path / "backups", tmp_path / "fresh"
    done("backup", backups, "--without-keys", "--data", data)
    assert "keys.json" in run("restore", backups, "--drill", "--data", fresh).output
    done("restore", backups, "--drill", "--data", data)


@pytest.mark.parametrize("name", [DATABASE, KEYS, MANIFEST])
def test_a_damaged_backup_is_not_restored(data: Path, tmp_path: Path, name: str) -> None:
    backups = tmp_path / "backups"
    done("backup", backups, "--data", data)
    path = every_backup(backups)[0] / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    before = (data / "allpost.db").read_bytes()
    refused = run("restore", backups, "--data", data)
    assert refused.exit_code == 1 and "已损坏" in refused.output
    assert (data / "allpost.db").read_bytes() == before and not (data / "restoring").exists()
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    assert run("restore", backups, "--drill", "--data", data).exit_code == 1


@pytest.mark.parametrize("damage", ["gone", "altered"])
def test_a_file_that_the_backup_before_lost_is_copied_again(data: Path, tmp_path: Path, damage: str) -> None:
    file = data / "files" / "ab" / ("ab" * 32)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"sealed" * 1000)
    backups, inside = tmp_path / "backups", file.relative_to(data)
    done("backup", backups, "--data", data)
    [first] = every_backup(backups)
    if damage == "gone":
        (first / inside).unlink()
    else:
        (first / inside).write_bytes(b"rotten" * 1000)
    done("backup", backups, "--data", data)
    assert (every_backup(backups)[-1] / inside).read_bytes() == file.read_bytes()
    done("restore", backups, "--drill", "--data", data)
