"""What somebody typed into a form's fields, read as answers; what is no answer stays as text, for the check to say so.

Names of inputs: `answers/<path>` for an answer, several times for several choices and files; `rows/<group>` once for
each row of a repeat group.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from forms.answer_check import INTEGER_MAX
from forms.answers import COLUMN_PARTS
from forms.codes import (
    mask_identity_number,
    normalise_bank_account,
    normalise_identity_number,
    normalise_phone,
)
from forms.definition import Field, FieldType, Form
from forms.problem import Problem
from forms.visibility import is_row_id

Typed = Mapping[str, list[str]]
"""The texts of a form by the names of its inputs."""

ANSWERS, ROWS = "answers/", "rows/"
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_YUAN = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,2}))?")
_COMMAS = str.maketrans("", "", ",， \u3000")


def answers_typed(form: Form, typed: Typed, known_number: str | None = None) -> dict[str, Any]:
    """The nested answers of a form; an answer that was left empty is not there.

    known_number   the applicant's identity number: where its masked form was left in a field, it is meant
    """
    answers = {field.key: _answer(field, field.key, typed, known_number) for field in form.fields}
    return {key: value for key, value in answers.items() if value is not None}


def row_ids(group: str, typed: Typed) -> list[str]:
    """The rows of a repeat group, in the order in which they stand on the page."""
    return [row for row in dict.fromkeys(typed.get(ROWS + group, ())) if is_row_id(row)]


def first(typed: Typed, name: str) -> str:
    """The text of an input that is there once; empty where it is not."""
    return next(iter(typed.get(name, ())), "")


def in_words_of_a_page(form: Form, found: list[Problem]) -> list[Problem]:
    """Problems as somebody reads them who typed text: an amount and a number say how they are written."""
    types = {field.key: field for field in form.fields}
    columns = {(field.key, column.key): column for field in form.fields for column in field.columns}
    return [_worded(types, columns, one) for one in found]


def _worded(types: dict[str, Field], columns: dict[tuple[str, str], Field], found: Problem) -> Problem:
    parts = found.pointer.split("/")[1:]
    field = (
        columns.get((parts[0], parts[-1]))
        if len(parts) == COLUMN_PARTS
        else types.get(parts[0] if parts else "")
    )
    if found.code != "type" or field is None or field.type is not FieldType.MONEY:
        return found
    return Problem(
        pointer=found.pointer,
        code=found.code,
        message=f"“{field.label.zh}”按元填写，如 1234.50",
        message_en=f"{field.label.en or field.label.zh}: an amount in yuan, as in 1234.50",
    )


def _answer(field: Field, path: str, typed: Typed, known_number: str | None) -> Any:
    if field.type is FieldType.REPEAT:
        rows = {
            row: {
                column.key: value
                for column in field.columns
                if (value := _answer(column, f"{path}/{row}/{column.key}", typed, known_number)) is not None
            }
            for row in row_ids(field.key, typed)
        }
        return rows or None
    texts = [text for text in typed.get(ANSWERS + path, ()) if text.strip()]
    if field.type in (FieldType.MULTIPLE_CHOICE, FieldType.FILE):
        return list(dict.fromkeys(texts)) or None
    if not texts:
        return None
    if (
        field.type is FieldType.IDENTITY_NUMBER
        and known_number is not None
        and texts[0].strip() == mask_identity_number(known_number)
    ):
        return known_number
    return _READ.get(field.type, str.strip)(texts[0])


def _yes_no(text: str) -> bool | str:
    return {"true": True, "false": False}.get(text, text)


def _number(text: str) -> int | str:
    """An integer as one, a decimal number as text: no fraction travels as a floating-point number."""
    plain = unicodedata.normalize("NFKC", text).translate(_COMMAS)
    if _INTEGER.fullmatch(plain) and abs(int(plain)) <= INTEGER_MAX:
        return int(plain)
    return plain


def fen(text: str) -> int | str:
    """An amount in 元 as an integer of 分; what is no amount as it was typed."""
    plain = unicodedata.normalize("NFKC", text).translate(_COMMAS).removeprefix("¥").removesuffix("元")
    found = _YUAN.fullmatch(plain)
    if found is None:
        return text.strip()
    sign, yuan, cents = found.groups()
    return int(f"{sign}{yuan}{(cents or '').ljust(2, '0')}")


_READ: dict[FieldType, Callable[[str], Any]] = {
    FieldType.YES_NO: _yes_no,
    FieldType.NUMBER: _number,
    FieldType.MONEY: fen,
    FieldType.IDENTITY_NUMBER: normalise_identity_number,
    FieldType.PHONE: normalise_phone,
    FieldType.BANK_ACCOUNT: normalise_bank_account,
}
