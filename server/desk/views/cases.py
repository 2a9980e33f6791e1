"""One case as pages show it: head, clock, people, form, materials, files and what it is tied to.

Identity numbers are masked here; whoever may see one in full asks for it (`server.casework.identity_numbers`).
"""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

import msgspec

from forms.catalogue import Item, Mode
from forms.codes import mask_identity_number
from forms.definition import Label
from forms.handling.case_clock import milestones_of, pauses_of
from forms.handling.explanation import explain
from forms.handling.light import LIGHT_LABELS, Light
from forms.handling.limits import PROMISE_LABELS, PromiseKind, promise
from forms.handling.materials import MATERIAL_LABELS, MaterialState
from forms.handling.states import State
from server.api.desk import masked
from server.desk.views import case_words as words
from server.desk.views.answers_shown import AnswerShown, answers_shown
from server.desk.views.people import Person, person
from server.desk.views.published import calendar, catalogue_of
from server.keys import Keys
from server.problem import ProblemError
from server.store.case_row import CaseRow, row_of
from server.store.records import record_found, record_in
from sync.clock import corrected_ms, moment, moment_ms
from sync.files import files_named
from sync.record import Record

MATERIALS = "materials/"


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """The limit that runs, in words: `runs` is `handover`, `item` or empty; `due_day` an ISO day.

    kind           预计, 承诺, 即办 or 不计时限: what sort of date it is
    explanation    how the date was reached, with every caveat (演示时限, 暂定)
    """

    light: Light
    label: Label
    runs: str
    due_day: str | None
    kind: Label
    promised_day: str | None
    explanation: Label
    stopped: bool
    tentative: bool
    demonstration: bool


class Applicant(msgspec.Struct, frozen=True, kw_only=True):
    """Who applies: a resident of the village, or a walk-in who was written down. `number` is masked.

    number_field  the field that holds the number in full: of the resident's record, else of the case's
    """

    name: str
    phone: str | None
    number: str | None
    number_field: str | None
    resident: str | None
    household: str | None
    address: str | None


class MaterialShown(msgspec.Struct, frozen=True, kw_only=True):
    """A material of the item and how it was met; `state` None = nobody has looked."""

    key: str
    name: str
    necessity: Label
    condition: str | None
    copies: str | None
    source: str | None
    review_points: tuple[str, ...]
    state: str | None
    label: Label

    @property
    def is_missing(self) -> bool:
        """Whether it was looked for and not there."""
        return self.state == MaterialState.MISSING


class FileShown(msgspec.Struct, frozen=True):
    """A file that the case names: its digest, what it is, and whether it has arrived."""

    digest: str
    label: Label
    arrived: bool


class HandoverShown(msgspec.Struct, frozen=True):
    """One formal handover; `at` a moment."""

    giver: Person | None
    receiver: Person | None
    reason: str
    at: str


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """One case. `row` is what lists show; `values` its record's, for `seen` and for writing, never shown as they are.

    waits        who can take it onward: the window, its holder, the town
    handed_over  whether it has left the first-contact person's hands
    numbers      receipt, official and department numbers, each with its label
    """

    row: CaseRow
    revision: int
    item: Item | None
    item_name: str
    department: str
    state: Label
    mode: Label
    clock: Clock
    waits: tuple[Label, ...]
    holder: Person | None
    first_contact: Person | None
    handed_over: bool
    handovers: tuple[HandoverShown, ...]
    applicant: Applicant
    answers: tuple[AnswerShown, ...]
    materials: tuple[MaterialShown, ...]
    materials_note: str | None
    files: tuple[FileShown, ...]
    numbers: tuple[tuple[Label, str], ...]
    result: str | None
    reason: str | None
    note: str | None
    visit: str | None
    linked: tuple[str, ...]
    conflicts: tuple[str, ...]
    void_reason: str | None
    values: dict[str, Any]

    @property
    def id(self) -> str:
        """The case's id, its record's."""
        return self.row.record

    @property
    def village(self) -> str:
        """Where it is."""
        return self.row.village

    @property
    def awaits_system(self) -> bool:
        """Whether it stands at 待联办: its fields are to be put into the department's own system."""
        return self.row.state == State.AWAITING_ONLINE

    @property
    def files_arrived(self) -> int:
        """How many of its files are here."""
        return sum(file.arrived for file in self.files)

    @property
    def missing(self) -> tuple[MaterialShown, ...]:
        """The materials that were looked for and not there."""
        return tuple(material for material in self.materials if material.is_missing)


def case_record(db: sqlite3.Connection, keys: Keys, village: str, identifier: str) -> Record:
    """The case's record, in this village. ProblemError not-found for what is no case of it."""
    found = record_in(db, keys, village, identifier)
    if found is None or found.kind != "case":
        raise ProblemError("not-found")
    return found


