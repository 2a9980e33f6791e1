"""case new | list | show | materials | answers | advance | handover."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from field_client.cases import CaseSheet, NewCase
from field_client.cli.household import shown
from field_client.cli.items import label_text
from field_client.cli.session import (
    app,
    console,
    field_values,
    opened,
    pairs,
    session,
    short_id,
    shortener,
    show,
    table,
    tell_problems,
)
from field_client.cli.visits import Answer, Answers, Anyway, Note, colleague, read_answers
from field_client.device import Device
from forms.handling.limits import PROMISE_LABELS
from forms.handling.receipt import PROVISIONAL_TITLE
from forms.handling.states import STATE_LABELS, State
from sync.record import Record

cases = typer.Typer(help="办件 (cases)", no_args_is_help=True)
app.add_typer(cases, name="case")

MATERIALS = {"原件": "original_seen", "复印件": "copy", "照片": "photo", "缺": "missing"}
STATES = {label.zh: state.value for state, label in STATE_LABELS.items()}
Material = Annotated[
    list[str] | None, typer.Option("--material", "-m", help="材料=原件|复印件|照片|缺，可重复 (key=state)")
]
Told = Annotated[bool, typer.Option("--told", help="已一次性书面告知缺少的材料 (the notice was given)")]
File = Annotated[
    list[Path] | None,
    typer.Option("--file", help="材料照片文件，可重复：缩小、去掉拍摄信息后加密保存，同步时上传"),
]
CaseId = Annotated[str, typer.Argument(help="办件编号、回执号")]


@cases.command("new")
def new(
    item: Annotated[str, typer.Argument(help="事项 key 或编号")],
    resident: Annotated[str | None, typer.Option("--resident", "-r", help="居民编号、姓名或电话尾号")] = None,
    household: Annotated[str | None, typer.Option("--household", help="户的编号或查找词")] = None,
    name: Annotated[str | None, typer.Option("--name", help="申请人姓名（不在册时）")] = None,
    phone: Annotated[str | None, typer.Option("--phone", help="申请人电话")] = None,
    identity_number: Annotated[str | None, typer.Option("--identity-number", help="申请人证件号")] = None,
    answer: Answer = None, answers: Answers = None, material: Material = None, note: Note = None,
    told: Told = False, file: File = None, anyway: Anyway = False,
) -> None:  # fmt: skip
    """登记一个办件：已知信息自动填好，给出预计时间和回执。 (Capture a case.)"""
    with opened() as device:
        found = None if household is None else device.households.get(household).id
        applicant = None if resident is None else device.households.resident(resident).id
        wanted = NewCase(
            item=device.cases.item(item).key, resident=applicant, household=found, applicant_name=name,
            applicant_phone=phone, applicant_identity_number=identity_number, note=note, told=told,
            answers=read_answers(device, item, answer, answers), materials=_materials(material),
            files=[device.attach(one) for one in file or ()],
        )  # fmt: skip
        _tell(device.cases.new(wanted, anyway))


@cases.command("list")
def list_cases(all_: Annotated[bool, typer.Option("--all", help="含已办结")] = False) -> None:
    """我手上的办件。 (The cases in my hands.)"""
    with opened() as device:
        found = [device.cases.sheet(one.id) for one in device.cases.mine(not all_)]

        def text() -> None:
            short = shortener(one.id for one in device.view.of_kind("case"))
            rows = [
                [
                    one.item.name,
                    applicant(device, one.record),
                    state_text(one),
                    _due_shortly(one),
                    short(one.record.id),
                ]
                for one in found
            ]
            table(session.say("办件", "cases"), ["事项", "申请人", "状态", "时限", "编号"], rows, _none())

        show([shown(one.record) for one in found], text)


@cases.command("show")
def show_case(case: CaseId) -> None:
    """一个办件的状态、时限、材料和下一步。 (A case: state, dates, materials, next moves.)"""
    with opened() as device:
        _tell(device.cases.sheet(device.cases.get(case).id))


@cases.command("materials")
def materials(case: CaseId, material: Material = None, told: Told = False) -> None:
    """登记材料核对情况，给出一次性告知。 (How materials were met; the one-off notice.)"""
    with opened() as device:
        _tell(device.cases.set_materials(case, _materials(material), told))


@cases.command("answers")
def set_answers(case: CaseId, answer: Answer = None, answers: Answers = None, anyway: Anyway = False) -> None:
    """更正表单内容。 (Correct answers of a case's form.)"""
    with opened() as device:
        item = str(device.cases.get(case).values["item"])
        _tell(device.cases.set_answers(case, read_answers(device, item, answer, answers), anyway))


@cases.command("advance")
def advance(
    case: CaseId,
    state: Annotated[str, typer.Argument(help="下一状态，如 收件、received")],
    reason: Annotated[str | None, typer.Option("--reason", help="原因")] = None,
    field: Annotated[list[str] | None, typer.Option("--field", help="同时登记的字段=值")] = None,
    anyway: Anyway = False,
) -> None:
    """推进办件状态。 (Move a case on.)"""
    with opened() as device:
        _tell(
            device.cases.advance(
                case, STATES.get(state, state), reason, anyway, **field_values("case", field)
            )
        )


@cases.command("handover")
def handover(
    case: CaseId,
    receiver: Annotated[str, typer.Argument(help="接手人姓名或账号编号")],
    reason: Annotated[str, typer.Option("--reason", help="原因")],
) -> None:
    """移交给同事（AB岗）。 (Give a case to a colleague, formally.)"""
    with opened() as device:
        _tell(device.cases.hand_over(case, colleague(device, receiver), reason))


def _materials(texts: list[str] | None) -> dict[str, str]:
    return {key: MATERIALS.get(state, state) for key, state in pairs(texts).items()}


def state_text(sheet: CaseSheet) -> str:
    """A case's state, for people."""
    state = str(sheet.record.values["state"])
    return label_text(STATE_LABELS[State(state)]) if state in State.__members__.values() else state


def _none() -> str:
    return session.say("手上没有办件（已办结的加 --all）", "no case in hand (--all shows settled ones)")


def applicant(device: Device, case: Record) -> str:
    """Who a case is for, by name."""
    values = case.values
    resident = device.view.get(str(values.get("resident")))
    return str(values.get("applicant_name", "") if resident is None else resident.values["name"])


def _due_shortly(sheet: CaseSheet) -> str:
    """When a case is due, for a list: the marks in a word each."""
    promised = sheet.promise
    day = "" if promised.due_on is None else f"{promised.due_on.isoformat()} "
    marks = [label_text(PROMISE_LABELS[promised.kind])]
    marks += [session.say("暂定", "tentative")] if promised.tentative else []
    marks += [session.say("演示", "demo")] if promised.demonstration else []
    return day + "·".join(marks)


def _due(sheet: CaseSheet) -> str:
    promised = sheet.promise
    text = label_text(PROMISE_LABELS[promised.kind])
    if promised.due_on is not None:
        text += f" {promised.due_on.isoformat()}"
    return (
        text + ("（暂定）" if promised.tentative else "") + ("（演示时限）" if promised.demonstration else "")
    )


def _tell(sheet: CaseSheet) -> None:
    show(_sheet_for_scripts(sheet), lambda: _tell_text(sheet))


def _sheet_for_scripts(sheet: CaseSheet) -> dict[str, Any]:
    return {
        "record": shown(sheet.record), "promise": sheet.promise, "explanation": sheet.explanation,
        "receipt": sheet.receipt,
        "notice": sheet.notice.text, "notice_ready": sheet.notice.ready, "remarks": sheet.remarks,
        "moves": [move.new for move in sheet.moves],
        "operation": None if sheet.captured is None else sheet.captured.entry.id,
    }  # fmt: skip


def _tell_text(sheet: CaseSheet) -> None:
    record = sheet.record
    if sheet.captured is not None:
        console.print(session.say(f"已登记，待上报（编号 {short_id(record.id)}）", f"captured: {record.id}"))
    console.print(f"[bold]{sheet.item.name}[/bold]　{state_text(sheet)}")
    if sheet.receipt:
        title = "办件编号" if record.values.get("official_number") else PROVISIONAL_TITLE
        console.print(f"{title}：{sheet.receipt}", markup=False)
    console.print(f"时限：{_due(sheet)}")
    console.print(f"  {label_text(sheet.explanation)}", markup=False)
    if sheet.item.materials:
        console.print(sheet.notice.text, markup=False)
    if sheet.moves:
        ways = "、".join(label_text(STATE_LABELS[move.new]) for move in sheet.moves)
        console.print(session.say(f"下一步：{ways}", f"next: {ways}"))
    named = record.values.get("files") or ()
    if named:
        there = len(set(named) & set(record.arrived))
        console.print(
            session.say(f"材料照片：{there} / {len(named)} 已到", f"files: {there} of {len(named)} arrived")
        )
    if record.conflicts:
        console.print(
            session.say("有不一致待处理：allpost-field conflicts", "an open conflict: see conflicts"),
            style="yellow",
        )
    tell_problems(sheet.remarks)
