"""A form's answers as people read them: each with its label, in the form's order, in words instead of codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from forms.codes import mask_identity_number
from forms.definition import Field, FieldType, Form, Label
from server.api.desk import masked
from server.desk.views.case_words import NO, YES

ANSWERS = "answers/"


class AnswerShown(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. `path` is the record's field; `text` and `text_en` are what is read and copied.

    hidden   an identity number, shown masked: in full only on demand
    digests  the files, where the answer is files (then `text` is empty)
    """

    path: str
    label: Label
    text: str
    text_en: str
    hidden: bool = False
    digests: tuple[str, ...] = ()
    unit: str | None = None


def answers_shown(form: Form | None, values: Mapping[str, Any]) -> list[AnswerShown]:
    """The answers that a record carries; those that its form does not name stand last, by their path."""
    given = {name[len(ANSWERS) :]: value for name, value in values.items() if name.startswith(ANSWERS)}
    shown: list[AnswerShown] = []
    for field in () if form is None else form.fields:
        if field.type is FieldType.REPEAT:
            shown += _rows(field, given)
        elif field.key in given:
            shown.append(_shown(field, field.key, field.label, given.pop(field.key)))
    return shown + [_strange(path, value) for path, value in given.items() if value is not True]


def _rows(group: Field, given: dict[str, Any]) -> Iterator[AnswerShown]:
    """The rows of a repeat group, numbered; what belonged to one that was taken away is not shown."""
    prefix = f"{group.key}/"
    rows: dict[str, dict[str, Any]] = {}
    gone = set()
    for path in [path for path in given if path.startswith(prefix)]:
        value = given.pop(path)
        row, _, key = path[len(prefix) :].partition("/")
        if key:
            rows.setdefault(row, {})[key] = value
        elif value is False:
            gone.add(row)
    standing = [row for row in rows if row not in gone]
    for number, row in enumerate(standing, start=1):
        for column in group.columns:
            if column.key in rows[row]:
                zh, en = (
                    f"{word} {number} · " for word in (group.label.zh, group.label.en or group.label.zh)
                )
                label = Label(zh=zh + column.label.zh, en=en + (column.label.en or column.label.zh))
                path = f"{prefix}{row}/{column.key}"
                yield _shown(column, path, label, rows[row][column.key])


def _shown(field: Field, path: str, label: Label, value: Any) -> AnswerShown:
    zh, en = _text(field, value)
    return AnswerShown(
        path=ANSWERS + path,
        label=label,
        text=zh,
        text_en=en,
        hidden=field.type is FieldType.IDENTITY_NUMBER and bool(value),
        digests=tuple(value) if field.type is FieldType.FILE and isinstance(value, list) else (),
        unit=field.unit,
    )


def _text(field: Field, value: Any) -> tuple[str, str]:
    """A value in Chinese and English words."""
    match field.type:
        case FieldType.MONEY if isinstance(value, int):
            sign, (yuan, fen) = "-" if value < 0 else "", divmod(abs(value), 100)
            return f"{sign}{yuan:,}.{fen:02d} 元", f"{sign}{yuan:,}.{fen:02d} yuan"
        case FieldType.YES_NO if isinstance(value, bool):
            said = YES if value else NO
            return said.zh, said.en or said.zh
        case FieldType.CHOICE | FieldType.MULTIPLE_CHOICE:
            labels = {option.key: option.label for option in field.options}
            chosen = [labels.get(key, Label(zh=str(key))) for key in _listed(value)]
            return "、".join(one.zh for one in chosen), ", ".join(one.en or one.zh for one in chosen)
        case FieldType.IDENTITY_NUMBER:
            return (mask_identity_number(str(value)),) * 2
        case FieldType.FILE:
            return "", ""
    said_as = f"{masked(value) if isinstance(value, str) else value}{f' {field.unit}' if field.unit else ''}"
    return said_as, said_as


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _strange(path: str, value: Any) -> AnswerShown:
    text = str(masked(value)) if not isinstance(value, list) else "、".join(map(str, masked(value)))
    return AnswerShown(path=ANSWERS + path, label=Label(zh=path), text=text, text_en=text)
