"""The history of a case in plain words: who did what, when on the device, when here, from which device."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from forms.catalogue import Item
from forms.codes import mask_identity_number
from forms.definition import Form, Label
from forms.handling.calendar import SHANGHAI
from forms.handling.materials import MATERIAL_LABELS, MaterialState
from server.api.desk import masked
from server.desk.views import case_words as words
from server.desk.views.answers_shown import ANSWERS, answers_shown
from server.desk.views.people import person
from server.keys import Keys
from server.store.case_history import HistoryEntry, history_of
from sync.apply import Outcome
from sync.clock import moment_ms
from sync.field_labels import label_of
from sync.kinds import KINDS
from sync.operation import Action

CLOCK_APART_MS = 60_000
"""From how far on a phone's clock was off its own time is told beside the corrected one."""
PEOPLE = frozenset({"holder", "first_contact"})
NUMBERS = frozenset({"applicant_identity_number"})
UNSAID = frozenset(
    {
        "item_version",
        "captured_at",
        "visit",
        "resident",
        "household",
        "item",
        "state",
        "handovers",
        "first_contact",
    }
)
"""Fields that the line's own words tell, that stand at the case's head, or that name another record by an id."""
MATERIALS = "materials/"
OUTCOMES = {
    Outcome.MERGED.value: (Label(zh="与别人的修改合并", en="merged with others' changes"), "soft"),
    Outcome.CONFLICT.value: (Label(zh="与别人的修改不一致", en="differs from others' changes"), "warn"),
    Outcome.HELD.value: (Label(zh="等待前面的操作", en="held"), "warn"),
    Outcome.REJECTED.value: (Label(zh="没有通过", en="not accepted"), "bad"),
}


class Change(msgspec.Struct, frozen=True):
    """One field that was set, and what to."""

    name: Label
    text: Label


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the history.

    captured_ms   when on the device, put right; None where the bytes were erased
    said_ms       what the phone's own clock said, where that was off by a minute or more
    outcome       told only where it is not plainly applied, with the `tone` of its tag
    """

    what: Label
    who: str
    device: str
    captured_ms: int | None
    said_ms: int | None
    received_ms: int
    outcome: Label | None
    tone: str
    changes: tuple[Change, ...]
    problems: tuple[Label, ...]


def case_history(
    db: sqlite3.Connection, keys: Keys, village: str, case: str, item: Item | None, form: Form | None
) -> list[Written]:
    """Everything that was written on a case, oldest first."""
    return [_written(db, entry, item, form) for entry in history_of(db, keys, village, case)]


def _written(db: sqlite3.Connection, entry: HistoryEntry, item: Item | None, form: Form | None) -> Written:
    operation = entry.operation
    fields = {} if operation is None else operation.fields
    outcome, tone = OUTCOMES.get(entry.outcome, (None, "soft"))
    off = abs(entry.offset_ms) >= CLOCK_APART_MS and entry.captured_said is not None
    return Written(
        what=_what(entry),
        who=entry.worker_name,
        device=entry.device_name,
        captured_ms=None if entry.captured is None else moment_ms(entry.captured),
        said_ms=moment_ms(entry.captured_said) if off and entry.captured_said else None,
        received_ms=entry.received_ms,
        outcome=outcome,
        tone=tone,
        changes=tuple(_changes(db, fields, item, form)),
        problems=tuple(
            Label(zh=problem.message, en=problem.message_en) for problem in (*entry.problems, *entry.remarks)
        ),
    )


def _what(entry: HistoryEntry) -> Label:
    operation = entry.operation
    if operation is None:
        return Label(zh="内容已依法删除，只留下时间和次序", en="erased; only its time and order remain")
    fields = operation.fields
    if operation.action == Action.CREATE:
        return Label(zh="登记", en="captured")
    if operation.action == Action.VOID:
        return Label(zh=f"作废：{operation.reason or ''}", en=f"voided: {operation.reason or ''}")
    if "state" in fields:
        state = words.state_label(str(fields["state"]))
        return Label(zh=f"转为“{state.zh}”", en=f"moved to “{state.en or state.zh}”")
    if "holder" in fields:
        return Label(zh="移交", en="handed over")
    return Label(zh="更改", en="changed")


def _changes(
    db: sqlite3.Connection, fields: Mapping[str, Any], item: Item | None, form: Form | None
) -> Iterable[Change]:
    for answer in answers_shown(form, fields):
        text = Label(zh=answer.text, en=answer.text_en)
        if answer.digests:
            text = Label(zh=f"{len(answer.digests)} 个附件", en=f"{len(answer.digests)} files")
        yield Change(answer.label, text)
    for name, value in fields.items():
        if name.startswith(MATERIALS):
            yield _material(item, name.removeprefix(MATERIALS), value)
        elif not name.startswith(ANSWERS) and name not in UNSAID:
            yield Change(Label(zh=label_of(KINDS["case"], name)), _value(db, name, value))
    for handover in list(fields.get("handovers") or ())[-1:]:
        yield Change(Label(zh="移交原因", en="reason"), Label(zh=str(masked(handover.get("reason", "")))))


def _material(item: Item | None, key: str, state: Any) -> Change:
    names = {material.key: material.name for material in (() if item is None else item.materials)}
    known = state in MaterialState.__members__.values()
    text = MATERIAL_LABELS[MaterialState(state)] if known else Label(zh=str(state))
    return Change(Label(zh=names.get(key, key)), text)


def _value(db: sqlite3.Connection, name: str, value: Any) -> Label:
    """A value of a field of a case itself, in words."""
    if value is None:
        return Label(zh="清空", en="cleared")
    if name in PEOPLE:
        named = person(db, str(value))
        return Label(zh=str(value) if named is None else named.name)
    if name in KINDS["case"].moments:
        return Label(zh=datetime.fromisoformat(str(value)).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"))
    if name in NUMBERS:
        return Label(zh=mask_identity_number(str(value)))
    if isinstance(value, dict):
        added, removed = len(value.get("add", ())), len(value.get("remove", ()))
        return Label(zh=f"增加 {added} 项，去掉 {removed} 项", en=f"{added} added, {removed} removed")
    if isinstance(value, list):
        return Label(zh=f"{len(value)} 项", en=f"{len(value)}")
    return Label(zh=str(masked(value)))
