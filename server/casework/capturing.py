"""A walk-in's case, written down at the window by the same form and the same checks as on a phone."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from forms.answers import flatten
from forms.catalogue import Item, Mode
from forms.check import compile_form
from forms.codes import check_identity_number, check_phone, normalise_identity_number, normalise_phone
from forms.definition import Form
from forms.handling.duplicates import duplicate_fingerprint
from forms.handling.duty import first_contact
from forms.handling.materials import (
    Notice,
    check_materials,
    missing_materials,
    one_off_notice,
    said_to_apply,
)
from forms.handling.moves import WORKFLOWS
from forms.problem import Problem, mistakes, pointer_to, problem
from server.casework.endings import ending_fields, ending_problems
from server.desk.visitor import Visitor
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action
from server.store.applicants import cases_alike, person_key
from server.store.records import record_found
from sync.ids import is_uuid
from sync.operation import Action as Does

NOTE_LENGTH_MAX, NAME_LENGTH_MAX = 2000, 100
FILES_MAX = 20


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written down. `record` is the case's id, made when its page was opened: saved twice, it is one.

    resident, household   ids, where the applicant is a resident; else `name`, and `number` and `phone` if said
    answers    nested, of the questions that are asked
    materials  how each was met, by key; of a conditional one only where its condition was said to hold
    passed     the conditional ones of which it was said that they do not apply
    told       missing materials were told, once and in full
    """

    record: str
    item: Item
    form: Form
    resident: str | None = None
    household: str | None = None
    name: str = ""
    number: str = ""
    phone: str = ""
    answers: Mapping[str, Any] = {}
    materials: Mapping[str, str] = {}
    passed: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()
    signature: str | None = None
    note: str = ""
    ending: str = ""
    result: str = ""
    told: bool = False

    def notice(self, today: date) -> Notice:
        """The one-off notice, as it stands."""
        return one_off_notice(self.item, self.materials, today, said_to_apply(self.item, self.materials))


def capture_problems(given: Capture, today: date) -> list[Problem]:
    """All mistakes and remarks at once; pointers: `/answers/…`, `/materials/<key>`, and the fields by name."""
    of_form = compile_form(given.form).check(given.answers, today)
    return [
        *_applicant_problems(given, today),
        *(msgspec.structs.replace(found, pointer=f"/answers{found.pointer}") for found in of_form),
        *check_materials(given.item, given.materials),
        *_unasked(given),
        *_length_problems(given),
        *ending_problems(given.item, given.ending, given.result),
    ]


def suspected_of(db: sqlite3.Connection, keys: Keys, village: str, given: Capture) -> list[str]:
    """The open cases that may be this very matter (domain notes, Handling a case)."""
    number = normalise_identity_number(given.number)
    person = given.resident or (person_key(db, keys, number) if number else None)
    if person is None:
        return []
    found = cases_alike(db, village, duplicate_fingerprint(given.item, person, flatten(given.answers)))
    return [case for case in found if case != given.record]


def capture(intake: Intake, db: sqlite3.Connection, visitor: Visitor, given: Capture) -> None:
    """Write the case down and let it go on as was chosen. Runs in a store write; saved again, nothing happens.

    Raises ProblemError: forbidden off duty, request-invalid with every mistake.
    """
    visitor.require(Action.CASE_ADVANCE)
    if not is_uuid(given.record):
        raise ProblemError("request-invalid")
    known = record_found(db, intake.keys, visitor.place, given.record)
    if known is not None:
        if known.kind != "case" or known.by != visitor.account.id:
            raise ProblemError("not-found")
        return
    wrong = mistakes(capture_problems(given, visitor.today))
    if wrong:
        raise ProblemError("request-invalid", problems=wrong)
    write_as(intake, db, visitor.account, visitor.place, _drafts(visitor, given), visitor.now_ms)


def _drafts(visitor: Visitor, given: Capture) -> list[Draft]:
    created = Draft(kind="case", village=visitor.place, record=given.record, fields=_fields(visitor, given))
    move = ending_fields(given.item, given.ending, given.result, visitor.now)
    if move is None:
        return [created]
    seen = {field: created.fields.get(field) for field in move}
    return [
        created,
        Draft(
            kind="case",
            village=visitor.place,
            record=given.record,
            action=Does.CHANGE,
            fields=dict(move),
            seen=seen,
        ),
    ]


def _fields(visitor: Visitor, given: Capture) -> dict[str, Any]:
    item = given.item
    fields: dict[str, Any] = {
        "item": item.key,
        "item_version": item.version,
        "state": WORKFLOWS[item.mode].initial.value,
        "captured_at": visitor.now,
        "household": given.household,
        "resident": given.resident,
        "applicant_name": given.name.strip(),
        "applicant_identity_number": normalise_identity_number(given.number),
        "applicant_phone": normalise_phone(given.phone),
        "note": given.note.strip(),
        "entrusted_with": given.signature if item.mode is Mode.PROXY else None,
        **first_contact(visitor.account.id),
        **{f"answers/{path}": value for path, value in flatten(given.answers).items()},
        **{f"materials/{key}": state for key, state in given.materials.items()},
    }
    if given.files:
        fields["files"] = list(given.files)
    if given.told and given.notice(visitor.today).ready:
        fields["missing_told_at"] = visitor.now
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def _applicant_problems(given: Capture, today: date) -> list[Problem]:
    found = []
    if not given.resident and not given.name.strip():
        found.append(
            problem(pointer_to("applicant_name"), "required", label="申请人", label_en="the applicant")
        )
    if given.number.strip():
        found += check_identity_number(given.number, today, pointer_to("applicant_identity_number"))
    if given.phone.strip():
        found += check_phone(given.phone, pointer_to("applicant_phone"))
    return found


def _unasked(given: Capture) -> list[Problem]:
    """What is missing is told once, in full: so where anything is, all the others are looked at first."""
    applying = said_to_apply(given.item, given.materials)
    if not given.told or not missing_materials(given.item, given.materials, applying):
        return []
    return [
        Problem(
            pointer=pointer_to("materials", material.key),
            code="unchecked",
            message=f"一次性告知要一次讲全：“{material.name}”还没有核对",
            message_en=f"what is missing is told once, in full: {material.name} has not been looked at",
        )
        for material in given.item.materials
        if material.key not in given.materials and material.key not in given.passed
    ]


def _length_problems(given: Capture) -> list[Problem]:
    texts = (
        ("applicant_name", "申请人", "the applicant", given.name, NAME_LENGTH_MAX),
        ("note", "备注", "the note", given.note, NOTE_LENGTH_MAX),
        ("result", "办理结果", "the result", given.result, NOTE_LENGTH_MAX),
    )
    found = [
        problem(pointer_to(name), "too-long", label=zh, label_en=en, bound=most)
        for name, zh, en, text, most in texts
        if len(text) > most
    ]
    if len(given.files) > FILES_MAX:
        found.append(
            problem(pointer_to("files"), "too-many", label="照片", label_en="photos", bound=FILES_MAX)
        )
    return found
