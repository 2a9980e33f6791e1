"""A form's fields as a page shows them: which are asked with what was typed so far, what stands in each, what is wrong.

What is typed into a field that a condition hides is carried along unseen, so that a slip of a choice costs nobody
their text; it is no answer while it is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from forms.answers import COLUMN_PARTS
from forms.check import compile_form
from forms.definition import Field, FieldType, Form
from forms.expression import Expression
from forms.problem import Problem
from server.desk.views.typed_answers import ANSWERS, ROWS, Typed, row_ids

ROWS_MAX = 50


class FieldShown(msgspec.Struct, frozen=True, kw_only=True):
    """One question. `name` is its input's, `id` fit for HTML; `texts` what stands in it.

    decides   whether another question is asked or not by its answer
    rows      of a repeat group
    """

    field: Field
    name: str
    id: str
    texts: tuple[str, ...]
    problems: tuple[Problem, ...]
    decides: bool
    rows: tuple[RowShown, ...] = ()

    @property
    def text(self) -> str:
        """What stands in an input that is there once."""
        return self.texts[0] if self.texts else ""

    @property
    def wrong(self) -> bool:
        """Whether there is a mistake in it."""
        return any(not found.remark for found in self.problems)

    @property
    def kind(self) -> str:
        """Its type, as templates ask for it."""
        return self.field.type.value


class RowShown(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a repeat group, counted from 1."""

    id: str
    number: int
    problems: tuple[Problem, ...]
    fields: tuple[FieldShown, ...]


class FieldsShown(msgspec.Struct, frozen=True, kw_only=True):
    """The questions that are asked, and what was typed into those that are not: (name of the input, text)."""

    fields: tuple[FieldShown, ...]
    carried: tuple[tuple[str, str], ...]


class _Asked(msgspec.Struct, frozen=True):
    visible: frozenset[str]
    typed: Typed
    problems: Mapping[str, list[Problem]]
    deciding: frozenset[str]


def fields_shown(
    form: Form, answers: Mapping[str, Any], typed: Typed, problems: Iterable[Problem] = ()
) -> FieldsShown:
    """The page's questions. `answers`: `typed`, read (`typed_answers`); the pointers of `problems` lead into them."""
    at: dict[str, list[Problem]] = {}
    for found in problems:
        at.setdefault(found.pointer.removeprefix("/"), []).append(found)
    asked = _Asked(compile_form(form).visible(answers), typed, at, deciding(form))
    shown = tuple(
        _shown(field, field.key, field.key, asked) for field in form.fields if field.key in asked.visible
    )
    names = {name for field in shown for name in _names(field)}
    names |= {ROWS + field.field.key for field in shown}
    carried = tuple(
        (name, text)
        for name, texts in typed.items()
        if name.startswith((ANSWERS, ROWS)) and name not in names
        for text in texts
        if text.strip() and _belongs(form, name, typed)
    )
    return FieldsShown(fields=shown, carried=carried)


def visible_answers(form: Form, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers without those to questions that are not asked."""
    visible = compile_form(form).visible(answers)
    return {key: _visible(key, value, visible) for key, value in answers.items() if key in visible}


def _visible(key: str, value: Any, visible: frozenset[str]) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        row: {column: said for column, said in given.items() if f"{key}/{row}/{column}" in visible}
        for row, given in value.items()
    }


@lru_cache(maxsize=512)
def deciding(form: Form) -> frozenset[str]:
    """The keys of fields, and `group/column` of columns, that conditions of others read."""
    found = set[str]()
    for field in form.fields:
        if field.visible_when is not None:
            found |= Expression(field.visible_when).names("answers")
        for column in field.columns:
            if column.visible_when is not None:
                condition = Expression(column.visible_when)
                found |= condition.names("answers")
                found |= {f"{field.key}/{name}" for name in condition.names("row")}
    return frozenset(found)


def _shown(field: Field, path: str, key: str, asked: _Asked) -> FieldShown:
    return FieldShown(
        field=field,
        name=ANSWERS + path,
        id="field-" + path.replace("/", "--"),
        texts=tuple(asked.typed.get(ANSWERS + path, ())),
        problems=tuple(asked.problems.get(path, ())),
        decides=key in asked.deciding,
        rows=tuple(_rows(field, asked)) if field.type is FieldType.REPEAT else (),
    )


def _rows(group: Field, asked: _Asked) -> Iterable[RowShown]:
    for number, row in enumerate(row_ids(group.key, asked.typed)[:ROWS_MAX], start=1):
        path = f"{group.key}/{row}"
        yield RowShown(
            id=row,
            number=number,
            problems=tuple(asked.problems.get(path, ())),
            fields=tuple(
                _shown(column, f"{path}/{column.key}", f"{group.key}/{column.key}", asked)
                for column in group.columns
                if f"{path}/{column.key}" in asked.visible
            ),
        )


def _names(field: FieldShown) -> Iterable[str]:
    yield field.name
    for row in field.rows:
        for column in row.fields:
            yield column.name


def _belongs(form: Form, name: str, typed: Typed) -> bool:
    """Whether an input is of this form: a group, or an answer, if of a row, of one that is still there."""
    path = name.partition("/")[2]
    if name.startswith(ROWS):
        return any(field.key == path for field in form.fields)
    parts = path.split("/")
    if len(parts) == COLUMN_PARTS and parts[1] not in row_ids(parts[0], typed):
        return False
    return compile_form(form).knows(path)
