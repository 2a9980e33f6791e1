"""What differs, and what may be one matter: lists of both, and one case field by field with everybody's version."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from forms.definition import Label
from server.desk.views.field_editors import Editor, can_be_joined, editor_of, joined, max_length
from server.desk.views.value_words import FieldWords
from server.desk.visitor import Visitor
from server.keys import Keys
from server.roles import Action
from server.settling import STANDING, authors_of, settled_on
from server.store import devices, matters
from server.store.places import village_range
from server.store.records import record_found, record_in
from server.store.settled import settled_lately
from server.store.signed_days import signed_between
from sync.record import Record

BOTH, OTHER = "both", "other"
"""Beside the values offered: all of them joined, or one that is typed."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One of the values that a field was given: by whom, on which device, when. `take` names it in the form."""

    take: str
    text: Label
    worker: str
    device: str
    at: str
    standing: bool
    chosen: bool


class FieldInConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table.

    seen       the choice that stands, as the form sends it back: who settles what somebody settled has seen it
    both       what keeping all of them would come to; None where they cannot be joined
    editor     how a third value is typed; None where only one of those offered will do
    other      the choice, where it is none of the versions
    undoable   whether the choice may be taken back: the value that stood before is chosen again
    fixed      why nothing can be chosen any more, where that is so
    """

    id: str
    field: str
    label: Label
    before: Label
    versions: tuple[Version, ...]
    both: Label | None
    editor: Editor | None
    chosen: bool
    seen: str
    other: Label | None
    settled_by: str
    settled_at: str | None
    note: str
    undoable: bool
    fixed: Label | None


class CaseInConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A record with everything about it that differs or was settled lately."""

    subject: str
    kind: Label
    is_case: bool
    title: str
    fields: tuple[FieldInConflict, ...]

    @property
    def open(self) -> int:
        """How many of its fields still wait for a person."""
        return sum(not one.chosen for one in self.fields)


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list on the left: a record with conflicts, or a pair; `open`: still to be settled."""

    path: str
    title: str
    detail: tuple[Label, ...]
    at: str
    open: bool


SIGNED = Label(zh="当天已签字，不能再改", en="its day is signed: it stands")
CHANGED = Label(zh="处理之后又有人改过，请直接改办件", en="changed since: change the case itself")


class Settling:
    """The conflicts and pairs of a village as one visitor may see them, on one snapshot."""

    def __init__(self, db: sqlite3.Connection, keys: Keys, visitor: Visitor) -> None:
        self.db = db
        self.keys = keys
        self.village = visitor.place
        self.words = FieldWords(db, keys, visitor.place)
        self._visitor = visitor
        self._all = visitor.may(Action.CONFLICT_SETTLE)
        self._signed: dict[str, bool] = {}

    def conflicts(self) -> list[Record]:
        """Open ones, oldest first, then those settled on days that are not signed; an author sees the own."""
        found = self._open(matters.CONFLICT) + [
            one for one in settled_lately(self.db, self.keys, self.village) if one.kind == "conflict"
        ]
        own = [one for one in found if self._all or self._visitor.account.id in authors_of(one)]
        self._visitor.require(Action.CONFLICT_SETTLE, owners=[self._visitor.account.id] if own else [])
        return [one for one in own if not self.is_signed(settled_on(one))]

    def duplicates(self) -> list[Record]:
        """Suspected ones, oldest first, then those decided on days that are not signed; the window's only."""
        if not self._visitor.may(Action.DUPLICATE_SETTLE):
            return []
        settled = [one for one in settled_lately(self.db, self.keys, self.village) if one.kind == "duplicate"]
        found = self._open(matters.DUPLICATE) + settled
        return [one for one in found if not self.is_signed(settled_on(one))]

    def is_signed(self, day: str | None) -> bool:
        """Whether the village's day is signed; None is no day."""
        if day is None:
            return False
        if day not in self._signed:
            self._signed[day] = bool(signed_between(self.db, village_range(self.village), day, day))
        return self._signed[day]

    def listed(self) -> list[Listed]:
        """The list of the page: open first."""
        by_subject: dict[str, list[Record]] = {}
        for conflict in self.conflicts():
            by_subject.setdefault(conflict.values["subject"], []).append(conflict)
        rows = [self._case_row(subject, found) for subject, found in by_subject.items()]
        rows += [self._pair_row(one) for one in self.duplicates()]
        return sorted(rows, key=lambda row: not row.open)

    def case(self, subject: str) -> CaseInConflict | None:
        """A record with its conflicts; None where this visitor has none of it to settle."""
        found = [one for one in self.conflicts() if one.values["subject"] == subject]
        if not found:
            return None
        record = record_found(self.db, self.keys, self.village, subject)
        kind = found[0].values["subject_kind"]
        return CaseInConflict(
            subject=subject,
            kind=self.words.kind(kind),
            is_case=kind == "case",
            title=self.words.title_of(record) if record is not None else subject[:8],
            fields=tuple(self._field(one, record) for one in found),
        )

    def value_of(self, conflict: Record, take: str, typed: Sequence[str]) -> Any:
        """The value of `both` or `other`. LookupError where the field takes no such thing."""
        subject = record_found(self.db, self.keys, self.village, conflict.values["subject"])
        kind, field = conflict.values["subject_kind"], conflict.values["field"]
        editor = _third(self.words, kind, field, {} if subject is None else subject.values)
        if take == BOTH and editor is not None and can_be_joined(kind, field, editor):
            return joined(_values(conflict))
        if take == OTHER and editor is not None:
            return editor.read(typed)
        raise LookupError(take)

    def _open(self, kind: str) -> list[Record]:
        identifiers = matters.open_records(self.db, self.village, kind)
        found = (record_in(self.db, self.keys, self.village, one) for one in identifiers)
        return [one for one in found if one is not None]

    def _case_row(self, subject: str, found: list[Record]) -> Listed:
        record = record_found(self.db, self.keys, self.village, subject)
        values: Mapping[str, Any] = {} if record is None else record.values
        kind = found[0].values["subject_kind"]
        return Listed(
            path=f"conflicts/{subject}",
            title=self.words.title_of(record) if record is not None else subject[:8],
            detail=tuple(self.words.label(kind, one.values["field"], values) for one in found),
            at=found[0].created.clock[:24],
            open=any("choice" not in one.values for one in found),
        )

    def _pair_row(self, duplicate: Record) -> Listed:
        return Listed(
            path=f"duplicates/{duplicate.id}",
            title=self.words.title(duplicate.values["first"]) or self.words.title(duplicate.values["second"]),
            detail=(Label(zh="疑似重复", en="suspected duplicate"),),
            at=duplicate.created.clock[:24],
            open="decision" not in duplicate.values,
        )

    def _field(self, conflict: Record, record: Record | None) -> FieldInConflict:
        values = conflict.values
        kind, field = values["subject_kind"], values["field"]
        around: Mapping[str, Any] = {} if record is None else record.values
        choice = values.get("choice")
        editor = _third(self.words, kind, field, around)
        versions = self._versions(conflict, around)
        fixed = self._fixed(conflict, record)
        joinable = editor is not None and can_be_joined(kind, field, editor)
        both = joined(_values(conflict)) if joinable else None
        too_long = isinstance(both, str) and len(both) > (max_length(kind, field) or len(both))
        known = choice is not None and any(one.chosen for one in versions)
        return FieldInConflict(
            id=conflict.id,
            field=field,
            label=self.words.label(kind, field, around),
            before=self.words.text(kind, field, values.get("seen"), around),
            versions=versions,
            both=None if both is None or too_long else self.words.text(kind, field, both, around),
            editor=editor,
            chosen=choice is not None,
            seen=seen_choice(conflict),
            other=None if choice is None or known else self.words.text(kind, field, choice["value"], around),
            settled_by=self.words.person(values.get("settled_by")),
            settled_at=str(values["settled_at"])[:24] if "settled_at" in values else None,
            note=str(values.get("note") or ""),
            undoable=choice is not None and fixed is None and choice["value"] != values.get("standing"),
            fixed=fixed,
        )

    def _fixed(self, conflict: Record, record: Record | None) -> Label | None:
        choice = conflict.values.get("choice")
        if choice is None:
            return None
        if self.is_signed(settled_on(conflict)):
            return SIGNED
        field = conflict.values["field"]
        changed = record is not None and field != "void" and record.values.get(field) != choice["value"]
        return CHANGED if changed else None

    def _versions(self, conflict: Record, around: Mapping[str, Any]) -> tuple[Version, ...]:
        values = conflict.values
        device, worker, clock = values["standing_by"]
        whole = [(STANDING, values.get("standing"), worker, device, clock)]
        whole += [
            (one["operation"], one["value"], one["worker"], one["device"], one["clock"])
            for one in values["offered"]
        ]
        choice = values.get("choice")
        kind, field = values["subject_kind"], values["field"]
        return tuple(
            Version(
                take=take,
                text=self.words.text(kind, field, value, around),
                worker=self.words.person(by),
                device=device_name(self.db, of),
                at=str(at)[:24],
                standing=take == STANDING,
                chosen=choice is not None and choice["value"] == value,
            )
            for take, value, by, of, at in whole
        )


def seen_choice(conflict: Record) -> str:
    """The choice that stands, as text for a form; empty while there is none."""
    choice = conflict.values.get("choice")
    return "" if choice is None else conflict.stamp_of("choice").clock


def device_name(db: sqlite3.Connection, identifier: str) -> str:
    """What a device is called; the last of its number for one that is not known."""
    found = devices.by_id(db, identifier)
    return identifier[-8:] if found is None else found.name


def _third(words: FieldWords, kind: str, field: str, values: Mapping[str, Any]) -> Editor | None:
    """How a third value is typed; a state or a taking back is one of those offered."""
    if field in ("state", "void"):
        return None
    editor = editor_of(words, kind, field, values)
    return None if editor.control == "fixed" else editor


def _values(conflict: Record) -> list[Any]:
    values = conflict.values
    return [values.get("standing"), *(offer["value"] for offer in values["offered"])]
