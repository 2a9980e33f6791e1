"""The commands as a worker gives them: in Chinese, with the network cable out, never a traceback."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from field_client.cli import app
from tests.field_client.field_commands import Commands
from tests.field_client.field_world import SERVER, Phone
from tests.server.sync_village import (
    GRID_1,
    NUMBER,
    PASSWORD,
    VILLAGE,
    TinyVillage,
    household_id,
    resident_id,
)

HOME = household_id(GRID_1, 0)
PERSON = resident_id(GRID_1, 0, 0)
LI = "01937d2e-0000-7000-8000-000000000009"
Make = Callable[..., Phone]


def test_not_enrolled_yet_says_what_to_do(run: Commands) -> None:
    result = run("status")
    assert result.exit_code == 1 and "还没有登记" in result.stderr and "allpost-field enrol" in result.stderr


def test_without_a_network_enrolling_says_so(run: Commands) -> None:
    run.network.down = True
    result = run("enrol", SERVER, "-u", "wang", "-p", PASSWORD)
    assert result.exit_code == 1 and "连不上服务器" in result.stderr
    assert (
        "the server cannot be reached"
        in run("enrol", SERVER, "-u", "wang", "-p", PASSWORD, english=True).stderr
    )


def test_a_day_without_a_network(enrolled: Commands, village: TinyVillage) -> None:
    run = enrolled
    assert {one["household"] for one in run.json("due", "--within", "60")} == {
        household_id(GRID_1, number) for number in range(3)
    }
    assert "按期走访" in run("due", "--within", "60").stdout
    run.json("round", "start")
    run.json("visit", "start", HOME)
    village.later(600_000)
    visit = run.json("visit", "finish", "-o", "见到", "--finding", "消防=灭火器过期", "--purpose", "due")
    assert visit["remarks"] == []
    assert run("visit", "finish").exit_code == 1
    run.json("visit", "later", "001组1户", "--at", "2026-11-22T19:30", "-o", "未遇")
    run.json("visit", "add", HOME, "--item", "care-visit", "--answer", "hospital=人民医院")
    case = run.json(
        "case", "new", "permit", "-r", PERSON, "--answer", "hospital=人民医院", "--answer", "amount=123.4"
    )
    assert case["record"]["values"]["answers/amount"] == 12340
    assert case["receipt"].startswith("330481106222-261123-")
    assert case["moves"][0] == "received"
    run.json("case", "advance", case["receipt"], "收件")
    again = run.json("case", "new", "permit", "-r", PERSON, "--answer", "hospital=人民医院")
    assert [one["code"] for one in again["remarks"]] == ["suspected-duplicate"]
    run.json("ask", "能不能在村里交水费", "--household", HOME)
    run.json("households", "change", HOME, "phone=13900000003")
    run.json("round", "finish")
    log = run("log").stdout
    assert "走访1轮，入户1户" in log and "灭火器过期" in log and "目录外诉求" in log and "permit" in log
    status = run.json("status")
    # the visit of the evening before, written up, opened a round of its own
    assert status["counts"] == {"waiting": 11}
    assert "待上报" in run("outbox").stdout
    failed = run("sync")
    assert (
        failed.exit_code == 1 and "连不上服务器" in failed.stderr and "未上报的记录都在本机" in failed.stderr
    )
    run.network.down = False
    report = run.json("sync")
    assert report["pushed"] == 11 and set(report["counts"]) == {"applied"}
    assert village.record(case["record"]["id"]).values["state"] == "received"
    assert len(run.json("conflicts")["duplicates"]) == 1


def test_households_are_found_by_initials_house_number_and_phone(enrolled: Commands) -> None:
    run = enrolled
    run.json("households", "change-resident", PERSON, "name=沈金敭", "phone=13900004321")
    for query in ("沈金", "sjy", "SJ", "4321", "演示路0号"):
        assert [one["id"] for one in run.json("households", "search", query)] == [HOME], query
    assert run.json("households", "search", "没有这个人") == []


def test_identity_numbers_are_masked_and_a_look_at_one_is_an_operation(enrolled: Commands) -> None:
    run = enrolled
    run.json("households", "change-resident", PERSON, f"identity_number={NUMBER}")
    assert number_shown(run.json("households", "show", HOME)) == NUMBER[:6] + "*" * 8 + NUMBER[14:]
    assert NUMBER not in run("households", "show", HOME).stdout
    before = run.json("status")["counts"]["waiting"]
    revealed = run.json("households", "show", HOME, "--reveal", "--reason", "核对参保")
    assert number_shown(revealed) == NUMBER
    assert run.json("status")["counts"]["waiting"] == before + 1
    (reading,) = [one for one in run.json("outbox") if one["operation"]["kind"] == "reading"]
    assert reading["operation"]["fields"]["reason"] == "核对参保"


def number_shown(shown: Any) -> str:
    (person,) = [one for one in shown["residents"] if one["id"] == PERSON]
    return str(person["values"]["identity_number"])


def test_every_mistake_is_told_at_once_and_nothing_is_captured(enrolled: Commands) -> None:
    run = enrolled
    result = run(
        "case",
        "new",
        "permit",
        "-r",
        PERSON,
        "--answer",
        "number=123",
        "--answer",
        "amount=abc",
        "-m",
        "x=缺",
    )
    assert result.exit_code == 2 and "没有登记" in result.stderr
    assert "证件号应为18位" in result.stderr and "材料清单中没有" in result.stderr and "金额" in result.stderr
    assert "waiting" not in run.json("status")["counts"]


def test_wrong_input_is_said_in_words(enrolled: Commands) -> None:
    run = enrolled
    for wrong in (
        ("case", "new", "no-such-item", "--name", "某人"),
        ("case", "show", "330481106222-261123-04821376-X"),
        ("households", "show", "没有"),
        ("households", "change", HOME, "phone"),
        ("visit", "later", HOME, "--at", "昨天"),
        ("case", "advance", "x", "收件"),
        ("outbox", "mend", "00000000"),
        ("conflicts", "choose", "x", "0"),
        ("tasks", "done", "x"),
        ("log", "--day", "2026-13-01"),
        ("items", "show", "x"),
        ("items", "show"),
        ("vist", "start"),
        ("due", "--within", "soon"),
        ("due", "--nothing"),
    ):
        result = run(*wrong)
        assert result.exit_code in (1, 2), wrong
        assert any("\u4e00" <= character <= "\u9fff" for character in result.stderr), (wrong, result.stderr)
        assert "Traceback" not in result.output + result.stderr


def test_a_rejected_one_is_listed_with_its_reason_and_mended(
    enrolled: Commands, village: TinyVillage
) -> None:
    run = enrolled
    run.json("households", "change", HOME, "phone=12", "--anyway")
    run.network.down = False
    run.json("sync")
    assert "应为11位手机号" in run("outbox").stderr + run("outbox").stdout
    run.json("outbox", "mend", run.json("outbox")[0]["id"], "phone=13900000005")
    assert run.json("sync")["counts"] == {"applied": 1}
    assert village.record(HOME).values["phone"] == "13900000005"


def test_items_by_initials_and_in_full(enrolled: Commands) -> None:
    run = enrolled
    assert [one["key"] for one in run.json("items", "search", "permit")] == ["permit"]
    assert "医院" in run("items", "show", "permit").stdout
    assert run.json("items", "show", "permit")["item"]["mode"] == "proxy"


def test_the_doctor_finds_a_sound_file_sound(enrolled: Commands) -> None:
    assert "完好" in enrolled("doctor").stdout


def test_help_is_in_chinese_first(run: Commands) -> None:
    for group in ((), ("visit",), ("case",), ("households",), ("items",)):
        result = CliRunner().invoke(app, [*group, "--help"])
        assert result.exit_code == 0 and any("\u4e00" <= one <= "\u9fff" for one in result.output)
    assert VILLAGE


def test_options_of_every_command_may_stand_after_it(enrolled: Commands) -> None:
    late = enrolled("status", "--json")
    assert json.loads(late.stdout)["records"]["household"] == enrolled.json("status")["records"]["household"]
    assert "This device" in enrolled("status", "--lang=en").stdout
    assert "--json" in enrolled("ask", "--", "--json").stdout + enrolled("log").stdout
    assert enrolled("status", "--lang", "de").exit_code == 2


def test_a_mistake_is_json_too_where_json_was_asked_for(enrolled: Commands) -> None:
    for wrong in (("visit", "later", HOME, "--at", "昨天"), ("due", "--from", "北京"), ("log", "--day", "x")):
        result = enrolled(*wrong, json_=True)
        assert result.exit_code == 2 and json.loads(result.stdout)["error"] == "Mistyped", wrong


def test_what_never_was_cannot_be_captured(enrolled: Commands, village: TinyVillage) -> None:
    run = enrolled
    before = run.json("status")["counts"]
    for wrong, said in (
        (("visit", "later", HOME, "--at", "2126-01-01T10:00"), "还没有到"),
        (("visit", "later", HOME, "--at", "2026-11-22"), "2026-11-22T19:30"),
        (("visit", "add", HOME, "--outcome", "没见"), "未遇"),
        (("visit", "add", HOME, "--finding", "火=x"), "消防"),
        (("visit", "add", HOME, "--with", "nobody"), "没有这位同事"),
        (("visit", "add", HOME, "--item", "permit"), "不是走访类事项"),
        (("items", "search", "--department", "没有"), "可选："),
    ):
        result = run(*wrong)
        assert result.exit_code in (1, 2) and said in result.stderr, (wrong, result.stderr)
    assert run.json("status")["counts"] == before
    case = run.json("case", "new", "permit", "-r", PERSON, "--answer", "hospital=人民医院")["record"]["id"]
    assert "没有这位同事" in run("case", "handover", case, "nobody", "--reason", "出差").stderr
    handed = run.json("case", "handover", case, LI, "--reason", "出差")
    assert handed["record"]["values"]["holder"] == LI


def test_residents_are_found_by_name_and_the_ambiguous_are_listed(enrolled: Commands) -> None:
    run = enrolled
    run.json("households", "change-resident", PERSON, "name=沈金敭")
    case = run.json("case", "new", "permit", "-r", "沈金敭", "--answer", "hospital=人民医院")
    assert case["record"]["values"]["resident"] == PERSON
    assert run.json("households", "show", HOME[:18])["household"]["id"] == HOME
    result = run("households", "show", "演示路")
    assert result.exit_code == 1 and HOME[:18] in result.stderr


def test_a_second_start_says_what_it_leaves_behind(enrolled: Commands) -> None:
    run = enrolled
    run.json("visit", "start", HOME)
    assert "没有登记" in run("visit", "start", "--place", "小店").stderr
    run.json("round", "start")
    again = run("round", "start")
    assert again.exit_code == 1 and "round finish" in again.stderr


def test_every_mistake_of_form_materials_and_applicant_is_told_at_once(enrolled: Commands) -> None:
    wrong = ("--answer", "number=123", "-m", "x=缺", "--identity-number", "12")
    said = enrolled("case", "new", "permit", "-r", PERSON, *wrong).stderr
    assert "材料清单中没有" in said and "/fields/applicant_identity_number" in said and "/number" in said


def test_lists_fit_eighty_columns_and_speak_chinese(
    enrolled: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = enrolled
    monkeypatch.setenv("COLUMNS", "80")
    run.json("case", "new", "permit", "-r", PERSON, "--answer", "hospital=人民医院")
    assert "居民" in run("status").stdout and "household" not in run("status").stdout
    shown = run("households", "show", HOME).stdout
    assert "网格：" in shown and "grid" not in shown
    for listing in (
        ("due", "--within", "60"),
        ("households", "search"),
        ("items", "search"),
        ("case", "list"),
    ):
        lines = run(*listing).stdout.splitlines()
        assert len(lines) > 2 and max(map(cell_len, lines)) <= 80, listing


def test_conflicts_and_duplicates_are_told_with_names_and_settled_by_the_beginning_of_an_id(
    enrolled: Commands, village: TinyVillage, phone: Make
) -> None:
    run = enrolled
    run.network.down = False
    case = run.json("case", "new", "permit", "-r", PERSON, "--answer", "hospital=人民医院")["record"]["id"]
    run.json("case", "new", "permit", "-r", PERSON, "--answer", "hospital=人民医院")
    run.json("sync")
    told = run("conflicts").stdout
    assert "疑似重复" in told and "permit" in told and case[:18] in told
    (alike,) = run.json("conflicts")["duplicates"]
    wrong = run("conflicts", "decide", alike["id"][:18], "一样")
    assert wrong.exit_code == 2 and "同一件" in wrong.stderr
    run.json("conflicts", "decide", alike["id"][:18], "两件", "--reason", "两次住院")
    run.json("sync")
    other = phone("wang", "second").enrol()
    other.device.cases.set_answers(case, {"hospital": "中医院"})
    run.json("case", "answers", case, "--answer", "hospital=妇保院")
    other.device.sync()
    run.json("sync")
    told = run("conflicts").stdout
    assert "现值：中医院" in told and "另报：妇保院" in told and "表单答案" in told, told
    (conflict,) = run.json("conflicts")["conflicts"]
    assert run("conflicts", "choose", conflict["id"][:18], "9").exit_code == 1
    run.json("conflicts", "choose", conflict["id"][:18], "1")
    run.json("sync")
    assert "没有待处理的不一致" in run("conflicts").stdout
