"""What was not accepted: the list, and one operation with its reasons and a form of its fields."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from forms.definition import Label
from forms.problem import Problem
from server.api.desk import masked
from server.desk.views.field_editors import Editor, editor_of, max_length
from server.desk.views.value_words import ACTIONS, FieldWords
from server.desk.visitor import Visitor
from server.keys import Keys
from server.mending import MendRequest, UnsettledOperation, stored_operation, task_of, unsettled_operations
from server.problem import ProblemError
from server.roles import Action
from server.store import batches, devices, unsettled
from server.store.devices import Device
from server.store.records import record_found
from server.store.unsettled import Unsettled
from sync.clock import moment
from sync.field_checks import field_type
from sync.judge import FOR_A_PERSON
from sync.kinds import KINDS, OPENED_BY_SERVER
from sync.operation import Action as Does
from sync.operation import Operation
from sync.protocol import OutcomeEntry

FIELD, WITHOUT = "f.", "x."
"""Names in the form: the new value of a field, and that it is left out."""
RAW_SHOWN_MAX = 2000
WRITTEN_BY_HAND = ("task", "request", "household", "resident", "case", "visit")
"""Kinds as which something that nobody could read may be written anew."""

HELD_FOR = Label(
    zh="要由人核对：记录不在此人的网格里，或上报的手机已停用。照原样采用，或改好再采用",
    en="for a person to look at: the record is in no grid of this worker, or the phone was revoked",
)
HELD_BEHIND = Label(zh="等同一部手机更早的一条处理好", en="waits for an earlier operation of the same phone")
HELD_RECORD = Label(zh="它所属的记录还没到服务器", en="the record that it belongs to has not arrived")
NOT_READ = Label(zh="内容读不出", en="cannot be read")


class WaitingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list."""

    path: str
    what: Label
    title: str
    worker: str
    device: str
    captured: str | None
    since: str
    held: bool
    why: tuple[Label, ...]
    sent_back: bool


class FieldLine(msgspec.Struct, frozen=True, kw_only=True):
    """A field in the form. `given`: what stands in its control; `hidden`: it has a number that is not shown in full.

    captured  whether the operation sets it; else a rule asks for it, or it may be added
    """

    name: str
    label: Label
    editor: Editor
    shown: Label
    given: tuple[str, ...]
    hidden: bool
    captured: bool
    left_out: bool
    max_length: int | None
    problems: tuple[Label, ...]


class ToMend(msgspec.Struct, frozen=True, kw_only=True):
    """One operation that waits. `raw`: what came, where nobody could read it; `kinds`: what it can be written as.

    other_problems  those that belong to no field of the form
    message         with which it was sent back, and when
    """

    path: str
    what: Label
    kind: str | None
    action: str | None
    title: str
    worker: str
    device: str
    counter: int
    captured: str | None
    since: str
    held: bool
    waits_for: Label | None
    other_problems: tuple[Label, ...]
    lines: tuple[FieldLine, ...]
    reason: str
    raw: str | None
    raw_bytes: int
    kinds: tuple[tuple[str, Label], ...]
    message: str | None
    message_at: str | None
    reachable: bool

    @property
    def marked(self) -> tuple[FieldLine, ...]:
        """The fields about which something is wrong."""
        return tuple(line for line in self.lines if line.problems)

    @property
    def others(self) -> tuple[FieldLine, ...]:
        """The fields that it sets and about which nothing is wrong."""
        return tuple(line for line in self.lines if not line.problems)


def rows_of(db: sqlite3.Connection, keys: Keys, visitor: Visitor) -> list[WaitingRow]:
    """What waits in the village, the oldest first; a worker sees the own. Raises ProblemError: forbidden."""
    words = FieldWords(db, keys, visitor.place)
    found = unsettled_operations(db, keys, visitor.account, visitor.place, visitor.now_ms)
    return [_row(db, keys, words, one) for one in found]


