"""tasks, conflicts, duplicates, outbox."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from field_client.cli.cases import applicant
from field_client.cli.exchange import STATES
from field_client.cli.household import shown
from field_client.cli.session import (
    app,
    console,
    field_values,
    local_time,
    one_line,
    opened,
    session,
    short_id,
    shortener,
    show,
    table,
    tell_problems,
)
from field_client.cli.visits import tell_captured
from field_client.device import Device
from field_client.errors import Mistyped, NotFound
from field_client.outbox import Entry
from sync.field_labels import label_of
from sync.kinds import KINDS
from sync.record import Record

DECISIONS = {"同一件": "linked", "两件": "separate"}
TASK_STATES = {"open": "待办", "done": "已完成", "cancelled": "已取消"}
tasks = typer.Typer(help="任务 (tasks)", invoke_without_command=True)
conflicts = typer.Typer(
    help="不一致和疑似重复 (conflicts and suspected duplicates)", invoke_without_command=True
)
outbox = typer.Typer(
    help="本机登记的记录：待上报、暂存、退回 (captured operations)", invoke_without_command=True
)
app.add_typer(tasks, name="tasks")
app.add_typer(conflicts, name="conflicts")
app.add_typer(outbox, name="outbox")


@tasks.callback()
def list_tasks(
    context: typer.Context, all_: Annotated[bool, typer.Option("--all", help="含已完成")] = False
) -> None:
    """我的任务。 (My tasks.)"""
    if context.invoked_subcommand is not None:
        return
    with opened() as device:
        found = device.settling.tasks(all_)

        def text() -> None:
            short = shortener(one.id for one in device.view.of_kind("task"))
            rows = [
                [
                    str(one.values["title"]),
                    _about(device, one),
                    str(one.values.get("due", "")),
                    _task_state(one),
                    short(one.id),
                ]
                for one in found
            ]
            none = session.say("没有待办任务（已完成的加 --all）", "no open task (--all shows all)")
            table(session.say("任务", "tasks"), ["内容", "对象", "最迟", "状态", "编号"], rows, none)

        show([shown(one) for one in found], text)


def _task_state(task: Record) -> str:
    state = str(task.values.get("state", "open"))
    return session.say(TASK_STATES.get(state, state), state)


def _about(device: Device, task: Record) -> str:
    """Whom or what a task is about: its resident, its household, or its case."""
    values = task.values
    for field in ("resident", "household"):
        record = device.view.get(str(values.get(field)))
        if record is not None:
            return str(record.values["name"])
    case = device.view.get(str(values.get("case")))
    return (
        "" if case is None else f"{applicant(device, case)} {device.cases.sheet(case.id).item.name}".strip()
    )


def _case_told(device: Device, identifier: str) -> str:
    """A case of a suspected duplicate; one that is not on this device by its id only."""
    case = device.view.get(identifier)
    if case is None:
        return short_id(identifier)
    what = f"{device.cases.sheet(case.id).item.name}　{applicant(device, case)}"
    return f"{what}　{local_time(case.values['captured_at'])}　{short_id(identifier)}"


@tasks.command("done")
def task_done(task: str, note: Annotated[str | None, typer.Option("--note")] = None) -> None:
    """任务完成。 (A task is done.)"""
    with opened() as device:
        tell_captured(device.settling.finish_task(_one(device.settling.tasks(True), task), note))


@conflicts.callback()
def list_conflicts(context: typer.Context) -> None:
    """待处理的不一致和疑似重复。 (What waits for a choice.)"""
    if context.invoked_subcommand is not None:
        return
    with opened() as device:
        found, alike = device.settling.conflicts(), device.settling.duplicates()

        def text() -> None:
            for one in found:
                values = one.values
                known = values["subject_kind"] in KINDS
                kind = KINDS[values["subject_kind"]].label if known else values["subject_kind"]
                label = label_of(KINDS[values["subject_kind"]], values["field"]) if known else values["field"]
                about = device.view.get(values["subject"])
                name = about.values.get("name", "") if about is not None else ""
                console.print(
                    f"{short_id(one.id)}　{kind} {name or short_id(values['subject'])}　“{label}”",
                    markup=False,
                )
                console.print(f"    原值：{one_line(values.get('seen'))}", markup=False)
                for number, choice in enumerate(device.settling.choices(one)):
                    who = device.view.names([choice.by])
                    mark = "现值" if choice.standing else "另报"
                    console.print(
                        f"    [{number}] {mark}：{one_line(choice.value)}（{who}，{local_time(choice.clock)}）",
                        markup=False,
                    )
            for one in alike:
                console.print(f"{short_id(one.id)}　疑似重复", markup=False)
                for which in ("first", "second"):
                    console.print(f"    {_case_told(device, one.values[which])}", markup=False)
            if not found and not alike:
                console.print(session.say("没有待处理的不一致", "nothing waits for a choice"))

        show({"conflicts": [shown(one) for one in found], "duplicates": [shown(one) for one in alike]}, text)


@conflicts.command("choose")
def choose(
    conflict: Annotated[str, typer.Argument(help="不一致的编号")],
    choice: Annotated[int, typer.Argument(help="采用第几个值，0 为现值")],
    note: Annotated[str | None, typer.Option("--note", help="说明")] = None,
) -> None:
    """采用其中一个值。 (Settle a conflict by one of its values.)"""
    with opened() as device:
        settling = device.settling
        identifier = _one(settling.conflicts(), conflict)
        values = settling.choices(device.record("conflict", identifier))
        if not 0 <= choice < len(values):
            raise NotFound(f"没有第{choice}个值", f"there is no value {choice}")
        tell_captured(settling.choose(identifier, values[choice].value, note))


@conflicts.command("decide")
def decide(
    duplicate: Annotated[str, typer.Argument(help="疑似重复的编号")],
    decision: Annotated[str, typer.Argument(help="linked（同一件）或 separate（两件）")],
    reason: Annotated[str | None, typer.Option("--reason", help="说明")] = None,
) -> None:
    """疑似重复：是同一件，还是两件。 (Link two cases, or say that they are two.)"""
    with opened() as device:
        wanted = DECISIONS.get(decision, decision)
        if wanted not in DECISIONS.values():
            raise Mistyped(
                f"判断只有 同一件 和 两件，不是“{decision}”",
                f"a decision is linked or separate, not {decision}",
            )
        tell_captured(device.settling.decide(_one(device.settling.duplicates(), duplicate), wanted, reason))


@outbox.callback()
def list_outbox(
    context: typer.Context, all_: Annotated[bool, typer.Option("--all", help="含已生效")] = False
) -> None:
    """待上报、暂存和被退回的记录，附原因。 (What waits, is held or rejected, with reasons.)"""
    if context.invoked_subcommand is not None:
        return
    with opened() as device:
        where = (
            "1"
            if all_
            else "(acknowledged_ms IS NULL OR outcome IN ('held', 'rejected', 'conflict')) AND mended_by IS NULL"
        )
        found = device.outbox.entries(where)

        def text() -> None:
            for one in found:
                _tell_entry(one)
            if not found:
                console.print(session.say("没有待上报或待处理的记录", "nothing waits"))

        show([_entry_row(one) for one in found], text)


@outbox.command("mend")
def mend(
    operation: Annotated[str, typer.Argument(help="被退回的记录编号（可只写开头）")],
    fields: Annotated[list[str] | None, typer.Argument(help="改正的字段=值，值留空即去掉")] = None,
    anyway: Annotated[bool, typer.Option("--anyway")] = False,
) -> None:
    """更正一条被退回的记录，登记时间不变。 (Put a rejected operation right; its time of capture stays.)"""
    with opened() as device:
        entry = device.settling.rejected(operation)
        put_right = field_values(entry.operation.kind, fields)
        tell_captured(device.settling.mend(entry.id, put_right, anyway))


def _tell_entry(entry: Entry) -> None:
    operation = entry.operation
    kind = KINDS[operation.kind].label if operation.kind in KINDS else operation.kind
    action = {"create": "登记", "change": "修改", "void": "撤销"}.get(operation.action, operation.action)
    state = session.say(STATES.get(entry.state, entry.state), entry.state)
    what = f"{state}　{action}{kind}　{local_time(operation.clock)}"
    console.print(f"{entry.counter:>5}　{what}　{short_id(entry.id)}", markup=False)
    if entry.detail is not None:
        tell_problems([*entry.detail.problems, *entry.detail.remarks])


def _entry_row(entry: Entry) -> dict[str, Any]:
    return {
        "counter": entry.counter, "id": entry.id, "state": entry.state, "detail": entry.detail,
        "mended_by": entry.mended_by, "operation": entry.operation,
    }  # fmt: skip


def _one(found: list[Record], beginning: str) -> str:
    """The id of the one record that begins so."""
    matching = [one.id for one in found if one.id.startswith(beginning)]
    if len(matching) != 1:
        many = f"有{len(matching)}条编号以它开头" if matching else "没有这个编号"
        raise NotFound(
            f"{many}：{beginning}", f"{len(matching)} begin with {beginning}",
            "编号可只写开头，从列表里照抄", "copy the id, or its beginning, from the list",
        )  # fmt: skip
    return matching[0]
