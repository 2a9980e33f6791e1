"""The commands of a locked, lost and helped device: in words, by PIN files for scripts, never a traceback."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from field_client.cli import app
from tests.field_client.field_commands import Commands
from tests.field_client.field_world import PIN
from tests.field_client.test_field_files import picture
from tests.field_client.test_field_lost import order, read_out
from tests.server.sync_village import GRID_1, PASSWORD, TinyVillage, household_id

HOME = household_id(GRID_1, 0)
NEW_PIN = "975310"


@pytest.fixture
def new_pin(tmp_path: Path) -> str:
    file = tmp_path / "new.pin"
    file.write_text(f"{NEW_PIN}\n", encoding="utf-8")
    return str(file)


def typed(run: Commands, *arguments: str, text: str) -> str:
    result = CliRunner().invoke(app, ["--data", str(run.path), *arguments], input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output + result.stderr


def test_the_pin_is_asked_for_unseen_and_twice_where_it_is_new(
    run: Commands,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.delenv("ALLPOST_FIELD_PIN")
    said = typed(run, "status", text=f"{PIN}\n{PIN}\n")
    assert "设一个口令" in said and "还没有登记" in said and PIN not in said
    assert "口令" in typed(run, "status", text=f"{PIN}\n")
    assert "还能试4次" in typed(run, "status", text="864202\n")
    file = tmp_path / "pin"
    file.write_text(PIN, encoding="utf-8")
    assert "还没有登记" in run("status", "--pin-file", str(file)).stderr


def test_a_pin_that_is_easy_to_guess_is_refused_in_words(
    run: Commands,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALLPOST_FIELD_PIN", "123456")
    result = run("status")
    assert result.exit_code == 2 and "连续" in result.stderr


def test_changing_the_pin(enrolled: Commands, new_pin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "已更换" in enrolled("pin", "change", "--new-pin-file", new_pin).stdout
    assert "口令不对" in enrolled("status").stderr
    monkeypatch.setenv("ALLPOST_FIELD_PIN", NEW_PIN)
    assert enrolled("status").exit_code == 0


def test_locked_out_it_says_the_ways_on_and_each_of_them_works(
    enrolled: Commands,
    village: TinyVillage,
    new_pin: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = enrolled
    run.json("ask", "能不能在村里交水费")
    device = run.json("status")["device"]
    code = read_out(village, device)
    monkeypatch.setenv("ALLPOST_FIELD_PIN", "864202")
    for _ in range(4):
        assert run("status").exit_code == 1
    told = run("status").stderr
    assert "已作废" in told and "allpost-field unlock" in told and "--code" in told and "hand-over" in told
    run.network.down = False
    assert "口令已作废" in run("orders").stdout and "记录1条" in run("orders").stdout
    assert "新记录1条" in run("hand-over").stdout
    run.network.down = True
    assert "开锁码不对" in run("unlock", "--code", "0000-0000-0000-0000", "--new-pin-file", new_pin).stderr
    assert "已打开" in run("unlock", "--code", code, "--new-pin-file", new_pin).stdout
    monkeypatch.setenv("ALLPOST_FIELD_PIN", NEW_PIN)
    run.network.down = False
    assert run.json("sync")["counts"] == {"applied": 1}
    assert "已打开" in run("unlock", "-u", "wang", "-p", PASSWORD, "--new-pin-file", new_pin).stdout


def test_a_wipe_by_order_says_what_remains_and_hand_over_ends_it(
    enrolled: Commands,
    village: TinyVillage,
) -> None:
    run = enrolled
    run.json("ask", "能不能在村里交水费")
    order(village, run.json("status")["device"], "wipe")
    run.network.down = False
    assert "清除本机资料" in run("orders").stdout
    told = run("status")
    assert told.exit_code == 1 and "1条记录" in told.stderr and "hand-over" in told.stderr
    said = run("hand-over").stdout
    assert "新记录1条" in said and "全部清除" in said
    assert "还没有登记" in run("orders").stderr


def test_a_rescue_file_is_made_and_handed_in_by_a_colleague(
    enrolled: Commands,
    village: TinyVillage,
    tmp_path: Path,
) -> None:
    run = enrolled
    run.json("ask", "能不能在村里交水费")
    file, again = tmp_path / "wang.rescue", tmp_path / "closed.rescue"
    assert "只有服务器能打开" in run("rescue", "make", str(file)).stdout
    assert "已存在" in run("rescue", "make", str(file)).stderr
    assert run("rescue", "make", "--closed", str(again)).exit_code == 0
    own, run.path = run.path, tmp_path / "li.db"
    run.network.down = False
    run.times._seed = "li"
    assert run("enrol", "http://testserver.local", "-u", "li", "-p", PASSWORD).exit_code == 0
    assert "新记录1条" in run("rescue", "hand-in", str(file)).stdout
    assert [one["operations_known"] for one in run.json("rescue", "hand-in", str(file), str(again))] == [1, 1]
    assert (
        "不是完整的救援文件"
        in run("rescue", "hand-in", str(tmp_path / "new")).stderr + run("rescue", "hand-in", str(own)).stderr
    )


def test_a_visit_with_a_photo_and_the_proof_that_it_arrived(
    enrolled: Commands,
    village: TinyVillage,
    tmp_path: Path,
) -> None:
    run = enrolled
    photo = str(picture(tmp_path / "photo.jpg"))
    visit = run.json("visit", "add", HOME, "--photo", photo)
    case = run.json("case", "new", "permit", "--household", HOME, "--name", "演示人", "--answer", "hospital=医院",
                    "--file", photo)  # fmt: skip
    assert "还没有送达回执" in run("proof", visit["operation"]).stderr
    run.network.down = False
    assert run.json("sync")["files_uploaded"] == 1
    run.json("sync")
    proof = run("proof", visit["operation"]).stdout
    assert "已送达" in proof and "签名核对无误" in proof
    assert run.json("proof", visit["operation"])["counter"] == visit["counter"]
    assert "1 / 1 已到" in run("case", "show", case["record"]["id"]).stdout
    assert "不是能读的照片" in run("visit", "add", HOME, "--photo", str(run.path)).stderr


def test_under_a_lock_a_visit_and_a_case_are_captured_as_they_are_typed(
    enrolled: Commands, village: TinyVillage
) -> None:
    run = enrolled
    order(village, run.json("status")["device"], "lock")
    run.network.down = False
    run.json("sync")
    assert "已被锁定" in run("households", "search", "沈").stderr
    visit = run("visit", "add", "演示路0号沈家")
    assert visit.exit_code == 0 and "照所写的" in visit.stderr
    case = run.json("case", "new", "permit", "--name", "演示人", "--answer", "hospital=医院")["record"]["id"]
    assert run.json("sync")["counts"] == {"applied": 3}
    places = [one.values.get("place") for _, one in village.records().values() if one.kind == "visit"]
    assert places == ["演示路0号沈家"] and village.record(case).values["applicant_name"] == "演示人"


def test_a_locked_out_device_hands_over_and_is_wiped_at_a_sync_too(
    enrolled: Commands, village: TinyVillage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = enrolled
    asked = run.json("ask", "能不能在村里交水费")["record"]
    device = run.json("status")["device"]
    monkeypatch.setenv("ALLPOST_FIELD_PIN", "864202")
    for _ in range(5):
        run("status")
    run.network.down = False
    assert "已作废" in run("sync").stderr
    assert village.record(asked).values["text"] == "能不能在村里交水费"
    order(village, device, "wipe")
    run("sync")
    assert not run.path.exists()
