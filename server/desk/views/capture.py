"""The page on which a window writes a walk-in's case down: everything on it follows from what was typed so far."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable

import msgspec

from forms.catalogue import Item, Material
from forms.definition import FieldType, Form, Label
from forms.handling.materials import MATERIAL_LABELS, MaterialState
from forms.problem import Problem
from server.casework.capturing import Capture, capture_problems
from server.casework.endings import Ending, endings_of
from server.desk.views.applicants import Applicant, applicant_at, applicants_matching
from server.desk.views.form_fields import FieldsShown, fields_shown, visible_answers
from server.desk.views.items import ItemShown, item_today
from server.desk.views.published import catalogue_of
from server.desk.views.typed_answers import (
    ANSWERS,
    ROWS,
    Typed,
    answers_typed,
    first,
    in_words_of_a_page,
    row_ids,
)
from server.desk.visitor import Visitor
from server.keys import Keys
from server.roles import Action
from sync.files import is_digest
from sync.ids import uuid7

APPLIES, STATE, PREFILLED = "applies/", "materials/", "prefilled/"
RECORD, RESIDENT, FIND = "record", "resident", "find"
FILES, SIGNATURE = "files", "signature"
SEEN, NOT_KEPT = "seen:", frozenset({"do", FIND, "suspected"})


class MaterialAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A material on the page. `conditional`: first it is asked whether it applies (`applies`: yes, no or empty)."""

    material: Material
    conditional: bool
    applies: str
    asked: bool
    state: str
    problems: tuple[Problem, ...]


class Mistake(msgspec.Struct, frozen=True):
    """One line of the list above the form: which row it is in (empty: none), what is wrong, and where it stands."""

    row: str
    problem: Problem
    anchor: str


class CapturePage(msgspec.Struct, frozen=True, kw_only=True):
    """What the template shows.

    found       residents who may be meant by `find`; None: nobody was looked for
    prefilled   what was put into fields out of the resident's record, by the name of the input
    suspected   open cases that may be this very matter
    """

    shown: ItemShown
    record: str
    find: str
    found: list[Applicant] | None
    found_more: bool
    applicant: Applicant | None
    fields: FieldsShown
    prefilled: dict[str, str]
    materials: tuple[MaterialAsked, ...]
    states: dict[MaterialState, Label]
    endings: dict[Ending, Label]
    typed: dict[str, list[str]]
    problems: dict[str, list[Problem]]
    mistakes: list[Mistake]
    suspected: list[str]
    signs: bool

    @property
    def item(self) -> Item:
        """The item that is asked for."""
        return self.shown.item

    def text(self, name: str) -> str:
        """What stands in an input."""
        return first(self.typed, name)


def begun(form: Form) -> dict[str, list[str]]:
    """An empty page: a row where a group must have one, and a fresh id for the case."""
    typed: dict[str, list[str]] = {RECORD: []}
    for field in form.fields:
        if field.type is FieldType.REPEAT and (field.required or field.minimum):
            typed[ROWS + field.key] = [_new_row()]
    return typed