def case_view(db: sqlite3.Connection, keys: Keys, record: Record, today: date) -> CaseView:
    """A case's record (`case_record`) as pages show it on a day."""
    catalogue, values = catalogue_of(db, keys), record.values
    row = row_of(record, catalogue, calendar())
    item = catalogue.item(row.item, row.item_version)
    form = None if item is None else catalogue.form(item.form)
    department = None if item is None else catalogue.department(item.department)
    holder, first = person(db, values.get("holder")), person(db, values.get("first_contact"))
    return CaseView(
        row=row,
        revision=record.revision,
        item=item,
        item_name=row.item if item is None else item.name,
        department=row.department if department is None else department.name,
        state=words.state_label(row.state),
        mode=words.mode_label(row.mode),
        clock=_clock(record, row, item, today),
        waits=tuple(words.AWAITED[letter] for letter in row.waits),
        holder=holder,
        first_contact=first,
        handed_over=holder is not None and first is not None and holder.id != first.id,
        handovers=tuple(_handovers(db, values)),
        applicant=_applicant(db, keys, record),
        answers=tuple(answers_shown(form, values)),
        materials=_materials(item, values),
        materials_note=None if item is None else item.materials_note,
        files=_files(record),
        numbers=_numbers(values),
        result=masked(values.get("result")),
        reason=masked(values.get("reason")),
        note=masked(values.get("note")),
        visit=values.get("visit"),
        linked=tuple(values.get("linked_cases", ())),
        conflicts=tuple(record.conflicts),
        void_reason=None if record.void is None else record.void.reason,
        values=values,
    )


def _clock(record: Record, row: CaseRow, item: Item | None, today: date) -> Clock:
    shown = row.light(today.isoformat())
    if item is None or item.mode is Mode.VISIT:
        unknown = Label(zh="目录里没有这个事项", en="the item is not in the catalogue")
        return Clock(
            light=shown,
            label=LIGHT_LABELS[shown],
            runs="",
            due_day=None,
            kind=PROMISE_LABELS[PromiseKind.NONE],
            promised_day=None,
            explanation=unknown,
            stopped=False,
            tentative=False,
            demonstration=False,
        )
    milestones = milestones_of(_corrected(record))
    promised = promise(item, milestones, calendar(), pauses_of(record.values))
    return Clock(
        light=shown,
        label=LIGHT_LABELS[shown],
        runs=row.clock,
        due_day=row.due_day,
        kind=PROMISE_LABELS[promised.kind],
        promised_day=None if promised.due_on is None else promised.due_on.isoformat(),
        explanation=explain(item, milestones, promised),
        stopped=row.stopped,
        tentative=row.tentative or promised.tentative,
        demonstration=promised.demonstration,
    )


def _corrected(record: Record) -> dict[str, Any]:
    """The case's values with those moments put right that its phone wrote with the capture."""
    fields = ("captured_at", "received_at", "handed_up_at", "accepted_at")
    of_phone = {
        field: moment(corrected_ms(moment_ms(record.values[field]), record.offset_ms))
        for field in fields
        if record.values.get(field) and field not in record.clocks
    }
    return record.values | of_phone


def _applicant(db: sqlite3.Connection, keys: Keys, record: Record) -> Applicant:
    values = record.values
    resident = _named(db, keys, record, "resident")
    own = {} if resident is None else resident.values
    household = _named(db, keys, record, "household")
    if household is None and (of := own.get("household")) is not None:
        household = record_found(db, keys, record.village, of)
    number, field = values.get("applicant_identity_number"), "applicant_identity_number"
    if not number and own.get("identity_number"):
        number, field = own["identity_number"], "identity_number"
    return Applicant(
        name=values.get("applicant_name") or own.get("name") or "",
        phone=values.get("applicant_phone") or values.get("phone") or own.get("phone"),
        number=mask_identity_number(number) if number else None,
        number_field=field if number else None,
        resident=None if resident is None else resident.id,
        household=None if household is None else household.id,
        address=None if household is None else household.values.get("address"),
    )


def _named(db: sqlite3.Connection, keys: Keys, record: Record, field: str) -> Record | None:
    identifier = record.values.get(field)
    return None if identifier is None else record_found(db, keys, record.village, identifier)


def _handovers(db: sqlite3.Connection, values: dict[str, Any]) -> list[HandoverShown]:
    return [
        HandoverShown(person(db, one["giver"]), person(db, one["receiver"]), masked(one["reason"]), one["at"])
        for one in values.get("handovers", ())
    ]


def _materials(item: Item | None, values: dict[str, Any]) -> tuple[MaterialShown, ...]:
    return tuple(
        MaterialShown(
            key=of.key,
            name=of.name,
            necessity=words.NOT_STATED if of.necessity is None else words.NECESSITY[of.necessity],
            condition=of.condition,
            copies=of.copies,
            source=of.source,
            review_points=of.review_points or (),
            state=values.get(MATERIALS + of.key),
            label=_material_state(values.get(MATERIALS + of.key)),
        )
        for of in (() if item is None else item.materials)
    )


def _material_state(state: str | None) -> Label:
    return words.UNCHECKED if state is None else MATERIAL_LABELS[MaterialState(state)]


def _files(record: Record) -> tuple[FileShown, ...]:
    arrived, signature = set(record.arrived), record.values.get("entrusted_with")
    signed, photo = Label(zh="委托签名", en="signature"), Label(zh="照片", en="photo")
    return tuple(
        FileShown(digest, signed if digest == signature else photo, digest in arrived)
        for digest in sorted(files_named("case", record.values))
    )


def _numbers(values: dict[str, Any]) -> tuple[tuple[Label, str], ...]:
    named = (
        (Label(zh="回执号", en="receipt number"), values.get("receipt_number")),
        (Label(zh="正式编号", en="official number"), values.get("official_number")),
        (Label(zh="部门系统受理号", en="department's number"), values.get("department_number")),
    )
    return tuple((label, number) for label, number in named if number)
