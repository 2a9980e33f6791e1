"""Does a form definition hold together: types, bounds and options fit, expressions compile and refer backwards.

What is refused here would otherwise be silence in the field: a condition on a field that does not exist is
unknown for ever, and its question is never asked.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

from forms.answer_check import TODAY, is_iso_date, number_value
from forms.definition import Field, FieldType, Form
from forms.expression import Expression
from forms.problem import Problem, pointer_to

PREFILLS = frozenset({"resident.name", "resident.identity_number", "resident.phone", "household.address"})
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_OPTION_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
# words that CEL keeps for itself, so no field can be called so
_RESERVED = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in"}
    | {"let", "loop", "namespace", "null", "package", "return", "true", "var", "void", "while"}
)
_CHOICES = (FieldType.CHOICE, FieldType.MULTIPLE_CHOICE)
_COUNTED = (FieldType.MULTIPLE_CHOICE, FieldType.FILE, FieldType.REPEAT)
_TEXTS = (FieldType.TEXT, FieldType.ADDRESS)
# syntax that Python and JavaScript read differently, or that one of them lacks
_UNPORTABLE_PATTERN = re.compile(r"\(\?(?![:=!])|\\[^dDwWbB.^$*+?()\[\]{}|/\\]|[+*?}]\+")

# code → (Chinese, English); in braces: what was found
FAULTS: dict[str, tuple[str, str]] = {
    "field-key": ("字段代号“{0}”不合规", "{0} cannot be the key of a field"),
    "key-repeated": ("“{0}”出现了两次", "{0} is there twice"),
    "label-empty": ("名称不能为空", "A label must not be empty"),
    "options-missing": ("选择题没有选项", "A choice needs options"),
    "options-unused": ("只有选择题才有选项", "Only a choice has options"),
    "option-key": ("选项代号“{0}”不合规", "{0} cannot be the key of an option"),
    "columns-missing": ("明细表没有列", "A repeat group needs columns"),
    "columns-unused": ("只有明细表才有列，不能再套明细表", "Only a repeat group has columns, and never another group"),
    "bound": ("上下限“{0}”与类型不符", "The bound {0} does not fit the type"),
    "bounds-order": ("下限大于上限", "The minimum is above the maximum"),
    "pattern": ("格式“{0}”不是两种程序都认识的正则表达式", "{0} is no pattern that Python and JavaScript read alike"),
    "length": ("只有文字才有长度和格式，长度至少为1", "Only text has a pattern, or a length of 1 or more"),
    "expression": ("表达式“{0}”有误", "{0} is no CEL expression"),
    "expression-portable": ("表达式用了“{0}”，手机与服务器算法不一", "{0} means different things on phone and server"),
    "expression-today": ("显示条件不能依赖今天的日期", "What is asked must not depend on today"),
    "reference": ("表达式引用了“{0}”，前面没有这一项", "{0} is no earlier field"),
    "prefill": ("没有可带入的“{0}”", "There is no known fact {0}"),
}  # fmt: skip

Place: TypeAlias = tuple[str | int, ...]
Known: TypeAlias = Mapping[str, Collection[str]]


def form_problems(form: Form, place: Place = ()) -> list[Problem]:
    """Everything that is wrong with a form; empty if nothing is, and then it compiles."""
    keys = [field.key for field in form.fields]
    found = list(_key_problems(form.fields, (*place, "fields")))
    for index, field in enumerate(form.fields):
        here = (*place, "fields", index)
        asked = {"answers": keys[:index]}
        found += _field_problems(field, here, inside=False)
        found += _rule_problems(field, here, asked, {"answers": keys})
        columns = [column.key for column in field.columns]
        found += _key_problems(field.columns, (*here, "columns"))
        for number, column in enumerate(field.columns):
            there = (*here, "columns", number)
            found += _field_problems(column, there, inside=True)
            asked_in_row = {**asked, "row": columns[:number]}
            found += _rule_problems(column, there, asked_in_row, {"answers": keys, "row": columns})
    return found


def _key_problems(fields: Sequence[Field], place: Place) -> Iterator[Problem]:
    keys = [field.key for field in fields]
    for index, key in enumerate(keys):
        if not _KEY.fullmatch(key) or key in _RESERVED:
            yield _fault((*place, index, "key"), "field-key", key)
        if key in keys[:index]:
            yield _fault((*place, index, "key"), "key-repeated", key)


def _rule_problems(field: Field, here: Place, asked: Known, judged: Known) -> Iterator[Problem]:
    """`asked`: what the condition may read, which is what stands before; `judged`: what constraints may."""
    if field.visible_when is not None:
        yield from _expression_problems(field.visible_when, (*here, "visible_when"), asked, today=False)
    for number, rule in enumerate(field.constraints):
        yield from _expression_problems(rule.expression, (*here, "constraints", number), judged, today=True)


def _expression_problems(text: str, place: Place, known: Known, *, today: bool) -> Iterator[Problem]:
    try:
        expression = Expression(text)
    except ValueError:
        yield _fault(place, "expression", text)
        return
    for name in expression.not_portable():
        yield _fault(place, "expression-portable", name)
    variables = expression.variables()
    if "today" in variables and not today:
        yield _fault(place, "expression-today")
    for name in sorted(variables - {"today", *known}):
        yield _fault(place, "reference", name)
    for variable, keys in known.items():
        for name in sorted(expression.names(variable) - set(keys)):
            yield _fault(place, "reference", f"{variable}.{name}")


def _field_problems(field: Field, here: Place, *, inside: bool) -> Iterator[Problem]:
    if not field.label.zh.strip():
        yield _fault((*here, "label"), "label-empty")
    yield from _option_problems(field, here)
    if field.type is FieldType.REPEAT and not field.columns:
        yield _fault((*here, "columns"), "columns-missing")
    if (field.columns and field.type is not FieldType.REPEAT) or (inside and field.type is FieldType.REPEAT):
        yield _fault((*here, "columns"), "columns-unused")
    yield from _bound_problems(field, here)
    yield from _text_problems(field, here)
    if field.prefill is not None and field.prefill not in PREFILLS:
        yield _fault((*here, "prefill"), "prefill", field.prefill)


def _option_problems(field: Field, here: Place) -> Iterator[Problem]:
    if field.type in _CHOICES and not field.options:
        yield _fault((*here, "options"), "options-missing")
    if field.type not in _CHOICES and field.options:
        yield _fault((*here, "options"), "options-unused")
    keys = [option.key for option in field.options]
    for index, key in enumerate(keys):
        if not _OPTION_KEY.fullmatch(key):
            yield _fault((*here, "options", index), "option-key", key)
        if key in keys[:index]:
            yield _fault((*here, "options", index), "key-repeated", key)


def _bound_problems(field: Field, here: Place) -> Iterator[Problem]:
    for name, bound in (("minimum", field.minimum), ("maximum", field.maximum)):
        if bound is not None and not _bound_fits(field.type, bound):
            yield _fault((*here, name), "bound", bound)
            return
    least, most = field.minimum, field.maximum
    if least is None or most is None or TODAY in (least, most):
        return
    low, high = number_value(least), number_value(most)
    if (low is not None and high is not None and low > high) or (
        field.type is FieldType.DATE and str(least) > str(most)
    ):
        yield _fault((*here, "minimum"), "bounds-order")


def _bound_fits(kind: FieldType, bound: int | str) -> bool:
    if kind is FieldType.NUMBER:
        return number_value(bound) is not None
    if kind is FieldType.DATE:
        return bound == TODAY or is_iso_date(bound)
    if kind is FieldType.MONEY:
        return isinstance(bound, int)
    return kind in _COUNTED and isinstance(bound, int) and bound >= 0


def _text_problems(field: Field, here: Place) -> Iterator[Problem]:
    length = field.max_length
    if (length is not None and (length < 1 or field.type not in _TEXTS)) or (
        field.pattern is not None and field.type not in _TEXTS
    ):
        yield _fault((*here, "max_length"), "length")
    if field.pattern is not None and not _is_portable(field.pattern):
        yield _fault((*here, "pattern"), "pattern", field.pattern)


def _is_portable(pattern: str) -> bool:
    try:
        re.compile(pattern, re.ASCII)
    except re.error:
        return False
    return _UNPORTABLE_PATTERN.search(pattern) is None


def _fault(place: Place, code: str, found: object = "") -> Problem:
    message, message_en = FAULTS[code]
    return Problem(
        pointer=pointer_to(*place),
        code=code,
        message=message.format(found),
        message_en=message_en.format(found),
    )
