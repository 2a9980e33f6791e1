"""Who may be meant at the window, as a page shows them: name, age in words, house, the number masked."""

from __future__ import annotations

import sqlite3

import msgspec

from forms.codes import mask_identity_number
from server.keys import Keys
from server.store.applicants import Found, resident_at, residents_matching
from server.store.records import record_in
from sync.record import Record

FOUND_MAX = 20


class Applicant(msgspec.Struct, frozen=True, kw_only=True):
    """A resident who applies, or may. `number` is masked.

    known_number   the identity number, for the server alone
    """

    id: str
    name: str
    number: str | None
    known_number: str | None
    born: str | None
    phone: str | None
    relation: str | None
    household: str | None
    household_name: str
    address: str

    def fact(self, name: str) -> str | None:
        """What a field's `prefill` names, as it is put into the field: the identity number masked."""
        facts = {
            "resident.name": self.name,
            "resident.identity_number": self.number,
            "resident.phone": self.phone,
            "household.address": self.address,
        }
        return facts.get(name)


def applicants_matching(
    db: sqlite3.Connection, keys: Keys, village: str, text: str
) -> tuple[list[Applicant], bool]:
    """Those who may be meant, and whether there are more than are shown."""
    found = residents_matching(db, keys, village, text, FOUND_MAX + 1)
    return [_shown(db, keys, village, one) for one in found[:FOUND_MAX]], len(found) > FOUND_MAX


def applicant_at(db: sqlite3.Connection, keys: Keys, village: str, identifier: str) -> Applicant | None:
    """A resident of the village by id."""
    found = resident_at(db, keys, village, identifier) if identifier else None
    return None if found is None else _shown(db, keys, village, found)


def _shown(db: sqlite3.Connection, keys: Keys, village: str, found: Found) -> Applicant:
    values = found.values
    household: Record | None = record_in(db, keys, village, values.household)
    own = {} if household is None else household.values
    number = values.identity_number
    return Applicant(
        id=found.id,
        name=values.name,
        number=mask_identity_number(number) if number else None,
        known_number=number,
        born=values.birth_date,
        phone=values.phone,
        relation=values.relation,
        household=None if household is None else household.id,
        household_name=own.get("name", ""),
        address=own.get("address", ""),
    )
