"""Whether an operation is in order: all its problems at once, or what it has to wait for.

An operation is *rejected* (kept, with every reason) for what it says; *held* for what is not there yet or what only
a person can decide; otherwise it is applied. What changed meanwhile through no fault of the worker (an item that
expired after the capture, a household that moved away) is never a reason to reject: it becomes a remark.
"""

from __future__ import annotations

import msgspec

from forms.problem import Problem, pointer_to
from sync.clock import is_clock
from sync.field_checks import cleared_problems, field_problems, strange_moments
from sync.field_labels import label_of
from sync.ids import is_uuid
from sync.kinds import KINDS, OPENED_BY_SERVER, REFERENCE_KINDS, REFERENCE_VILLAGE
from sync.operation import FORMAT, Action, Operation
from sync.record import GRANTED_FIELDS, GRANTING, Record, changed_set
from sync.rules import RULES
from sync.rules.context import Context, captured_day
from sync.world import Author, World

ACTIONS = frozenset(action.value for action in Action)
OFFSET_MS_MAX = 100 * 366 * 24 * 3600 * 1000
WRITES = frozenset({"worker", "village_lead", "window"})
"""Roles that write a village's records."""
CLERK_KINDS = frozenset({"case", "task", "conflict", "duplicate", "reading"})
"""What a town clerk writes: the matters that were handed up, and what belongs to them."""
SET_MEMBERS_MAX, RECORD_FIELDS_MAX = 500, 1000
FOR_A_PERSON = "a-person"
"""What a held operation waits for when no rule can decide it."""


class Verdict(msgspec.Struct):
    """In order (neither problems nor a wait), held (`waits_for` a record's id or a person), or rejected."""

    problems: list[Problem] = []
    remarks: list[Problem] = []
    waits_for: str | None = None


def _problem(pointer: str, code: str, message: str, message_en: str) -> Problem:
    return Problem(pointer=pointer, code=code, message=message, message_en=message_en)


def judge(operation: Operation, author: Author, world: World, record: Record | None, now_ms: int) -> Verdict:
    """Judge one operation against the record as it is now (`None` for a create or where it is not there yet)."""
    problems = _form_problems(operation)
    if problems:
        return Verdict(problems=problems)
    kind = KINDS[operation.kind]
    if operation.action != Action.CREATE and record is None:
        return Verdict(waits_for=operation.record)
    if record is not None and record.kind != kind.name:
        return Verdict(
            problems=[_problem("/kind", "wrong-kind", "这条记录不是这一类", "the record is of another kind")]
        )
    problems = field_problems(kind, operation.fields)
    if operation.action == Action.CREATE:
        problems += cleared_problems(kind, operation.fields, creating=True)
        if operation.mends is not None and world.get(operation.record) is not None:
            problems.append(
                _problem("/record", "record-exists", "这条记录已经有了", "the record is there already")
            )
    elif record is not None:
        problems += cleared_problems(kind, operation.fields)
        problems += [
            _problem(
                f"/fields/{field}",
                "fixed-field",
                f"“{label_of(kind, field)}”登记后不能改",
                f"“{field}” is fixed once captured",
            )
            for field in kind.on_create_only.intersection(operation.fields)
            if operation.fields[field] != record.values.get(field)
        ]
    problems += strange_moments(kind, operation.fields)
    if not problems:
        problems = _overgrown(operation, record)
    if problems:
        return Verdict(problems=problems)
    standing = _standing(operation, author, world, record)
    if standing is not None:
        return standing
    context = Context(operation, author, world, record, now_ms, captured_day(operation, now_ms))
    rule = RULES.get(kind.name)
    if rule is not None:
        rule(context)
    return Verdict(problems=context.problems, remarks=context.remarks)


def _overgrown(operation: Operation, record: Record | None) -> list[Problem]:
    """A set or a record that many small changes have made too large for every phone that has to hold it."""
    kind, values = KINDS[operation.kind], {} if record is None else record.values
    problems = []
    for field in kind.sets.intersection(operation.fields):
        new = operation.fields[field]
        members = changed_set(values.get(field), new) if isinstance(new, dict) else new or ()
        if len(members) > SET_MEMBERS_MAX:
            problems.append(
                _problem(
                    pointer_to("fields", field),
                    "too-many",
                    f"“{label_of(kind, field)}”最多{SET_MEMBERS_MAX}个",
                    f"“{field}” holds at most {SET_MEMBERS_MAX}",
                )
            )
    if len(operation.fields.keys() | values.keys()) > RECORD_FIELDS_MAX:
        problems.append(
            _problem("/fields", "too-many", "这条记录的内容项太多", "too many fields in a record")
        )
    return problems


