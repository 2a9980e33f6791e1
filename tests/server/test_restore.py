"""Restoring yesterday's backup: two phones ahead of it, one enrolled after it, one revoked after it.

Everything is offered again once, nothing is lost or doubled, and what was taken away stays taken away.
"""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from grid_map.days import count_day
from server import revocations_log
from server.backup import swap
from server.backup.manifest import MANIFEST, every_backup, read_manifest
from server.cli import app
from server.clock import unix_ms
from server.data_folder import open_data
from server.store.connection import Ownership
from sync.clock import moment
from tests.server.served_village import ServedVillage, served_village
from tests.server.sync_device import Refused, SyncDevice
from tests.server.sync_village import (
    GRID_1,
    GRID_2,
    GRID_3,
    VILLAGE,
    fast_settings,
    founded_folder,
    household_id,
    resident_id,
    small_catalogue,
)

HOME_1, HOME_2, HOME_3 = (household_id(grid, 0) for grid in (GRID_1, GRID_2, GRID_3))
DAY_MS = 86_400_000


def done(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 1, result.output
    return result.output


def phone(served: ServedVillage, username: str) -> SyncDevice:
    device = SyncDevice(served.client, username, unix_ms, small_catalogue(count_day(unix_ms())))
    device.enrol()
    device.sync()
    return device


def notes(device: SyncDevice, home: str, *said: str) -> None:
    for note in said:
        device.change(home, note=note)
    device.push()


def rows(data: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(data / "allpost.db")) as db:
        return db.execute(query).fetchall()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return founded_folder(tmp_path / "data")


@pytest.fixture
def served(data: Path) -> Iterator[ServedVillage]:
    with served_village(data) as running:
        yield running


def test_yesterdays_backup(data: Path, tmp_path: Path, served: ServedVillage) -> None:
    backups = tmp_path / "backups"
    wang, li, lost = phone(served, "wang"), phone(served, "li"), phone(served, "li")
    notes(wang, HOME_1, "一")
    notes(li, HOME_2, "一")
    done("backup", backups, "--data", data)

    notes(wang, HOME_1, "二", "三")
    notes(li, HOME_2, "二")
    lead = phone(served, "lead")
    notes(lead, HOME_3, "新")
    late = phone(served, "lead")  # enrolled and revoked after the backup
    for device in (lost, late):
        done("device", "revoke", device.device, "--reason", "丢失", "--orders", "wipe", "--data", data)
    assert "正在使用" in refused("restore", backups, "--data", data)
    served.kill()

    said = done("restore", backups, "--data", data)
    assert "revoke 2" in said and f"{wang.device} 将补报" in said and f"{lead.device} 须重新登记" in said
    served.start()

    for device in (wang, li):
        device.sync()
        assert device.acknowledged == len(device.captured)
    with pytest.raises(Refused, match="unknown-device"):
        lead.push()
    lead.enrol_anew()
    lead.sync()
    for device in (lost, late):
        assert device.status()["orders"] == "wipe"
        with pytest.raises(Refused, match="device-revoked"):
            device.call("GET", "/changes", params={"village": VILLAGE, "after": ""})
    for device, home, note, revision in (
        (wang, HOME_1, "三", 4),
        (li, HOME_2, "二", 3),
        (lead, HOME_3, "新", 2),
    ):
        shown = device.see(home)
        assert (shown.values["note"], shown.revision) == (note, revision), "each of them once"
    assert [why for (why,) in rows(data, "SELECT why FROM epochs ORDER BY rowid")] == ["founded", "restore"]
    phones = "FROM batches b JOIN devices d ON d.id = b.device WHERE d.nature = 'phone'"
    assert rows(data, f"SELECT sum(b.last - b.first + 1) {phones}") == [(3 + 2 + 1,)], "each of them once"
    done("check", "--data", data)


def test_closed_accounts_and_lost_grids_stay_so(data: Path, tmp_path: Path, served: ServedVillage) -> None:
    backups = tmp_path / "backups"
    wang, li = phone(served, "wang"), phone(served, "li")
    done("backup", backups, "--data", data)
    served.client.headers["authorization"] = f"Bearer {session(served, 'lead')}"
    assigned = served.client.get(f"/api/v1/villages/{VILLAGE}/assignments").json()
    mine = next(one for one in assigned if one["worker"] == wang.worker["id"])
    yesterday = count_day(unix_ms() - DAY_MS).isoformat()
    path = f"/api/v1/villages/{VILLAGE}/assignments/{mine['id']}/end"
    ended = served.client.post(path, json={"to_day": yesterday, "reason": "调岗"})
    assert ended.status_code < 300, ended.text
    done("account", "close", "li", "--data", data)
    person = resident_id(GRID_2, 0, 0)
    done("erase", person, "--reason", "consent-withdrawn", "--yes", "--data", data)
    served.kill()
    said = done("restore", backups, "--data", data)
    assert "scope-loss 1" in said and "close-account 1" in said and "erase 1" in said
    assert rows(data, f"SELECT count(*) FROM records WHERE id = '{person}'") == [(0,)]
    served.start()
    assert wang.status()["scope"]["villages"][0]["grids"] == []
    with pytest.raises(Refused, match="device-revoked"):
        li.pull_all()
    served.client.headers["authorization"] = f"Bearer {session(served, 'lead')}"
    body = {"worker": wang.worker["id"], "grid": GRID_1, "from_day": yesterday}
    assert served.client.post(f"/api/v1/villages/{VILLAGE}/assignments", json=body).status_code < 300
    assert wang.status()["scope"]["villages"][0]["grids"] == [GRID_1]


def session(served: ServedVillage, username: str) -> str:
    from tests.server.sync_village import PASSWORD

    reply = served.client.post("/api/v1/sessions", json={"username": username, "password": PASSWORD})
    return str(reply.json()["token"])


def test_a_snapshot_brought_back_is_noticed_by_the_log(
    data: Path, tmp_path: Path, served: ServedVillage
) -> None:
    li = phone(served, "li")
    served.stop()
    snapshot = (data / "allpost.db").read_bytes()
    done("device", "revoke", li.device, "--reason", "丢失", "--data", data)
    (data / "allpost.db").write_bytes(snapshot)
    served.start()
    assert li.status()["orders"] == "lock"
    assert [why for (why,) in rows(data, "SELECT why FROM epochs ORDER BY rowid")] == ["founded", "log"]
    served.stop()
    served.start()
    assert len(rows(data, "SELECT * FROM epochs")) == 2


@pytest.mark.parametrize("how", ["gone", "cut", "altered", "empty"])
def test_a_log_that_is_not_whole_is_lost(data: Path, how: str) -> None:
    settings = fast_settings(data)
    store, _ = open_data(settings, exclusive=True)
    store.write_now(lambda db: revocations_log.append(db, "orders", {"orders": "lock"}, unix_ms()))
    store.close()
    log = data / "revocations.log"
    lines = log.read_bytes().splitlines(keepends=True)
    match how:
        case "gone":
            log.unlink()
        case "cut":
            log.write_bytes(b"".join(lines[:-1]))
        case "altered":
            log.write_bytes(b"".join(lines).replace(b"lock", b"none"))
        case _:
            log.write_bytes(b"")
    store, _ = open_data(settings, exclusive=True)
    store.close()
    assert rows(data, "SELECT detail FROM audit WHERE action = 'revocations.lost'") == [('{"phones":0}',)]
    assert [line.kind for line in revocations_log.read_log(log)] == ["begin"]
    store, _ = open_data(settings, exclusive=True)
    store.close()
    assert rows(data, "SELECT count(*) FROM audit WHERE action = 'revocations.lost'") == [(1,)]


def test_a_line_that_the_power_cut_short_never_counted(data: Path) -> None:
    settings = fast_settings(data)
    store, _ = open_data(settings, exclusive=True)
    store.close()
    with (data / "revocations.log").open("ab") as log:
        log.write(b'{"number":2,"at":"2026')
    store, _ = open_data(settings, exclusive=True)
    store.write_now(lambda db: revocations_log.append(db, "confirm", {"device": "x"}, unix_ms()))
    store.close()
    assert [line.number for line in revocations_log.read_log(data / "revocations.log")] == [1, 2]
    assert rows(data, "SELECT count(*) FROM epochs") == [(1,)]


@pytest.mark.parametrize("more", [False, True])
def test_a_line_whose_commit_failed_is_carried_out_at_the_start(data: Path, more: bool) -> None:
    settings = fast_settings(data)
    store, _ = open_data(settings, exclusive=True)

    def work(db: sqlite3.Connection) -> None:
        revocations_log.append(db, "close-account", {"account": worker}, unix_ms())
        raise ArithmeticError

    worker = rows(data, "SELECT id FROM accounts WHERE username = 'li'")[0][0]
    with pytest.raises(ArithmeticError):
        store.write_now(work)
    if more:  # another line, of a commit that succeeds, stands behind it
        store.write_now(lambda db: revocations_log.append(db, "confirm", {"device": "x"}, unix_ms()))
    store.close()
    for _ in range(2):
        store, _ = open_data(settings, exclusive=True)
        store.close()
    epochs = rows(data, "SELECT count(*) FROM epochs")
    assert epochs == [(2,)], "one for what was owed, and none for starting again"
    assert rows(data, "SELECT closed_at IS NOT NULL FROM accounts WHERE username = 'li'") == [(1,)]


def test_without_its_log_phones_hand_over_and_read_nothing(data: Path, served: ServedVillage) -> None:
    li = phone(served, "li")
    served.stop()
    (data / "revocations.log").unlink()
    served.start()
    notes(li, HOME_2, "照常")
    li.status()
    with pytest.raises(Refused, match="device-unconfirmed"):
        li.pull_all()
    fresh = SyncDevice(served.client, "li", unix_ms, li.catalogue)
    fresh.enrol()
    with pytest.raises(Refused, match="device-unconfirmed"):
        fresh.pull_all()
    done("device", "confirm", li.device, "--data", data)
    li.pull_all()
    done("device", "confirm", "--all", "--data", data)
    phone(served, "li")
    served.stop()
    served.start()
    li.pull_all()


def test_on_another_computer_only_the_log_of_the_backup_is_there(data: Path, tmp_path: Path) -> None:
    backups, other = tmp_path / "backups", tmp_path / "other"
    with served_village(data) as served:
        phone(served, "li")
        done("backup", backups, "--data", data)
    assert "停用记录丢失：1 台" in done("restore", backups, "--data", other)
    with_log = tmp_path / "with-log"
    said = done("restore", backups, "--log", data / "revocations.log", "--data", with_log)
    assert "丢失" not in said
    assert rows(with_log, "SELECT count(*) FROM unconfirmed") == [(0,)]
    assert rows(other, "SELECT count(*) FROM unconfirmed") == [(1,)]
    done("check", "--data", with_log)


def test_an_old_backup_needs_a_word(data: Path, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    done("backup", backups, "--data", data)
    backup = every_backup(backups)[0]
    old = msgspec.structs.replace(read_manifest(backup), made_at=moment(unix_ms() - 32 * DAY_MS))
    (backup / MANIFEST).write_bytes(msgspec.json.encode(old))
    assert "--older" in refused("restore", backups, "--data", data)
    done("restore", backups, "--older", "--data", data)


def test_killed_in_the_middle_of_a_restore(data: Path, tmp_path: Path) -> None:
    """Before the swap nothing has moved; in its middle nobody opens the folder until it is finished."""
    backups = tmp_path / "backups"
    files = data / "files" / "ab"
    files.mkdir(parents=True)
    for number in range(300):
        (files / f"{number:064x}").write_bytes(bytes(20_000))
    done("backup", backups, "--data", data)
    before = {path.name: path.stat().st_ino for path in data.iterdir()}
    words = ["restore", str(backups), "--data", str(data)]
    process = subprocess.Popen([sys.executable, "-c", "from server.cli import app; app()", *words])
    end = time.monotonic() + 20
    while len(list(data.glob("restoring/files/ab/*"))) < 20:
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert before.items() <= {path.name: path.stat().st_ino for path in data.iterdir()}.items()
    done("check", "--data", data)
    done(*words)
    assert len(list(data.glob("before-restore-*/files/ab/*"))) == 300 == len(list(files.iterdir()))


@pytest.mark.parametrize("moves", [0, 1, 3, 5, 7])
def test_a_swap_is_finished_from_every_step(data: Path, tmp_path: Path, moves: int, monkeypatch: Any) -> None:
    backups = tmp_path / "backups"
    (data / "files").mkdir()
    (data / "files" / "one").write_bytes(b"sealed")
    done("backup", backups, "--data", data)
    left = [moves]
    rename = Path.rename

    def cut_short(path: Path, target: Path) -> Path:
        if "before-restore" in str(target) or "restoring" in str(path):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", cut_short)
    result = CliRunner().invoke(app, ["restore", str(backups), "--data", str(data)])
    monkeypatch.undo()
    if swap.is_unfinished(data):
        assert result.exit_code != 0
        assert "--finish" in refused("device", "list", "--data", data)
        done("restore", "--finish", "--data", data)
    (aside,) = data.glob("before-restore-*")
    assert {"allpost.db", "keys.json", "files"} <= {path.name for path in aside.iterdir()}
    assert not (data / "restoring").exists()
    assert rows(data, "SELECT count(*) FROM epochs WHERE why = 'restore'") == [(1,)]
    assert rows(aside, "SELECT count(*) FROM epochs WHERE why = 'restore'") == [(0,)]
    done("check", "--quick", "--data", data)


def test_nothing_is_restored_while_a_server_owns_the_folder(data: Path, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    done("backup", backups, "--data", data)
    with Ownership(data / "allpost.db"):
        assert "正在使用" in refused("restore", backups, "--data", data)
    assert not (data / "restoring").exists()
