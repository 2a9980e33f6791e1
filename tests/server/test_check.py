"""`allpost-server check` on a real store: nothing to say of a whole one, and each kind of damage named."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from server.check.checking import check_store
from server.check.fault import Fault
from server.cli import app
from server.keys import Keys, load_keys
from server.store.bodies import opened, sealed
from server.store.connection import open_reader
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import (
    GRID_1,
    NOW_MS,
    household_id,
    resident_id,
    small_catalogue,
    tiny_village,
)

HOUSEHOLD = household_id(GRID_1, 0)
Damage = Callable[[sqlite3.Connection, Keys], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a village in which a worker has made a round, opened a case and handed it over."""
    folder = tmp_path_factory.mktemp("whole")
    with tiny_village(folder) as village:
        device = SyncDevice(village.client, "wang", lambda: village.now_ms, small_catalogue(village.today))
        device.enrol()
        device.sync()
        worker = device.worker["id"]
        round_ = device.create("round", worker=worker, grid=GRID_1, started_at=village.moment())
        device.create(
            "visit",
            worker=worker,
            grid=GRID_1,
            household=HOUSEHOLD,
            round=round_.id,
            outcome="met",
            started_at=village.moment(),
        )
        device.sync()
        device.create(
            "case",
            item="allowance",
            item_version=1,
            state="registered",
            captured_at=village.moment(),
            household=HOUSEHOLD,
            resident=resident_id(GRID_1, 0, 0),
            applicant_name="申请人",
            holder=worker,
            first_contact=worker,
        )
        device.sync()
        device.change(HOUSEHOLD, phone="19900001234")
        device.sync()
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(whole, tmp_path / "data"))


def _faults(folder: Path, *, replayed: bool) -> list[Fault]:
    db = open_reader(folder / "allpost.db")
    try:
        keys, progress = load_keys(folder / "keys.json"), lambda what, done, total: None
        return list(check_store(db, keys, folder, NOW_MS, 5, progress, replayed=replayed))
    finally:
        db.close()


def _damage(folder: Path, harm: Damage) -> None:
    db = sqlite3.connect(folder / "allpost.db")
    with db:
        harm(db, load_keys(folder / "keys.json"))
    db.close()


PHONE = "(SELECT id FROM devices WHERE nature = 'phone')"


def _changed_with_the_key(db: sqlite3.Connection, keys: Keys) -> None:
    """What somebody could do who has the database and its keys."""
    (body,) = db.execute("SELECT body FROM records WHERE id = ?", (HOUSEHOLD,)).fetchone()
    record = opened(keys, HOUSEHOLD, body)
    record.values["phone"] = "19900009999"
    db.execute("UPDATE records SET body = ? WHERE id = ?", (sealed(keys, record), HOUSEHOLD))


def _flipped(db: sqlite3.Connection, table: str, where: str) -> None:
    rowid, body = db.execute(f"SELECT rowid, body FROM {table} WHERE {where}").fetchone()
    altered = bytearray(body)
    altered[40] ^= 1
    db.execute(f"UPDATE {table} SET body = ? WHERE rowid = ?", (bytes(altered), rowid))


def _outcome_changed(db: sqlite3.Connection, keys: Keys) -> None:
    where = f"device = {PHONE} AND first = 1"
    (text,) = db.execute(f"SELECT outcomes FROM batches WHERE {where}").fetchone()
    entries: list[dict[str, Any]] = msgspec.json.decode(text)
    entries[0]["outcome"] = "merged"
    db.execute(f"UPDATE batches SET outcomes = ? WHERE {where}", (msgspec.json.encode(entries).decode(),))


def _sql(statement: str, *values: object) -> Damage:
    return lambda db, keys: db.execute(statement, values)


