"""What is wrong with the fields of an operation: all of it at once, in words, each with its pointer."""

from __future__ import annotations

from typing import Any

import msgspec

from forms.problem import Problem, pointer_to
from sync.field_labels import label_of
from sync.field_types import MOMENT_PARTS, SetChange
from sync.kinds import Kind


def field_type(kind: Kind, field: str) -> Any | None:
    """The type of a field, families included, or None where the kind has no such field."""
    if (known := kind.types.get(field)) is not None:
        return known
    family, slash, rest = field.partition("/")
    of_family: Any = kind.families.get(family)
    return of_family | None if slash and rest and of_family is not None else None


def field_problems(kind: Kind, fields: dict[str, Any]) -> list[Problem]:
    """Everything wrong with the fields of a create or change; empty where all is well.

    The whole is tried at once, because almost always it is right; only then each field is looked at by itself.
    """
    of_families = [field for field in fields if "/" in field]
    plain = fields
    if of_families:
        plain = {field: value for field, value in fields.items() if "/" not in field}
    try:
        msgspec.convert(plain, kind.whole)
    except msgspec.ValidationError:
        looked_at = list(fields)
    else:
        looked_at = of_families
    return [problem for field in looked_at if (problem := _field_problem(kind, field, fields[field]))]


def cleared_problems(kind: Kind, fields: dict[str, Any], *, creating: bool = False) -> list[Problem]:
    """A required field that is missing in a create, or that a change takes away: each is one problem."""
    return [
        Problem(
            pointer=pointer_to("fields", field),
            code="required",
            message=f"缺少“{label_of(kind, field)}”",
            message_en=f"“{field}” is missing",
        )
        for field in kind.required
        if (creating or field in fields) and fields.get(field) in (None, "")
    ]


def strange_moments(kind: Kind, fields: dict[str, Any]) -> list[Problem]:
    """Moments outside the years 1900 to 2999, which no calendar here can count."""
    return [
        Problem(
            pointer=pointer_to("fields", field),
            code="wrong-moment",
            message=f"“{label_of(kind, field)}”的时间不可能",
            message_en=f"“{field}” is no time that can be meant",
        )
        for field, value in fields.items()
        if field in kind.dated
        and not (_in_calendar(value) if field in kind.moments else _parts_in_calendar(value))
    ]


def _in_calendar(value: Any) -> bool:
    return not isinstance(value, str) or not value[:4].isdigit() or "1900" <= value[:4] <= "2999"


def _parts_in_calendar(value: Any) -> bool:
    if type(value) is list:
        return all(map(_parts_in_calendar, value))
    return type(value) is not dict or all(_in_calendar(value.get(part)) for part in MOMENT_PARTS)


def _field_problem(kind: Kind, field: str, value: Any) -> Problem | None:
    wanted = field_type(kind, field)
    if wanted is None:
        return Problem(
            pointer=pointer_to("fields", field),
            code="unknown-field",
            message=f"{kind.label}没有“{label_of(kind, field)}”这一项",
            message_en=f"a {kind.name} has no field “{field}”",
        )
    if field in kind.sets and isinstance(value, dict):
        wanted = SetChange
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError:
        return Problem(
            pointer=pointer_to("fields", field),
            code="wrong-type",
            message=f"“{label_of(kind, field)}”的内容格式不对",
            message_en=f"“{field}” is not of the form that it must have",
        )
    return None
