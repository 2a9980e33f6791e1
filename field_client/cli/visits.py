"""round start | finish, visit start | finish | later."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from field_client.answers import flat_answers, typed_answers
from field_client.capture import Captured
from field_client.cli.session import (
    app,
    console,
    local_time,
    opened,
    pairs,
    problems_to,
    session,
    short_id,
    show,
    tell_problems,
)
from field_client.device import Device
from field_client.errors import FieldError, Mistyped, NotFound, ReadingLocked
from field_client.visits import OpenVisit
from forms.handling.calendar import SHANGHAI

rounds = typer.Typer(help="走访轮次 (rounds)", no_args_is_help=True)
visits = typer.Typer(help="入户 (household visits)", no_args_is_help=True)
app.add_typer(rounds, name="round")
app.add_typer(visits, name="visit")

OUTCOMES = {"见到": "met", "未遇": "not_home", "电话": "phone", "服务点": "service_point", "见到住处": "seen"}
TYPES = {
    "矛盾纠纷": "dispute", "群众诉求": "request", "意见建议": "suggestion", "治安": "security", "消防": "fire",
    "环境": "environment", "其他": "other",
}  # fmt: skip
Outcome = Annotated[
    str, typer.Option("--outcome", "-o", help="见到、未遇、电话、服务点、见到住处 (met, not_home …)")
]
Note = Annotated[str | None, typer.Option("--note", help="说明")]
Finding = Annotated[
    list[str] | None, typer.Option("--finding", help="类型=内容，如 消防=灭火器过期，可重复 (type=text)")
]
Purpose = Annotated[list[str] | None, typer.Option("--purpose", help="事由，可重复")]
Companion = Annotated[list[str] | None, typer.Option("--with", help="同行人姓名或账号编号，可重复")]
ItemKey = Annotated[
    str | None, typer.Option("--item", help="走访类事项的 key 或编号：随入户登记表单 (a visit item)")
]
Answer = Annotated[list[str] | None, typer.Option("--answer", help="表单答案 路径=值，可重复 (path=value)")]
Answers = Annotated[Path | None, typer.Option("--answers", help="表单答案 JSON 文件")]
Photo = Annotated[
    list[Path] | None,
    typer.Option("--photo", help="照片文件，可重复：缩小、去掉拍摄信息后加密保存，同步时上传"),
]
Anyway = Annotated[bool, typer.Option("--anyway", help="有问题也照此登记，由服务器核定")]


@rounds.command("start")
def start_round(
    grid: Annotated[str | None, typer.Option("--grid", help="网格，默认名下第一个")] = None,
) -> None:
    """开始一轮走访。 (Begin a round.)"""
    with opened() as device:
        under_way = device.visits.open_round()
        if under_way is not None:
            began = local_time(under_way.values["started_at"])
            raise FieldError(
                f"已有一轮走访在进行（{began}开始），不用再开始",
                f"a round is under way since {began}",
                "直接登记入户；要另起一轮，先用 allpost-field round finish",
                "capture visits; to begin another one, finish it first: round finish",
            )
        tell_captured(device.visits.start_round(grid))


@rounds.command("finish")
def finish_round(note: Note = None) -> None:
    """结束这轮走访；不按的话，最后一次入户3小时后自动结束。 (Close the round.)"""
    with opened() as device:
        tell_captured(device.visits.finish_round(note))


@visits.command("start")
def start_visit(
    household: Annotated[str | None, typer.Argument(help="户的编号或查找词")] = None,
    place: Annotated[str | None, typer.Option("--place", help="走访场所（不是住户时）")] = None,
) -> None:
    """到门口：记下开始时间。 (At the door: note when the visit begins.)"""
    with opened() as device:
        found, place = (None, place) if household is None else _where(device, household)
        if found is None and place is None:
            raise NotFound("要写明走访的户或场所", "name a household or a place")
        left = device.visits.open_visit()
        opened_visit = device.visits.start(found, place)
        if left is not None:
            _tell_left(device, left)
        show(
            opened_visit,
            lambda: console.print(
                session.say("已开始，完成后用 visit finish", "started; finish it with visit finish")
            ),
        )


@visits.command("finish")
def finish_visit(
    outcome: Outcome = "met", note: Note = None, finding: Finding = None, purpose: Purpose = None,
    companion: Companion = None, photo: Photo = None, anyway: Anyway = False,
) -> None:  # fmt: skip
    """离开：登记这次入户。 (Leaving: capture the visit.)"""
    with opened() as device:
        fields = _fields(device, outcome, note, finding, purpose, companion, photo)
        tell_captured(device.visits.finish(fields, anyway))


@visits.command("add")
def add_visit(
    household: Annotated[str, typer.Argument(help="户的编号或查找词")],
    outcome: Outcome = "met", note: Note = None, finding: Finding = None, purpose: Purpose = None,
    companion: Companion = None, item: ItemKey = None, answer: Answer = None, answers: Answers = None,
    photo: Photo = None, anyway: Anyway = False,
) -> None:  # fmt: skip
    """一步登记一次入户；走访类事项的表单随入户填写。 (Capture a visit at once, a visit item's form inside.)"""
    with opened() as device:
        fields = _fields(device, outcome, note, finding, purpose, companion, photo)
        given = read_answers(device, item, answer, answers)
        found, place = _where(device, household)
        captured = device.visits.record(found, fields, place=place, item=item, answers=given, anyway=anyway)
        tell_captured(captured)


@visits.command("later")
def write_up(
    household: Annotated[str, typer.Argument(help="户的编号或查找词")],
    at: Annotated[str, typer.Option("--at", help="实际走访时间，如 2026-11-22T19:30")],
    outcome: Outcome = "met", note: Note = None, finding: Finding = None, purpose: Purpose = None,
    companion: Companion = None, photo: Photo = None, anyway: Anyway = False,
) -> None:  # fmt: skip
    """补记：事后登记一次已经做过的入户。 (Write up a visit that was made before.)"""
    with opened() as device:
        when = _moment_typed(at, device.now_ms())
        fields = _fields(device, outcome, note, finding, purpose, companion, photo)
        found, place = _where(device, household)
        tell_captured(device.visits.later(found, when, fields, anyway, place))


def _tell_left(device: Device, left: OpenVisit) -> None:
    """A visit that was started, never finished, and is no longer kept: said, so that it can be written up."""
    home = None if left.household is None else device.shown.get(left.household)
    where = str(home.values["name"]) if home is not None else left.place or ""
    began = local_time(left.started_at)
    problems_to.print(
        session.say(
            f"注意：{began}在{where}开始的走访没有登记，已放弃；走访过的请用 visit later 补记",
            f"note: the visit to {where} begun at {began} was not captured and is dropped; see visit later",
        ),
        style="yellow",
        soft_wrap=True,
    )


def _where(device: Device, typed: str) -> tuple[str | None, str | None]:
    """(household, None), or (None, place) as it was typed where reading is locked: capturing goes on."""
    try:
        return device.households.get(typed).id, None
    except ReadingLocked as locked:
        problems_to.print(
            session.say(
                f"{locked.message}；照所写的“{typed}”登记", f"{locked.message_en}; captured as typed"
            ),
            style="yellow",
            soft_wrap=True,
        )
        return None, typed


def _moment_typed(text: str, now_ms: int) -> str:
    """When a visit was made, as it was typed; without an offset it is China Standard Time. Mistyped else."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        said = None
    if said is None or len(text) <= len("2026-11-22"):
        raise Mistyped(
            f"走访时间应写作 2026-11-22T19:30，不是“{text}”",
            f"a time is written 2026-11-22T19:30, not {text}",
        )
    said = said if said.tzinfo else said.replace(tzinfo=SHANGHAI)
    if said.timestamp() * 1000 > now_ms:
        raise Mistyped(
            f"{text}还没有到，补记的是已经做过的走访",
            f"{text} is still to come; only visits made are written up",
        )
    return said.isoformat(timespec="seconds")


def colleague(device: Device, typed: str) -> str:
    """A worker's account id, by the id or the name. NotFound names the colleagues who are known here.

    A whole id is taken as it is: an account made today has not come down to this device yet.
    """
    names = device.view.reference.worker_names
    if _is_id(typed):
        return typed
    found = [typed] if typed in names else [one for one, name in names.items() if name == typed]
    if len(found) == 1:
        return found[0]
    known = "、".join(f"{name}（{one}）" if found else name for one, name in names.items())
    raise NotFound(
        f"没有这位同事（或不止一位）：{typed}", f"no single colleague: {typed}",
        f"写姓名或账号编号：{known}", f"give a name or an account's id: {known}",
    )  # fmt: skip


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _known(word: str, words: dict[str, str], what: str, what_en: str) -> str:
    """The identifier of a word, which may be the identifier itself. Mistyped names all words."""
    if word in words.values():
        return word
    if word not in words:
        raise Mistyped(
            f"没有“{word}”这种{what}，可用：{'、'.join(words)}",
            f"no such {what_en}: {word}; there are {', '.join(words.values())}",
        )
    return words[word]


def _fields(
    device: Device,
    outcome: str,
    note: str | None,
    findings: list[str] | None,
    purposes: list[str] | None,
    companions: list[str] | None,
    photos: list[Path] | None,
) -> dict[str, Any]:
    fields: dict[str, Any] = {"outcome": _known(outcome, OUTCOMES, "走访情况", "outcome")}
    if note:
        fields["note"] = note
    if purposes:
        fields["purposes"] = purposes
    if companions:
        fields["companions"] = [colleague(device, one) for one in companions]
    if photos:
        fields["photos"] = [device.attach(photo) for photo in photos]
    if findings:
        fields["findings"] = [
            {"id": device.new_id(), "type": _known(kind, TYPES, "问题类型", "type of finding"), "text": text}
            for one in findings
            for kind, text in pairs([one]).items()
        ]
    return fields


def read_answers(
    device: Device, item: str | None, typed: list[str] | None, file: Path | None
) -> dict[str, Any]:
    """Flat answers from a JSON file and from `path=value` arguments, which win."""
    if item is None:
        return {}
    found: dict[str, Any] = {}
    if file is not None:
        found = flat_answers(msgspec.json.decode(file.read_bytes(), type=dict[str, Any]))
    form = device.cases.catalogue.form(device.cases.item(item).form)
    plain = pairs(typed)
    return {**found, **(plain if form is None else typed_answers(form, plain))}


def tell_captured(captured: Captured) -> None:
    """What was captured, and what the worker should know."""

    def text() -> None:
        done = session.say(
            f"已登记，待上报（编号 {short_id(captured.record)}）", f"captured: {captured.record}"
        )
        console.print(done)
        tell_problems(captured.remarks)

    show(
        {
            "operation": captured.entry.id,
            "counter": captured.entry.counter,
            "record": captured.record,
            "remarks": captured.remarks,
        },
        text,
    )