DAMAGES: dict[str, tuple[Damage, str]] = {
    "a byte of a batch flipped": (
        lambda db, keys: _flipped(db, "batches", f"device = {PHONE} AND first = 3"),
        "altered-batch",
    ),
    "a batch in the middle gone": (_sql(f"DELETE FROM batches WHERE device = {PHONE} AND first = 3"), "gap"),
    "the last batch gone": (
        _sql(f"DELETE FROM batches WHERE device = {PHONE} AND first = 4"),
        "acknowledged",
    ),
    "a device's digest changed": (
        _sql(f"UPDATE devices SET digest = '{'0' * 64}' WHERE id = {PHONE}"),
        "digest",
    ),
    "a device gone": (_sql(f"DELETE FROM devices WHERE id = {PHONE}"), "unknown-device"),
    "a byte of a record flipped": (
        lambda db, keys: _flipped(db, "records", f"id = '{HOUSEHOLD}'"),
        "altered-record",
    ),
    "a record changed with the key": (_changed_with_the_key, "replayed-record"),
    "a record gone": (_sql("DELETE FROM records WHERE id = ?", HOUSEHOLD), "part-hash"),
    "a record in another feed": (
        _sql("UPDATE records SET part = 'common' WHERE id = ?", HOUSEHOLD),
        "columns",
    ),
    "a version shifted": (_sql("UPDATE records SET version = 9999 WHERE id = ?", HOUSEHOLD), "version"),
    "a version twice": (_sql("UPDATE records SET version = 1 WHERE id = ?", HOUSEHOLD), "version-twice"),
    "a state hash changed": (
        _sql("UPDATE part_hashes SET hash = zeroblob(16) WHERE part = ?", GRID_1),
        "part-hash",
    ),
    "a tally gone": (_sql("DELETE FROM tallies WHERE rule = 'visit.recorded'"), "tallies"),
    "a tally raised": (_sql("UPDATE tallies SET count = count + 1 WHERE rule = 'case.captured'"), "tallies"),
    "a tally put among the late ones": (_sql("UPDATE tallies SET late = 1"), "replayed-tallies"),
    "a counted day gone": (_sql("DELETE FROM counted_days"), "counted-days"),
    "a round's credit gone": (_sql("DELETE FROM round_credits"), "round-credits"),
    "a day's rounds raised": (_sql("UPDATE round_days SET own = own + 1"), "round-days"),
    "a due day put off": (
        _sql("UPDATE households_due SET next_due = '2030-01-01' WHERE household = ?", HOUSEHOLD),
        "households-due",
    ),
    "a grid gone": (_sql("DELETE FROM grids WHERE grid = ?", GRID_1), "grids"),
    "an assignment gone": (_sql("DELETE FROM assignments WHERE grid = ?", GRID_1), "assignments"),
    "a rota entry gone": (_sql("DELETE FROM rotas WHERE day = (SELECT min(day) FROM rotas)"), "rotas"),
    "a grant gone": (_sql("DELETE FROM grants"), "grant"),
    "an outcome changed": (_outcome_changed, "replayed-outcome"),
}


def test_a_whole_store_has_no_faults(folder: Path) -> None:
    assert _faults(folder, replayed=True) == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named(folder: Path, damage: str) -> None:
    harm, code = DAMAGES[damage]
    _damage(folder, harm)
    found = _faults(folder, replayed=code.startswith("replayed"))
    assert code in {fault.code for fault in found}, [fault.line() for fault in found]
    assert all(fault.message and fault.message_en for fault in found)


def test_a_missing_batch_ends_the_replay_and_says_where(folder: Path) -> None:
    _damage(folder, DAMAGES["a batch in the middle gone"][0])
    (told,) = (fault for fault in _faults(folder, replayed=True) if fault.code == "replay")
    assert "第 4 条" in told.where


def test_the_command_tells_people_and_scripts(folder: Path) -> None:
    given = ["--data", str(folder)]
    well = CliRunner().invoke(app, ["check", *given])
    assert well.exit_code == 0 and "没有发现问题" in well.output
    _damage(folder, DAMAGES["a tally gone"][0])
    found = CliRunner().invoke(app, ["check", *given])
    assert found.exit_code == 1 and "计数" in found.output and "visit.recorded" in found.output
    scripted = CliRunner().invoke(app, ["check", "--json", "--quick", *given])
    assert scripted.exit_code == 1
    told = json.loads(scripted.stdout)
    assert told["replayed"] is False and told["faults"][0]["code"] == "tallies"


def test_a_folder_without_a_database_is_told(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["check", "--data", str(tmp_path / "nothing")])
    assert told.exit_code == 1 and "没有数据库" in told.output