def typed_before(fields: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """A draft that the server kept, as it was typed; what the page itself carried was kept under `seen:<name>`."""
    typed: dict[str, list[str]] = {}
    for name, text in fields:
        plain = name.removeprefix(SEEN)
        if plain not in NOT_KEPT and not plain.startswith("_"):
            typed.setdefault(plain, []).append(text)
    return typed


def add_row(typed: dict[str, list[str]], group: str) -> None:
    """One more row of a repeat group, at the end."""
    typed.setdefault(ROWS + group, []).append(_new_row())


def remove_row(typed: dict[str, list[str]], group: str, row: str) -> None:
    """Take a row away, with what stands in it."""
    typed[ROWS + group] = [one for one in row_ids(group, typed) if one != row]
    for name in [name for name in typed if name.startswith(f"{ANSWERS}{group}/{row}/")]:
        del typed[name]


def form_of(db: sqlite3.Connection, keys: Keys, item: Item) -> Form:
    """The item's form; an empty one where the catalogue has none."""
    return catalogue_of(db, keys).form(item.form) or Form(key=item.form, fields=())


def captured(
    db: sqlite3.Connection, keys: Keys, visitor: Visitor, key: str, typed: dict[str, list[str]]
) -> Capture:
    """What was typed, as what is to be written down. ProblemError: not-found, forbidden."""
    visitor.require(Action.CASE_ADVANCE)
    item = item_today(db, keys, key, visitor.today).item
    form = form_of(db, keys, item)
    applicant = applicant_at(db, keys, visitor.place, first(typed, RESIDENT))
    known = None if applicant is None else applicant.known_number
    conditional = {one.key for one in item.materials if one.necessity == "conditional"}
    passed = frozenset(one for one in conditional if first(typed, APPLIES + one) != "yes")
    return Capture(
        record=first(typed, RECORD),
        item=item,
        form=form,
        resident=None if applicant is None else applicant.id,
        household=None if applicant is None else applicant.household,
        name="" if applicant is not None else first(typed, "applicant_name"),
        number="" if applicant is not None else first(typed, "applicant_identity_number"),
        phone=first(typed, "applicant_phone"),
        answers=visible_answers(form, answers_typed(form, typed, known)),
        materials={
            one.key: state
            for one in item.materials
            if one.key not in passed and (state := first(typed, STATE + one.key))
        },
        passed=frozenset(one for one in passed if first(typed, APPLIES + one) == "no"),
        files=tuple(digest for digest in dict.fromkeys(typed.get(FILES, ())) if is_digest(digest)),
        signature=next((one for one in typed.get(SIGNATURE, ()) if is_digest(one)), None),
        note=first(typed, "note"),
        ending=first(typed, "ending"),
        result=first(typed, "result"),
        told=first(typed, "told") == "yes",
    )


def capture_page(
    db: sqlite3.Connection,
    keys: Keys,
    visitor: Visitor,
    key: str,
    typed: dict[str, list[str]],
    *,
    checked: bool = False,
    looking: bool = False,
    also: Iterable[Problem] = (),
    suspected: Iterable[str] = (),
) -> CapturePage:
    """The page as it follows from what was typed.

    checked    with every mistake in it; `also`: mistakes that were found elsewhere (files, the rules)
    looking    residents are looked for by what stands in `find`
    """
    given = captured(db, keys, visitor, key, typed)
    typed.setdefault(RECORD, [])
    if not first(typed, RECORD):
        typed[RECORD] = [uuid7(visitor.now_ms, os.urandom(10))]
    applicant = applicant_at(db, keys, visitor.place, first(typed, RESIDENT))
    prefilled = _prefill(given.form, applicant, typed)
    known = None if applicant is None else applicant.known_number
    answers = answers_typed(given.form, typed, known)
    problems = _by_pointer(given.form, [*(capture_problems(given, visitor.today) if checked else ()), *also])
    found, more = (None, False)
    if looking:
        found, more = applicants_matching(db, keys, visitor.place, first(typed, FIND))
    of_answers = [
        msgspec.structs.replace(one, pointer=pointer.removeprefix("/answers"))
        for pointer, ones in problems.items()
        if pointer.startswith("/answers/")
        for one in ones
    ]
    return CapturePage(
        shown=item_today(db, keys, key, visitor.today),
        record=first(typed, RECORD),
        find=first(typed, FIND),
        found=found,
        found_more=more,
        applicant=applicant,
        fields=fields_shown(given.form, answers, typed, of_answers),
        prefilled=prefilled,
        materials=tuple(_materials(given.item, typed, problems)),
        states=MATERIAL_LABELS,
        endings=endings_of(given.item),
        typed=typed,
        problems=problems,
        mistakes=[
            _mistake(given.form, typed, pointer, one)
            for pointer, ones in problems.items()
            for one in ones
            if not one.remark
        ],
        suspected=list(suspected),
        signs=given.item.mode.value == "proxy",
    )


def _mistake(form: Form, typed: Typed, pointer: str, found: Problem) -> Mistake:
    kind, _, path = pointer.removeprefix("/").partition("/")
    if kind == "materials":
        return Mistake("", found, f"material-{path}")
    if kind != "answers":
        return Mistake("", found, kind)
    group, *rest = path.split("/")
    row = ""
    if rest and rest[0] in (rows := row_ids(group, typed)):
        label = next((field.label.zh for field in form.fields if field.key == group), group)
        row = f"{label} {rows.index(rest[0]) + 1}："
    return Mistake(row, found, "field-" + path.replace("/", "--"))


def _prefill(form: Form, applicant: Applicant | None, typed: dict[str, list[str]]) -> dict[str, str]:
    """Put what is known of the applicant into fields that are empty, or still hold what another one's record said."""
    names = {ANSWERS + field.key: field.prefill for field in form.fields if field.prefill}
    names["applicant_phone"] = "resident.phone"
    kept: dict[str, str] = {}
    for name, fact in names.items():
        stands, before = first(typed, name), first(typed, PREFILLED + name)
        if stands and stands != before:
            continue
        known = None if applicant is None else applicant.fact(fact)
        if known or stands:
            typed[name] = [known or ""]
        if known:
            kept[name] = known
    return kept


def _materials(item: Item, typed: Typed, problems: dict[str, list[Problem]]) -> Iterable[MaterialAsked]:
    for material in item.materials:
        conditional = material.necessity == "conditional"
        applies = first(typed, APPLIES + material.key)
        yield MaterialAsked(
            material=material,
            conditional=conditional,
            applies=applies,
            asked=not conditional or applies == "yes",
            state=first(typed, STATE + material.key),
            problems=tuple(problems.get(f"/materials/{material.key}", ())),
        )


def _by_pointer(form: Form, found: Iterable[Problem]) -> dict[str, list[Problem]]:
    at: dict[str, list[Problem]] = {}
    for one in found:
        pointer = one.pointer
        if pointer.startswith("/answers/"):
            inner = msgspec.structs.replace(one, pointer=pointer.removeprefix("/answers"))
            worded = in_words_of_a_page(form, [inner])[0]
            one = msgspec.structs.replace(worded, pointer=pointer)  # noqa: PLW2901
        if all((one.code, one.message) != (other.code, other.message) for other in at.get(pointer, ())):
            at.setdefault(pointer, []).append(one)
    return at


def _new_row() -> str:
    return os.urandom(6).hex()
