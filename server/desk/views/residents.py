"""Residents as the window sees them: what was found, and one resident with household, cases and visits' days."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import msgspec

from forms.codes import mask_identity_number, normalise_identity_number
from forms.definition import Label
from server.desk.resident_index import ResidentIndex, address_of_home
from server.desk.views.value_words import FieldWords
from server.desk.visitor import Visitor
from server.keys import Keys
from server.problem import ProblemError
from server.roles import Action
from server.store.people_list import belonging, residents_with
from server.store.places import village_range
from server.store.records import record_in
from server.store.visit_list import visits_on
from sync.record import Record

VISITS_DAYS, VISITS_SHOWN = 366, 20
NUMBER_LENGTH = 18


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A line of what was found; phone and identity number masked. `path` is None for a household without residents."""

    path: str | None
    name: str
    address: str
    phone: str
    number: str
    gone: bool


class HouseholdMember(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the household."""

    id: str
    name: str
    relation: str
    status: Label


class CaseOfResident(msgspec.Struct, frozen=True, kw_only=True):
    """A case of the resident, with its page."""

    id: str
    name: str
    state: Label
    captured_at: str


class ResidentShown(msgspec.Struct, frozen=True, kw_only=True):
    """A resident. `visits`: days on which the household was visited, as far as this visitor may know of them.

    visits_known  whether all visits are this visitor's to see, or the own ones only
    """

    id: str
    name: str
    sex: Label | None
    birth_date: str
    relation: str
    status: Label
    phone: str
    number: str
    merged: bool
    void: str | None
    household: str
    address: str
    grid: Label | None
    household_phone: str
    members: tuple[HouseholdMember, ...]
    cases: tuple[CaseOfResident, ...]
    visits: tuple[str, ...]
    visits_known: bool


def search(
    db: sqlite3.Connection, keys: Keys, index: ResidentIndex, visitor: Visitor, text: str
) -> tuple[list[Found], bool]:
    """By a whole identity number (its keyed hash), else by parts of name, phone or address; whether there are more."""
    visitor.require(Action.RESIDENT_READ)
    number = normalise_identity_number(text.strip())
    if len(number) == NUMBER_LENGTH and number[:-1].isdigit():
        hashed = keys.lookup_hash(number)
        records = [
            record_in(db, keys, visitor.place, one) for one in residents_with(db, hashed, visitor.place)
        ]
        return [_found(db, keys, one) for one in records if one is not None], False
    matches, more = index.find(db, visitor.place, text)
    records = [record_in(db, keys, visitor.place, match.entry.id) for match in matches]
    return [_found(db, keys, one) for one in records if one is not None], more


def resident_shown(db: sqlite3.Connection, keys: Keys, visitor: Visitor, identifier: str) -> ResidentShown:
    """One resident's page. Raises ProblemError: forbidden, not-found."""
    record = resident_record(db, keys, visitor, identifier)
    words, values = FieldWords(db, keys, visitor.place), record.values
    home = record_in(db, keys, visitor.place, str(values.get("household")))
    of_home = {} if home is None else home.values
    household = "" if home is None else home.id
    visits, all_known = _visits(db, keys, visitor, household)
    return ResidentShown(
        id=record.id,
        name=str(values.get("name", "")),
        sex=words.text("resident", "sex", values["sex"], values) if "sex" in values else None,
        birth_date=str(values.get("birth_date", "")),
        relation=str(values.get("relation", "")),
        status=words.text("resident", "status", values.get("status", "present"), values),
        phone=str(values.get("phone", "")),
        number=mask_identity_number(str(values["identity_number"])) if values.get("identity_number") else "",
        merged="merged_into" in values,
        void=None if record.void is None else record.void.reason,
        household=household,
        address=address_of_home(of_home),
        grid=words.text("household", "grid", home.grid, of_home) if home is not None and home.grid else None,
        household_phone=str(of_home.get("phone", "")),
        members=tuple(_members(db, keys, words, visitor.place, household, record.id)),
        cases=tuple(_cases(db, keys, words, visitor, household, record.id)),
        visits=visits,
        visits_known=all_known,
    )


def resident_record(db: sqlite3.Connection, keys: Keys, visitor: Visitor, identifier: str) -> Record:
    """The resident of this place. Raises ProblemError: forbidden, not-found."""
    visitor.require(Action.RESIDENT_READ)
    record = record_in(db, keys, visitor.place, identifier)
    if record is None or record.kind != "resident":
        raise ProblemError("not-found")
    return record


def _found(db: sqlite3.Connection, keys: Keys, record: Record) -> Found:
    values = record.values
    home = record
    if record.kind == "resident":
        home = record_in(db, keys, record.village, str(values.get("household"))) or record
    number = str(values.get("identity_number") or "")
    return Found(
        path=f"residents/{record.id}" if record.kind == "resident" else None,
        name=str(values.get("name", "")),
        address=address_of_home(home.values),
        phone=masked_phone(str(values.get("phone") or home.values.get("phone") or "")),
        number=mask_identity_number(number) if number else "",
        gone=record.void is not None or values.get("status", "present") != "present",
    )


def masked_phone(phone: str) -> str:
    """As lists show it: 139****0001."""
    return phone if len(phone) < NUMBER_LENGTH // 2 else f"{phone[:3]}****{phone[-4:]}"


def _members(
    db: sqlite3.Connection, keys: Keys, words: FieldWords, village: str, household: str, but: str
) -> list[HouseholdMember]:
    found = belonging(db, keys, village, household, "resident") if household else []
    return [
        HouseholdMember(
            id=one.id,
            name=str(one.values.get("name", "")),
            relation=str(one.values.get("relation", "")),
            status=words.text("resident", "status", one.values.get("status", "present"), one.values),
        )
        for one in found
        if one.id != but and one.void is None
    ]


def _cases(
    db: sqlite3.Connection, keys: Keys, words: FieldWords, visitor: Visitor, household: str, resident: str
) -> list[CaseOfResident]:
    parents = [one for one in (household, resident) if one]
    found = {one.id: one for parent in parents for one in belonging(db, keys, visitor.place, parent, "case")}
    return [
        CaseOfResident(
            id=one.id,
            name=words.item_name(one.values),
            state=words.text("case", "state", one.values.get("state"), one.values),
            captured_at=str(one.values.get("captured_at", "")),
        )
        for one in found.values()
        if one.values.get("resident") == resident and one.void is None
    ]


def _visits(
    db: sqlite3.Connection, keys: Keys, visitor: Visitor, household: str
) -> tuple[tuple[str, ...], bool]:
    """The days of the last year's visits, latest first: all for the lead, a worker's own otherwise."""
    all_known = visitor.may(Action.VISIT_READ)
    if not household:
        return (), all_known
    first = (visitor.today - timedelta(days=VISITS_DAYS)).isoformat()
    place, today = village_range(visitor.place), visitor.today.isoformat()
    rows, after = [], None
    while True:
        page, after = visits_on(db, place, first, today, household=household, after=after, limit=100)
        rows += page
        if after is None:
            break
    days = []
    for row in reversed(rows):
        visit = None if all_known else record_in(db, keys, row.village, row.record)
        if all_known or (visit is not None and visitor.account.id == visit.values.get("worker")):
            days.append(row.day)
        if len(days) == VISITS_SHOWN:
            break
    return tuple(days), all_known
