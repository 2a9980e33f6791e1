"""Checking a form's answers: every problem at once, and which questions are asked at all.

The rules, for both implementations:

1. Fields are judged in their order. A field is visible when it has no `visible_when`, or when that is true.
   It sees the answers so far: those of fields found hidden are taken out, as are values that are not of their
   field's type. Unknown means hidden. The columns of a row are judged likewise, with the row as `row`.
2. A hidden field is not required, and its answer is kept with a remark, not judged.
3. A visible answer is judged by its type and bounds, then by its constraints, which see all visible answers
   and `today`. A constraint is violated when it is false; unknown is not violated.
4. `partial` judges what is given and demands nothing.

`today` is the day of the capture: what was right on the doorstep does not become wrong on its way.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from forms.answer_check import check_count, field_problem, is_answered
from forms.answers import COLUMN_PARTS, ROW_PARTS
from forms.catalogue import Catalogue
from forms.definition import FieldType, Form
from forms.problem import Problem, mistakes, pointer_to, problem
from forms.standing import ItemStanding, item_standing
from forms.visibility import CompiledField, Seen, compile_fields, is_row_id, look

__all__ = [
    "CompiledForm",
    "ItemStanding",
    "Problem",
    "compile_form",
    "compiled_form",
    "item_standing",
    "mistakes",
]


class CompiledForm:
    """A form ready to judge answers; safe to share, as it never changes."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._fields = compile_fields(form.fields)
        self._single: dict[str, CompiledField] = {}
        self._columns: dict[str, dict[str, CompiledField]] = {}
        for compiled in self._fields:
            if compiled.field.type is FieldType.REPEAT:
                self._columns[compiled.field.key] = {one.field.key: one for one in compiled.columns}
            else:
                self._single[compiled.field.key] = compiled

    def knows(self, path: str) -> bool:
        """Whether a path is an answer of this form, or the mark of a row."""
        return path in self._single or self._in_row(path) is not None

    def check_answer(self, path: str, value: object, today: date) -> list[Problem]:
        """Problems of one answer by itself: its type and bounds, without any expression. None clears it."""
        compiled = self._single.get(path)
        if compiled is not None:
            return compiled.check(value, today, "/" + path)
        found = self._in_row(path)
        if found is None:
            return [problem(pointer_to(*path.split("/")), "unknown-field")]
        pointer = "/" + path  # neither keys nor row ids have anything to escape
        if isinstance(found, CompiledField):
            return found.check(value, today, pointer)
        return [] if value is None or isinstance(value, bool) else [problem(pointer, "type", label="行")]

    def _in_row(self, path: str) -> CompiledField | bool | None:
        """The column of a path in a row; True for the mark of a row; None if the form has no such path."""
        parts = path.split("/")
        columns = self._columns.get(parts[0])
        if columns is None or not ROW_PARTS <= len(parts) <= COLUMN_PARTS or not is_row_id(parts[1]):
            return None
        return columns.get(parts[2]) if len(parts) == COLUMN_PARTS else True

    def visible(self, answers: Mapping[str, object]) -> frozenset[str]:
        """The paths of all questions that are asked with these nested answers, answered or not."""
        return frozenset(look(self._fields, answers).visible)

    def check(self, answers: Mapping[str, object], today: date, partial: bool = False) -> list[Problem]:
        """All problems of nested answers. `partial`: only of what is given."""
        judging = _Judging(look(self._fields, answers), today, partial)
        judging.judge(
            self._fields, answers, (), {"answers": judging.seen.answers, "today": today.isoformat()}
        )
        return judging.found


class _Judging:
    """One run over one set of answers."""

    def __init__(self, seen: Seen, today: date, partial: bool) -> None:
        self.seen = seen
        self.today = today
        self.partial = partial
        self.found: list[Problem] = []

    def judge(
        self,
        fields: tuple[CompiledField, ...],
        values: Mapping[str, object],
        place: tuple[str, ...],
        scope: Mapping[str, object],
    ) -> None:
        for compiled in fields:
            path = (*place, compiled.field.key)
            value = values.get(compiled.field.key)
            if not is_answered(value):
                self._judge_missing(compiled, path)
            elif "/".join(path) not in self.seen.visible:
                hidden = field_problem(compiled.field, pointer_to(*path), "hidden-answer", remark=True)
                self.found.append(hidden)
            else:
                self._judge_answer(compiled, value, path, scope)
        known = {compiled.field.key for compiled in fields}
        unknown = (key for key in values if key not in known)
        self.found += [problem(pointer_to(*place, key), "unknown-field") for key in unknown]

    def _judge_missing(self, compiled: CompiledField, path: tuple[str, ...]) -> None:
        if compiled.field.required and not self.partial and "/".join(path) in self.seen.visible:
            self.found.append(field_problem(compiled.field, pointer_to(*path), "required"))

    def _judge_answer(
        self, compiled: CompiledField, value: object, path: tuple[str, ...], scope: Mapping[str, object]
    ) -> None:
        pointer = pointer_to(*path)
        if compiled.field.type is FieldType.REPEAT and isinstance(value, Mapping):
            self._judge_rows(compiled, value, scope)
        else:
            self.found += compiled.check(value, self.today, pointer)
        for expression, message in compiled.constraints:
            if expression.judge(scope) is False:
                violated = Problem(
                    pointer=pointer,
                    code="constraint",
                    message=message.zh,
                    message_en=message.en or message.zh,
                )
                self.found.append(violated)

    def _judge_rows(
        self, group: CompiledField, rows: Mapping[str, object], scope: Mapping[str, object]
    ) -> None:
        field = group.field
        for row_id, row in rows.items():
            if not is_row_id(row_id):
                self.found.append(field_problem(field, pointer_to(field.key, row_id), "row-id"))
            elif not isinstance(row, Mapping):
                self.found.append(field_problem(field, pointer_to(field.key, row_id), "type"))
            else:
                bound = self.seen.rows[field.key, row_id]
                self.judge(group.columns, row, (field.key, row_id), {**scope, "row": bound})
        count = [
            found
            for found in check_count(field, len(rows), pointer_to(field.key))
            if not (self.partial and found.code == "too-few")
        ]
        self.found += count


@lru_cache(maxsize=1024)
def compile_form(form: Form) -> CompiledForm:
    """A form compiled once. Raises ValueError where an expression or a pattern of it is none."""
    return CompiledForm(form)


def compiled_form(catalogue: Catalogue, form_key: str) -> CompiledForm:
    """A form of a catalogue, compiled once. Raises KeyError for a form that the catalogue does not have."""
    form = catalogue.form(form_key)
    if form is None:
        raise KeyError(form_key)
    return compile_form(form)
