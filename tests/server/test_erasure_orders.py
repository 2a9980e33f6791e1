"""Ordering an erasure at the desk and by command, the files of the erased, and doing it again after a restore."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from server import revocations_log
from server.cli import app
from server.erasure.clearing import clear_away
from server.erasure.erasing import Reason, apply_erasure, erase
from server.erasure.finding import look, still_right
from server.roles import Role
from server.store import erasures
from server.store.bodies import opened
from server.store.knowledge import Knowledge
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.erasing_village import (
    HOUSEHOLD,
    NAME,
    OTHER,
    PHONE,
    RESIDENT,
    case_about,
    erased,
    phone_of,
    tell_all,
    visit_at,
)
from tests.server.pictures import digest_of, known, picture, upload
from tests.server.sync_village import TinyVillage, faults_of, tiny_village, village_again

PATH = f"/api/v1/residents/{RESIDENT}/erasure"
ORDER = {"reason": "consent-withdrawn"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        yield village


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path / "data") as village:
        yield village


def command(village: TinyVillage, *arguments: str, typed: str = "") -> Result:
    """The command beside the running server."""
    return CliRunner().invoke(app, ["erase", *arguments, "--data", str(village.settings.data)], input=typed)


def test_the_city_administrator_sees_what_goes_and_orders_it(desk: DeskVillage) -> None:
    told = tell_all(phone_of(desk, "wang"), desk)
    shown = desk.call("admin", "GET", f"{PATH}?visit={told.note_visit}").json()
    assert shown["records"] == {"case": 2, "reading": 1, "resident": 2, "task": 1}
    assert (shown["cleaned"], shown["visits"], shown["not_found"]) == (2, [told.note_visit], [])
    assert shown["to_look_at"] == []
    without = desk.call("admin", "GET", PATH).json()
    assert [(one["record"], one["fields"]) for one in without["to_look_at"]] == [(told.note_visit, ["/note"])]
    assert NAME not in json.dumps(without, ensure_ascii=False)
    assert RESIDENT in desk.records(), "a preview removes nothing"
    done = desk.call("admin", "POST", PATH, ORDER | {"visits": [told.note_visit]})
    assert done.status_code == 200 and done.json()["overwritten"] is True
    assert done.json()["done"]["operations"] == shown["operations"] >= 9
    assert desk.call("admin", "POST", PATH, ORDER).json()["done"]["again"] is True
    after = desk.call("admin", "GET", PATH).json()
    assert after["reason"] == "consent-withdrawn" and after["erased_at"] == desk.moment()
    assert faults_of(desk) == []


@pytest.mark.parametrize("username", ["wang", "li", "lead", "clerk", "supervisor"])
def test_nobody_else_may_look_or_order(desk: DeskVillage, username: str) -> None:
    for method, body in (("GET", None), ("POST", ORDER)):
        assert desk.call(username, method, PATH, body).status_code == 403
        assert desk.call(username, method, PATH.replace(RESIDENT, "nobody"), body).status_code == 403
    assert RESIDENT in desk.records()


def test_another_city_s_administrator_finds_nobody(desk: DeskVillage) -> None:
    desk.add_account("far-admin", Role.CITY_ADMINISTRATOR, "330402")
    assert desk.call("far-admin", "GET", PATH).status_code == 404
    assert desk.call("far-admin", "POST", PATH, ORDER).status_code == 404
    assert desk.call("admin", "POST", PATH.replace(RESIDENT, HOUSEHOLD), ORDER).status_code == 404
    assert desk.call("admin", "POST", PATH, ORDER | {"visits": [HOUSEHOLD]}).status_code == 404
    assert desk.call("admin", "POST", PATH, {"reason": f"{NAME}自己要求"}).status_code in (400, 422)
    assert RESIDENT in desk.records()


def test_the_command_asks_for_the_id_again(village: TinyVillage) -> None:
    tell_all(phone_of(village, "wang"), village)
    shown = command(village, RESIDENT, "--preview")
    assert shown.exit_code == 0 and "居民" in shown.output and NAME not in shown.output
    assert command(village, RESIDENT).exit_code == 1
    assert command(village, "nobody", "--reason", "unlawful", "--yes").exit_code == 1
    assert command(village, RESIDENT, "--reason", "unlawful", "--visit", HOUSEHOLD, "--yes").exit_code == 1
    wrong = command(village, RESIDENT, "--reason", "unlawful", typed=f"{OTHER}\n")
    assert wrong.exit_code == 1 and RESIDENT in village.records()
    done = command(village, RESIDENT, "--reason", "unlawful", typed=f"{RESIDENT}\n")
    assert done.exit_code == 0, done.output
    assert RESIDENT not in village.records()
    again = command(village, RESIDENT)
    assert again.exit_code == 0 and "此前已删除" in again.output
    assert command(village, RESIDENT, "--preview", "--json").exit_code == 0


def test_a_running_server_knows_what_a_command_erased(village: TinyVillage) -> None:
    wang = phone_of(village, "wang")
    told = tell_all(wang, village)
    assert command(village, RESIDENT, "--reason", "unlawful", "--yes").exit_code == 0
    wang.change(told.case, note="又补了材料")
    [outcome] = wang.push()
    assert [problem["code"] for problem in outcome["problems"]] == ["erased"]


def test_what_comes_between_looking_and_writing_is_erased_too(village: TinyVillage) -> None:
    wang = phone_of(village, "wang")
    tell_all(wang, village)
    looked = village.store.read_now(lambda db: look(db, village.keys, RESIDENT, []))
    assert village.store.read_now(lambda db: still_right(db, village.keys, looked))
    wang.change(HOUSEHOLD, phone="13800000000")
    wang.sync()
    assert village.store.read_now(lambda db: still_right(db, village.keys, looked)), "somebody else's"
    later = case_about(wang, village, RESIDENT, answers__hospital="第五医院")
    rejected = case_about(wang, village, RESIDENT, item="unknown-item")
    wang.sync()
    assert not village.store.read_now(lambda db: still_right(db, village.keys, looked))
    knowledge = Knowledge(village.keys)
    village.store.write_now(
        lambda db: erase(
            db, village.keys, knowledge, RESIDENT, Reason.UNLAWFUL, [], village.now_ms, by=None, looked=looked
        )
    )
    gone = {record for (record,) in village.rows("SELECT record FROM erased_records")}
    assert {later, rejected} <= gone and later not in village.records()
    assert faults_of(village) == []


def test_files_that_nothing_else_names_go_and_do_not_come_back(village: TinyVillage) -> None:
    wang = phone_of(village, "wang")
    mine, shared, late = (picture(number) for number in (31, 32, 33))
    digests = [digest_of(plain) for plain in (mine, shared, late)]
    tell_all(wang, village)
    case_about(wang, village, RESIDENT, files=digests[:2], answers__hospital="第三医院")
    visit_at(wang, village, [OTHER], photos=[digests[1]])
    wang.sync()
    for plain in (mine, shared):
        upload(wang, plain)
    folder = village.settings.data / "files"
    paths = [folder / digest[:2] / digest for digest in digests]
    assert [path.exists() for path in paths] == [True, True, False]
    erased(village)
    assert [path.exists() for path in paths] == [False, True, False]
    offline = case_about(wang, village, RESIDENT, files=[digests[2]], answers__hospital="第四医院")
    wang.push()
    assert offline not in village.records()
    assert sorted(known(wang, *digests)) == sorted(digests), "no device has to keep or bring any of them"
    for plain in (mine, late):
        upload(wang, plain)
    assert [path.exists() for path in paths] == [False, True, False]
    assert faults_of(village) == []


def test_a_restore_erases_again_what_the_log_says(village: TinyVillage, tmp_path: Path) -> None:
    """A copy of the folder from before is put back; devices offer what it had lost, and nothing comes back."""
    wang = phone_of(village, "wang")
    told = tell_all(wang, village)
    copy = tmp_path / "yesterday"
    copy.mkdir()
    village.store.write_now(lambda db: db.execute("SELECT 1"))
    assert clear_away(village.settings, village.keys)
    shutil.copy(village.settings.database_path, copy / "allpost.db")
    shutil.copy(village.settings.keys_path, copy / "keys.json")
    wang.change(RESIDENT, note=f"{NAME}今天又说")
    lost = case_about(wang, village, RESIDENT, answers__hospital="新的医院")
    wang.sync()
    erased(village, visits=(told.note_visit,))
    [line] = [
        one
        for one in revocations_log.read_log(village.settings.data / revocations_log.FILE)
        if one.kind == "erase"
    ]
    assert NAME not in json.dumps(line.body, ensure_ascii=False) and PHONE not in json.dumps(line.body)
    with village_again(copy) as restored:
        assert RESIDENT in restored.records() and lost not in restored.records()
        done = restored.store.write_now(lambda db: apply_erasure(db, restored.keys, line.body))
        assert (done.again, done.records, done.visits) == (False, 6, 1)
        assert restored.store.write_now(lambda db: apply_erasure(db, restored.keys, line.body)).again
        # what was erased and then lost had arrived once: no phone has its bytes, and nobody misses it
        acknowledged = restored.rows("SELECT acknowledged FROM devices WHERE id = ?", wang.device)[0][0]
        assert restored.store.read_now(lambda db: erasures.lost_after(db, wang.device, acknowledged)) == 2
        restored.intake.knowledge.forget()
        wang.client = restored.client
        # the first tells of the loss, by its receipt
        assert wang.push_body(wang.captured)["epoch"] != wang.epoch
        reply = wang.push_body(wang.captured)
        assert {p["code"] for entry in reply["outcomes"] for p in entry.get("problems", ())} >= {"erased"}
        records = restored.records()
        assert restored.store.read_now(lambda db: erasures.lost_after(db, wang.device, acknowledged)) == 0
        assert not {RESIDENT, told.case, lost} & records.keys()
        bodies = restored.rows("SELECT id, body FROM records")
        assert not [one for one, body in bodies if NAME in str(opened(restored.keys, one, body).values)]
        assert faults_of(restored) == []
