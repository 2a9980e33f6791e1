"""Answers to an item's form: from what a person typed, checked all at once, in the shape that operations carry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from forms.answers import flatten, nest
from forms.catalogue import Catalogue, Item
from forms.check import compiled_form
from forms.codes import normalise_bank_account, normalise_identity_number, normalise_phone
from forms.definition import Field, FieldType, Form
from forms.problem import Problem
from sync.record import Record

YES = frozenset({"是", "true", "yes", "y", "1", "有", "对"})
NO = frozenset({"否", "false", "no", "n", "0", "无", "不"})
_FEN = 100


def check_answers(
    catalogue: Catalogue, item: Item, answers: Mapping[str, Any], today: date, partial: bool = False
) -> list[Problem]:
    """Every problem of flat answers to an item's form."""
    form = compiled_form(catalogue, item.form)
    try:
        nested = nest(answers)
    except ValueError as error:
        return [Problem(pointer="/answers", code="unknown-field", message=str(error), message_en=str(error))]
    return form.check(nested, today, partial)


def answer_fields(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Flat answers as fields of an operation, a field a path."""
    return {f"answers/{path}": value for path, value in answers.items()}


def answers_of(record: Record) -> dict[str, Any]:
    """The flat answers that a case or visit holds."""
    return {name[8:]: value for name, value in record.values.items() if name.startswith("answers/")}


def typed_answers(form: Form, typed: Mapping[str, str]) -> dict[str, Any]:
    """Flat answers from `path=value` texts, each by the type of its field; unknown paths stay as typed."""
    fields = {field.key: field for field in form.fields}
    return {path: _typed(_field_at(fields, path), value) for path, value in typed.items()}


def flat_answers(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Flat answers from JSON that may be nested or flat already."""
    return flatten(answers)


def prefilled(form: Form, household: Record | None, resident: Record | None) -> dict[str, Any]:
    """The answers that the device knows already (`prefill`): name, identity number, phone, address."""
    known = {
        "resident.name": None if resident is None else resident.values.get("name"),
        "resident.identity_number": None if resident is None else resident.values.get("identity_number"),
        "resident.phone": None if resident is None else resident.values.get("phone"),
        "household.address": None if household is None else household.values.get("address"),
    }
    return {
        field.key: known[field.prefill]
        for field in form.fields
        if field.prefill is not None and known.get(field.prefill) is not None
    }


def _field_at(fields: dict[str, Field], path: str) -> Field | None:
    parts = path.split("/")
    field = fields.get(parts[0])
    if field is None or len(parts) == 1:
        return field
    return {column.key: column for column in field.columns}.get(parts[2]) if len(parts) == 3 else None


def _typed(field: Field | None, text: str) -> Any:
    kind = None if field is None else field.type
    match kind:
        case FieldType.YES_NO:
            return _yes_no(text)
        case FieldType.NUMBER:
            return int(text) if text.lstrip("-").isdecimal() else text
        case FieldType.MONEY:
            return _fen(text)
        case FieldType.CHOICE if field is not None:
            return _option(field, text)
        case FieldType.MULTIPLE_CHOICE if field is not None:
            return [_option(field, one) for one in text.replace("，", ",").split(",") if one]
        case FieldType.FILE:
            return [one for one in text.split(",") if one]
        case FieldType.IDENTITY_NUMBER:
            return normalise_identity_number(text)
        case FieldType.PHONE:
            return normalise_phone(text)
        case FieldType.BANK_ACCOUNT:
            return normalise_bank_account(text)
    return text


def _yes_no(text: str) -> Any:
    plain = text.strip().lower()
    return True if plain in YES else False if plain in NO else text


def _fen(text: str) -> Any:
    """元 as people write them to 分; what is no amount stays text, for the check to say so."""
    yuan, _, rest = text.strip().removesuffix("元").replace(",", "").partition(".")
    if not yuan.lstrip("-").isdecimal() or (rest and not rest.isdecimal()) or len(rest) > 2:
        return text
    return (1 if not yuan.startswith("-") else -1) * (abs(int(yuan)) * _FEN + int(rest.ljust(2, "0") or 0))


def _option(field: Field, text: str) -> str:
    """The key of an option, by its key or its label."""
    plain = text.strip()
    for option in field.options:
        if plain in (option.key, option.label.zh):
            return option.key
    return plain
