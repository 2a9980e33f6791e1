"""Which questions are asked, given the answers so far; and what expressions see of the answers.

Fields are looked at in their order, each with the answers of those found hidden before it taken out, so that
a chain of conditions falls together. Conditions do not see `today`: what is asked must not change overnight.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec

from forms.answer_check import Check, answer_check, is_answered, is_iso_date, number_value
from forms.definition import Field, FieldType, Label
from forms.expression import Expression

_ROW_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_LISTS = (FieldType.MULTIPLE_CHOICE, FieldType.FILE)


class CompiledField(msgspec.Struct, frozen=True):
    """A field with everything that is computed once."""

    field: Field
    check: Check
    condition: Expression | None
    constraints: tuple[tuple[Expression, Label], ...]
    columns: tuple["CompiledField", ...]


class Seen(msgspec.Struct, frozen=True):
    """What is visible: paths, the bound answers, and the bound answers of each row by `(group, row id)`."""

    visible: set[str]
    answers: dict[str, object]
    rows: dict[tuple[str, str], dict[str, object]]


def compile_fields(fields: Iterable[Field]) -> tuple[CompiledField, ...]:
    """Each field compiled. Raises ValueError where an expression or a pattern is none."""
    return tuple(
        CompiledField(
            field=field,
            check=answer_check(field),
            condition=None if field.visible_when is None else Expression(field.visible_when),
            constraints=tuple((Expression(rule.expression), rule.message) for rule in field.constraints),
            columns=compile_fields(field.columns),
        )
        for field in fields
    )


def is_row_id(row_id: object) -> bool:
    """Whether a row's id is one: 1 to 64 of ASCII letters, digits, `_` and `-`."""
    return isinstance(row_id, str) and _ROW_ID.fullmatch(row_id) is not None


def rows_of(value: object) -> dict[str, Mapping[str, object]]:
    """The well-formed rows of a repeat group's answer, in the order of their ids."""
    if not isinstance(value, Mapping):
        return {}
    return {
        row_id: row for row_id, row in sorted(value.items()) if is_row_id(row_id) and isinstance(row, Mapping)
    }


def look(fields: tuple[CompiledField, ...], answers: Mapping[str, object]) -> Seen:
    """What is visible of a form with these nested answers."""
    seen = Seen(visible=set(), answers=_bindings(fields, answers), rows={})
    scope: dict[str, object] = {"answers": seen.answers}
    for compiled in fields:
        key = compiled.field.key
        if not _is_visible(compiled, scope):
            seen.answers.pop(key, None)
            continue
        seen.visible.add(key)
        if compiled.field.type is FieldType.REPEAT:
            for row_id, row in rows_of(answers.get(key)).items():
                _look_at_row(compiled, row_id, row, seen)
            _bind_rows(key, seen)
    return seen


def _look_at_row(group: CompiledField, row_id: str, row: Mapping[str, object], seen: Seen) -> None:
    bound = _bindings(group.columns, row)
    scope: dict[str, object] = {"answers": seen.answers, "row": bound}
    for column in group.columns:
        if _is_visible(column, scope):
            seen.visible.add(f"{group.field.key}/{row_id}/{column.field.key}")
        else:
            bound.pop(column.field.key, None)
    seen.rows[group.field.key, row_id] = bound


def _bind_rows(key: str, seen: Seen) -> None:
    rows = [bound for (group, _), bound in seen.rows.items() if group == key]
    if rows:
        seen.answers[key] = rows


def _is_visible(compiled: CompiledField, scope: Mapping[str, object]) -> bool:
    return compiled.condition is None or compiled.condition.judge(scope) is True


def _bindings(fields: tuple[CompiledField, ...], answers: Mapping[str, object]) -> dict[str, object]:
    bound = {compiled.field.key: _binding(compiled, answers.get(compiled.field.key)) for compiled in fields}
    return {key: value for key, value in bound.items() if value is not None}


def _binding(compiled: CompiledField, value: object) -> object:
    """The value as CEL sees it; None where it is absent or not of its field's type."""
    kind = compiled.field.type
    if not is_answered(value):
        return None
    if kind is FieldType.REPEAT:
        return [_bindings(compiled.columns, row) for row in rows_of(value).values()] or None
    if kind in (FieldType.NUMBER, FieldType.MONEY):
        number = None if kind is FieldType.MONEY and isinstance(value, str) else number_value(value)
        return None if number is None else float(number)
    if kind is FieldType.YES_NO:
        return value if isinstance(value, bool) else None
    if kind is FieldType.DATE:
        return value if is_iso_date(value) else None
    if kind in _LISTS:
        return value if isinstance(value, list) and all(isinstance(one, str) for one in value) else None
    return value if isinstance(value, str) else None