def _form_problems(operation: Operation) -> list[Problem]:
    """Problems of the operation itself, whatever it is about."""
    problems = []
    if operation.format != FORMAT:
        problems.append(
            _problem("/format", "unknown-format", "这条记录的格式本服务器还不认识", "unknown format")
        )
    if operation.kind not in KINDS:
        problems.append(
            _problem("/kind", "unknown-kind", "本服务器还不认识这一类记录", "unknown kind of record")
        )
    if operation.action not in ACTIONS:
        problems.append(_problem("/action", "unknown-action", "本服务器还不认识这个动作", "unknown action"))
    if not is_clock(operation.clock):
        problems.append(_problem("/clock", "wrong-clock", "时钟读数的格式不对", "not a clock reading"))
    if operation.captured is not None and not is_clock(operation.captured):
        problems.append(_problem("/captured", "wrong-clock", "时钟读数的格式不对", "not a clock reading"))
    if abs(operation.offset_ms) > OFFSET_MS_MAX:
        problems.append(
            _problem("/offset_ms", "wrong-offset", "手机时间的偏差不可能", "no clock is off by so much")
        )
    for name, value in (("id", operation.id), ("record", operation.record)):
        if not is_uuid(value):
            problems.append(_problem(f"/{name}", "wrong-id", "编号的格式不对", "not a lower-case UUID"))
    if operation.action == Action.CREATE and operation.id != operation.record and operation.mends is None:
        problems.append(
            _problem("/record", "wrong-record", "新建的编号应与记录编号相同", "a create's id is its record")
        )
    if operation.action == Action.VOID and not (operation.reason or "").strip():
        problems.append(_problem("/reason", "required", "撤销要写明原因", "a void needs a reason"))
    return problems


def _standing(operation: Operation, author: Author, world: World, record: Record | None) -> Verdict | None:
    """Whether the author may touch this record at all; None if so."""
    if author.is_server:
        return None
    if operation.kind in REFERENCE_KINDS or (
        operation.kind == "worker" or operation.village == REFERENCE_VILLAGE
    ):
        return Verdict(
            problems=[_no_right("这类资料由市级管理员发布", "published by the city administrator")]
        )
    if operation.kind in OPENED_BY_SERVER and operation.action != Action.CHANGE:
        return Verdict(problems=[_no_right("这类记录由系统产生", "such records are opened by the server")])
    if author.role not in WRITES and not (author.role == "town_clerk" and operation.kind in CLERK_KINDS):
        return Verdict(
            problems=[_no_right("您的岗位不登记这类记录", "this role does not write such records")]
        )
    village = record.village if record is not None else operation.village
    if not world.covers_village(author.worker, author.division, village) and not (
        record is not None and world.ever_had(author.worker, record)
    ):
        return Verdict(
            problems=[_problem("/village", "other-village", "这不是您所在的村社", "this is not your village")]
        )
    if not _may_name(operation, author, world, record):
        return Verdict(waits_for=FOR_A_PERSON)
    if author.role != "worker" and village.startswith(author.division):
        return None
    if record is not None:
        allowed = _open_to_colleagues(record) or world.ever_had(author.worker, record)
    else:
        allowed = _may_create(operation, author, world)
    return None if allowed else Verdict(waits_for=FOR_A_PERSON)


def _open_to_colleagues(record: Record) -> bool:
    """Whether a record without a grid is the whole village's; a walk-in applicant's case is its holder's alone.

    A conflict's own rule says who settles it: its authors may hold nothing of its case any more.
    """
    kind = KINDS[record.kind]
    return record.grid is None and (not kind.names_resident or kind.name in OPENED_BY_SERVER)


def _may_name(operation: Operation, author: Author, world: World, record: Record | None) -> bool:
    """Whether the author ever had what a case or task newly names: its holder is sent what it names.

    Without this, whoever knows or finds an id could have that household or resident sent to his phone.
    """
    if operation.kind not in GRANTING:
        return True
    for field in GRANTED_FIELDS:
        named = operation.fields.get(field)
        if named is None or (record is not None and record.values.get(field) == named):
            continue
        other = world.find(named)
        if other is None or world.ever_shown(author.worker, other):
            continue
        if author.role == "worker" or not other.village.startswith(author.division):
            return False
    return True


def _may_create(operation: Operation, author: Author, world: World) -> bool:
    """Whether the author ever had the grid in which a new record stands, or one in which its household was.

    A grid that does not exist is nobody's to decide about: the rule of the kind rejects it.
    """
    fields = operation.fields
    if not KINDS[operation.kind].names_resident or operation.kind in GRANTING:
        return True  # what a case or task names is looked at by `_may_name`
    if (grid := fields.get("grid")) is not None:
        return world.village_of_grid(grid) is None or world.had_grid(author.worker, grid)
    for field in ("household", "resident"):
        if (reference := fields.get(field)) is not None:
            home = world.get(reference)
            return home is None or home.grid is None or world.ever_had(author.worker, home)
    return True


def _no_right(message: str, message_en: str) -> Problem:
    return _problem("/kind", "no-right", message, message_en)