def to_mend(
    db: sqlite3.Connection,
    keys: Keys,
    visitor: Visitor,
    device: str,
    counter: int,
    *,
    kind: str | None = None,
    problems: Sequence[Problem] = (),
    typed: Callable[[str], list[str]] | None = None,
) -> ToMend:
    """One operation with its form.

    kind             as what to write something that nobody could read
    problems, typed  of a form that was refused

    Raises ProblemError: not-found, forbidden, already-mended.
    """
    phone, row, operation, entry = found_at(db, keys, visitor, device, counter)
    words = FieldWords(db, keys, visitor.place)
    of_kind = kind if operation is None else operation.kind
    told = list(problems) or entry.problems
    lines = _lines(words, of_kind, operation, told, typed)
    placed = {line.name for line in lines}
    task = record_found(db, keys, phone.village, task_of(row))
    sent = task is not None and task.values.get("state") == "open"
    raw = None if operation is not None else _raw(db, keys, row)
    return ToMend(
        path=_path(device, counter),
        what=NOT_READ if operation is None else _what(words, operation.kind, operation.action),
        kind=of_kind,
        action=None if operation is None else operation.action,
        title="" if operation is None else _title(words, operation.record, operation.fields),
        worker=phone.worker_name,
        device=phone.name,
        counter=counter,
        captured=None if operation is None else operation.clock[:24],
        since=moment(row.since_ms),
        held=entry.outcome == "held",
        waits_for=_waits_for(entry.waits_for),
        other_problems=tuple(_told(one) for one in told if _field_of(one, placed) is None),
        lines=lines,
        reason=(typed("reason") or [""])[0] if typed else (operation.reason or "" if operation else ""),
        raw=None if raw is None else str(masked(raw.decode(errors="replace")[:RAW_SHOWN_MAX])),
        raw_bytes=0 if raw is None else len(raw),
        kinds=tuple((name, words.kind(name)) for name in WRITTEN_BY_HAND),
        message=str(task.values.get("note")) if sent and task is not None else None,
        message_at=task.stamp_of("note").clock[:24] if sent and task is not None else None,
        reachable=not phone.account_closed,
    )


def request_of(
    db: sqlite3.Connection,
    keys: Keys,
    visitor: Visitor,
    device: str,
    counter: int,
    typed: Callable[[str], list[str]],
) -> MendRequest:
    """What a form changes: only what was typed anew; what was not touched stays as it was captured."""
    _, _, operation, _ = found_at(db, keys, visitor, device, counter)
    kind = (typed("kind") or [""])[0] if operation is None else operation.kind
    words = FieldWords(db, keys, visitor.place)
    before: Mapping[str, Any] = {} if operation is None else operation.fields
    request = MendRequest(kind=kind or None, village=None)
    if operation is None:
        request.action = Does.CREATE.value
    for field in _names(typed):
        editor = editor_of(words, kind, field, before)
        given, was = tuple(typed(FIELD + field)), before.get(field)
        if typed(WITHOUT + field):
            request.leave_out.append(field)
        elif editor.control == "fixed" or (not given and editor.control != "choices"):
            continue  # what the form did not send was not touched
        elif given != editor.written(was):
            value = editor.read(given)
            if value is not None:
                request.fields[field] = value
            elif field in before and editor.written(was):
                request.leave_out.append(field)
    if reason := (typed("reason") or [""])[0].strip():
        request.reason = reason
    return request


def found_at(
    db: sqlite3.Connection, keys: Keys, visitor: Visitor, device: str, counter: int
) -> tuple[Device, Unsettled, Operation | None, OutcomeEntry]:
    """What waits there, for whoever may settle it. Raises ProblemError: not-found, forbidden, already-mended."""
    phone = devices.by_id(db, device)
    if phone is None or phone.village != visitor.place or not 1 <= counter <= phone.acknowledged:
        raise ProblemError("not-found")
    visitor.require(Action.OPERATION_MEND, owners=[phone.worker])
    row = unsettled.at(db, device, counter)
    if row is None:
        raise ProblemError("already-mended")
    return phone, row, *stored_operation(db, keys, row)


def _names(typed: Callable[[str], list[str]]) -> list[str]:
    return typed("field")


def _row(db: sqlite3.Connection, keys: Keys, words: FieldWords, one: UnsettledOperation) -> WaitingRow:
    row = unsettled.at(db, one.device, one.counter)
    task = None if row is None else record_found(db, keys, words.village, task_of(row))
    waits = _waits_for(one.waits_for)
    return WaitingRow(
        path=_path(one.device, one.counter),
        what=_what(words, one.kind, one.action),
        title=_title(words, one.record, one.fields),
        worker=one.worker_name,
        device=one.device_name,
        captured=one.captured,
        since=one.since,
        held=one.outcome == "held",
        why=tuple(map(_told, one.problems)) + (() if waits is None else (waits,)),
        sent_back=task is not None and task.values.get("state") == "open",
    )


