"""What belongs to a resident, by rule. What no rule can know (a name in somebody's note) a person has to look at.

Invariant: a record belongs by what it names (the resident, a case of the resident, the resident's identity number),
never by text that only looks alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from forms.codes import normalise_identity_number
from sync.operation import Operation
from sync.record import Record

NAMING_FIELDS = {
    "case": ("resident",),
    "task": ("resident", "case"),
    "conflict": ("subject",),
    "duplicate": ("first", "second"),
    "reading": ("subject",),
    "rating": ("subject",),
}
"""Fields of a kind that make its record belong to the resident or the case that they name."""
LEADING = frozenset({"resident", "case"})
"""Kinds to which other records belong."""
VISIT_KEEPS = frozenset(
    {
        "round", "worker", "companions", "grid", "household", "visit_class", "outcome", "started_at", "ended_at",
        "recorded_at", "written_up_later",
    }
)  # fmt: skip
"""What stays of a visit whose content is erased: that it was made, by whom, where and when, as figures count it."""


class Person(msgspec.Struct, frozen=True):
    """Who is to be erased: the ids under which the resident is known, and the identity numbers (normalised)."""

    residents: frozenset[str]
    numbers: frozenset[str]


def belongs(kind: str, values: dict[str, Any], person: Person, erased: Collection[str]) -> bool:
    """Whether a record of a kind with these values belongs to the person, or to one of the records to be erased."""
    for field in NAMING_FIELDS.get(kind, ()):
        named = values.get(field)
        if isinstance(named, str) and (named in person.residents or named in erased):
            return True
    number = values.get("applicant_identity_number") if kind == "case" else None
    return isinstance(number, str) and normalise_identity_number(number) in person.numbers


def operation_belongs(operation: Operation, person: Person, erased: Collection[str]) -> bool:
    """Whether an operation is on a record to be erased, or would have created one."""
    if operation.record in erased:
        return True
    return operation.action == "create" and belongs(operation.kind, operation.fields, person, erased)


def emptied_visit(record: Record) -> None:
    """Leave of a visit what figures count."""
    record.values = {field: value for field, value in record.values.items() if field in VISIT_KEEPS}
    record.clocks = {field: stamp for field, stamp in record.clocks.items() if field in VISIT_KEEPS}
    record.arrived, record.conflicts = [], []


def texts(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every text within a value with the path at which it stands."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from texts(member, f"{where}/{key}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from texts(member, f"{where}/{index}")
