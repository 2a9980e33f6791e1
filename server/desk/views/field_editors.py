"""With which control a field of a record is written at the desk, and how what was typed becomes a value again.

What cannot be read as its type stays the text that was typed: the rules of the record then say what is wrong with it,
in the same words as on a phone. A value with an identity number in it is never put into a form: left empty, it stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from forms.definition import Field, FieldType, Label
from forms.handling.materials import MATERIAL_LABELS
from server.api.desk import masked
from server.desk.language import HAINING
from server.desk.views.answers_shown import ANSWERS
from server.desk.views.case_words import NO, YES
from server.desk.views.people import colleagues
from server.desk.views.published import catalogue_of
from server.desk.views.value_words import MATERIALS, VALUES, WORKERS, FieldWords
from server.store.grid_shapes import grids_of
from server.store.places import village_range
from sync.clock import moment
from sync.field_checks import field_type
from sync.field_types import Code, Day, Integer, LongText, Moment, Text
from sync.kinds import KINDS

Control = Literal["line", "text", "choice", "choices", "day", "moment", "fixed"]
LINES: Final = (Text, Code)
ANSWER_CONTROLS: Final[Mapping[FieldType, Control]] = {
    FieldType.DATE: "day",
    FieldType.CHOICE: "choice",
    FieldType.YES_NO: "choice",
    FieldType.MULTIPLE_CHOICE: "choices",
    FieldType.FILE: "fixed",
    FieldType.REPEAT: "fixed",
}
YES_NO: Final = (("true", YES), ("false", NO))
FEN: Final = 100


class Editor(msgspec.Struct, frozen=True, kw_only=True):
    """A control. `options`: (key, words); `answer`: the question of a form that it answers; `number`: of what kind."""

    control: Control
    options: tuple[tuple[str, Label], ...] = ()
    answer: Field | None = None
    number: Literal["", "integer", "money"] = ""
    truth: bool = False

    def written(self, value: Any) -> tuple[str, ...]:
        """What stands in the control before anybody types; () for what may not be shown in full."""
        if value is None or masked(value) != value:
            return ()
        if isinstance(value, bool):
            return (str(value).lower(),)
        if isinstance(value, list):
            return tuple(str(one) for one in value) if self.control == "choices" else ()
        if self.number == "money" and isinstance(value, int):
            return (f"{value // FEN}.{value % FEN:02d}",)
        if self.control == "moment":
            return (_local(str(value)),)
        return () if isinstance(value, dict) else (str(value),)

    def read(self, typed: Sequence[str]) -> Any:
        """The value of what was typed; None where nothing was, the text itself where it is not of the type."""
        given = [text.strip() for text in typed if text.strip()]
        if self.control == "choices":
            return given or None
        if not given:
            return None
        text = given[0]
        if self.truth:
            return {"true": True, "false": False}.get(text, text)
        if self.number:
            return _number(text, FEN if self.number == "money" else 1)
        return _moment(text) if self.control == "moment" else text


BY_TYPE: Final = (
    (Day, Editor(control="day")),
    (Moment, Editor(control="moment")),
    (LongText, Editor(control="text")),
)


def editor_of(words: FieldWords, kind: str, field: str, values: Mapping[str, Any]) -> Editor:
    """The control of a field; `values` are those of the whole record, which say of which item its answers are."""
    known = KINDS.get(kind)
    wanted = None if known is None else field_type(known, field)
    if known is None or wanted is None or field == "void":
        return Editor(control="fixed")
    if field.startswith(ANSWERS):
        return _answer_editor(words, field.removeprefix(ANSWERS), values)
    if (options := _options(words, kind, field, wanted)) is not None:
        return Editor(control="choices" if _is_list(wanted) else "choice", options=options)
    parts = _parts(wanted)
    if bool in parts:
        return Editor(control="choice", options=YES_NO, truth=True)
    for of, editor in BY_TYPE:
        if of in parts:
            return editor
    if Integer in parts:
        return Editor(control="line", number="integer")
    return Editor(control="line" if any(of in parts for of in LINES) else "fixed")


def _options(words: FieldWords, kind: str, field: str, wanted: Any) -> tuple[tuple[str, Label], ...] | None:
    literals = [key for part in _parts(wanted) if get_origin(part) is Literal for key in get_args(part)]
    if literals:
        return tuple((key, words.text(kind, field, key, {})) for key in literals)
    if field.startswith(MATERIALS):
        return tuple((state.value, MATERIAL_LABELS[state]) for state in MATERIAL_LABELS)
    if field == "grid":
        grids = grids_of(words.db, words.keys, village_range(words.village))
        return tuple((grid.code, Label(zh=grid.name)) for grid in grids)
    if field == "visit_class":
        return tuple(VALUES["visit_class"].items())
    if field in WORKERS:
        return tuple((one.id, Label(zh=one.name)) for one in colleagues(words.db, words.village))
    return None


def _answer_editor(words: FieldWords, path: str, values: Mapping[str, Any]) -> Editor:
    item = words.item(values)
    form = None if item is None else catalogue_of(words.db, words.keys).form(item.form)
    field = next((one for one in form.fields if one.key == path), None) if form else None
    if field is None:
        return Editor(control="fixed")
    options = tuple((one.key, one.label) for one in field.options)
    return Editor(
        control=ANSWER_CONTROLS.get(field.type, "line"),
        options=YES_NO if field.type is FieldType.YES_NO else options,
        answer=field,
        number="money" if field.type is FieldType.MONEY else "",
        truth=field.type is FieldType.YES_NO,
    )


def _parts(wanted: Any) -> tuple[Any, ...]:
    """The members of a union such as `Text | None`."""
    members = get_args(wanted)
    return members if members and get_origin(wanted) is not Literal and type(None) in members else (wanted,)


def _is_list(wanted: Any) -> bool:
    return any(get_origin(part) is list for part in _parts(wanted))


def max_length(kind: str, field: str) -> int | None:
    """How many characters the field of a record takes; None where its type does not say."""
    known = KINDS.get(kind)
    wanted = None if known is None else field_type(known, field)
    metas = [one for part in _parts(wanted) for one in get_args(part) if isinstance(one, Meta)]
    return next((one.max_length for one in metas if one.max_length is not None), None)


def _number(text: str, times: int) -> Any:
    try:
        value = Decimal(text.replace(",", "").removesuffix("元").strip()) * times
    except InvalidOperation:
        return text
    return int(value) if value.is_finite() and value == value.to_integral_value() else text


def _moment(text: str) -> Any:
    """Typed as in Haining (`2026-11-24T09:12`)."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    at = at if at.tzinfo is not None else at.replace(tzinfo=HAINING)
    return moment(int(at.timestamp() * 1000))


def _local(value: str) -> str:
    try:
        return datetime.fromisoformat(value).astimezone(HAINING).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError):
        return ""


def can_be_joined(kind: str, field: str, editor: Editor) -> bool:
    """Whether two values of a field make sense together: longer texts, and several choices."""
    if editor.answer is not None:
        return editor.answer.type in (FieldType.TEXT, FieldType.MULTIPLE_CHOICE, FieldType.FILE)
    return editor.control == "text" and (max_length(kind, field) or 0) > 0


def joined(values: Sequence[Any]) -> Any:
    """All of them in one value: texts one after the other, lists with each member once."""
    if any(isinstance(value, list) for value in values):
        members = [one for value in values for one in (value if isinstance(value, list) else [value])]
        return list(dict.fromkeys(one for one in members if one is not None))
    return "；".join(dict.fromkeys(str(value) for value in values if value not in (None, "")))