def _path(device: str, counter: int) -> str:
    return f"rejected/{device}/{counter}"


def _what(words: FieldWords, kind: str | None, action: str | None) -> Label:
    if kind is None:
        return NOT_READ
    of, did = words.kind(kind), ACTIONS.get(action or "", ACTIONS["change"])
    return Label(zh=f"{did.zh}{of.zh}", en=f"{of.en} {did.en}")


def _title(words: FieldWords, record: str | None, fields: Mapping[str, Any]) -> str:
    """Whose it is: the record, or what would have made it."""
    named = (
        words.title(record)
        or words.title(_text(fields, "household"))
        or words.title(_text(fields, "resident"))
    )
    own = (_text(fields, name) for name in ("applicant_name", "name", "title", "place", "text"))
    shown = named or next((str(masked(one))[:40] for one in own if one), "")
    item = words.item_name(fields)
    return " ".join(filter(None, (item if item and not named.startswith(item) else "", shown)))


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _told(problem: Problem) -> Label:
    return Label(zh=str(masked(problem.message)), en=problem.message_en)


def _waits_for(what: str | None) -> Label | None:
    if what is None:
        return None
    if what == FOR_A_PERSON:
        return HELD_FOR
    return HELD_BEHIND if what.startswith("operation:") else HELD_RECORD


def _lines(
    words: FieldWords,
    kind: str | None,
    operation: Operation | None,
    problems: Sequence[Problem],
    typed: Callable[[str], list[str]] | None,
) -> tuple[FieldLine, ...]:
    """The operation's own fields, then those that a problem names; of something unreadable all that can be typed."""
    known = KINDS.get(kind or "")
    fields: Mapping[str, Any] = {} if operation is None else operation.fields
    names = dict.fromkeys(fields)
    if known is not None:
        asked = (_place(one) for one in problems)
        names.update(dict.fromkeys(one for one in asked if one and field_type(known, one) is not None))
        if operation is None and kind not in OPENED_BY_SERVER:
            names.update(dict.fromkeys([*known.required, *known.types]))
    lines = [_line(words, kind or "", name, fields, problems, set(names), typed) for name in names]
    return tuple(line for line in lines if operation is not None or line.editor.control != "fixed")


def _line(
    words: FieldWords,
    kind: str,
    name: str,
    fields: Mapping[str, Any],
    problems: Sequence[Problem],
    names: set[str],
    typed: Callable[[str], list[str]] | None,
) -> FieldLine:
    editor, value = editor_of(words, kind, name, fields), fields.get(name)
    wrong = tuple(_told(one) for one in problems if _field_of(one, names) == name)
    return FieldLine(
        name=name,
        label=words.label(kind, name, fields),
        editor=editor,
        shown=words.text(kind, name, value, fields),
        given=editor.written(value) if typed is None else tuple(typed(FIELD + name)),
        hidden=value is not None and masked(value) != value,
        captured=name in fields,
        left_out=bool(typed(WITHOUT + name)) if typed else bool(wrong) and editor.control == "fixed",
        max_length=max_length(kind, name),
        problems=wrong,
    )


def _place(problem: Problem) -> str | None:
    """The field that a pointer names (`/fields/answers~1hospital`), or None."""
    _, fields, place = problem.pointer.partition("/fields/")
    return place.replace("~1", "/").replace("~0", "~") or None if fields else None


def _field_of(problem: Problem, names: set[str]) -> str | None:
    """A pointer may go into a field (`/fields/findings/0/text`): the field is the longest one that it begins with."""
    place = _place(problem)
    if place is None:
        return None
    fitting = [name for name in names if place == name or place.startswith(f"{name}/")]
    return max(fitting, key=len, default=None)


def _raw(db: sqlite3.Connection, keys: Keys, row: Unsettled) -> bytes:
    return batches.holding(db, keys, row.village, row.device, row.counter).operation(row.counter).exact
