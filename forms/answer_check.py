"""Is one answer of its field's type and within its bounds? Built once a field, then fast.

A check is a function `(value, today, pointer) -> list[Problem]`; it knows nothing of other answers, so it
runs on the server's push path. An absent answer (None, blank text, an empty list) is no mistake here.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from forms.codes import check_bank_account, check_identity_number, check_phone
from forms.definition import Field, FieldType
from forms.problem import Problem, problem

Check: TypeAlias = Callable[[object, date, str], list[Problem]]
Bound: TypeAlias = int | Decimal

INTEGER_MAX = 2**53 - 1  # sync protocol: integers within ±(2^53−1)
TEXT_LENGTH_MAX = 2000
ADDRESS_LENGTH_MAX = 200
TODAY = "today"
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_answered(value: object) -> bool:
    """Whether a value says anything: not None, not blank text, not an empty list or group. False does."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value not in ([], {})


def number_value(value: object) -> Bound | None:
    """The number that an integer or a decimal text stands for; None for anything else, floats included."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -INTEGER_MAX <= value <= INTEGER_MAX else None
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    return None


def is_iso_date(value: object) -> bool:
    """Whether a value is a real day written 2026-11-23; the other forms of ISO 8601 are not used."""
    if not isinstance(value, str) or len(value) != 10 or value[4] != "-" or value[7] != "-":
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def answer_check(field: Field) -> Check:
    """The check of a field's answer. A repeat group has none of its own: its rows and columns are checked."""
    check = _MAKERS[field.type](field)

    def checked(value: object, today: date, pointer: str) -> list[Problem]:
        return check(value, today, pointer) if is_answered(value) else []

    return checked


def field_problem(
    field: Field, pointer: str, code: str, bound: object = "", *, remark: bool = False
) -> Problem:
    """A problem that names its field."""
    label = field.label
    return problem(pointer, code, label=label.zh, label_en=label.en or "", bound=bound, remark=remark)


def _text(field: Field) -> Check:
    longest = field.max_length or (ADDRESS_LENGTH_MAX if field.type is FieldType.ADDRESS else TEXT_LENGTH_MAX)
    pattern = re.compile(field.pattern, re.ASCII) if field.pattern else None

    def check(value: object, _today: date, pointer: str) -> list[Problem]:
        if not isinstance(value, str):
            return [field_problem(field, pointer, "type")]
        found = []
        if len(value) > longest:
            found.append(field_problem(field, pointer, "too-long", longest))
        if pattern is not None and not pattern.fullmatch(value):
            found.append(field_problem(field, pointer, "pattern"))
        return found

    return check


def _number(field: Field) -> Check:
    least, most = number_value(field.minimum), number_value(field.maximum)

    def check(value: object, _today: date, pointer: str) -> list[Problem]:
        number = number_value(value)
        if number is None:
            code = "number-form" if isinstance(value, str | int | float) else "type"
            return [field_problem(field, pointer, code)]
        if least is not None and number < least:
            return [field_problem(field, pointer, "too-small", least)]
        if most is not None and number > most:
            return [field_problem(field, pointer, "too-large", most)]
        return []

    return check


def _money(field: Field) -> Check:
    least, most = number_value(field.minimum), number_value(field.maximum)

    def check(value: object, _today: date, pointer: str) -> list[Problem]:
        if not isinstance(value, int) or number_value(value) is None:
            return [field_problem(field, pointer, "type")]
        if least is not None and value < least:
            return [field_problem(field, pointer, "too-small", yuan(least))]
        if most is not None and value > most:
            return [field_problem(field, pointer, "too-large", yuan(most))]
        return []

    return check


def yuan(fen: Bound) -> str:
    """An amount of 分 as people read it: 1234.50元."""
    return f"{Decimal(fen) / 100:.2f}元"


def _date(field: Field) -> Check:
    earliest, latest = field.minimum, field.maximum

    def check(value: object, today: date, pointer: str) -> list[Problem]:
        if not is_iso_date(value):
            return [field_problem(field, pointer, "date-form")]
        day = str(value)
        first = today.isoformat() if earliest == TODAY else earliest
        last = today.isoformat() if latest == TODAY else latest
        if isinstance(first, str) and day < first:
            return [field_problem(field, pointer, "too-early", first)]
        if isinstance(last, str) and day > last:
            return [field_problem(field, pointer, "too-late", last)]
        return []

    return check


def _choice(field: Field) -> Check:
    keys = frozenset(option.key for option in field.options)

    def check(value: object, _today: date, pointer: str) -> list[Problem]:
        if not isinstance(value, str):
            return [field_problem(field, pointer, "type")]
        return [] if value in keys else [field_problem(field, pointer, "option")]

    return check


def _texts(value: object) -> list[str] | None:
    """A list of text, or None."""
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return value
    return None


def _list_of(field: Field, wrong: Callable[[str], bool], wrong_code: str) -> Check:
    def check(value: object, _today: date, pointer: str) -> list[Problem]:
        entries = _texts(value)
        if entries is None:
            return [field_problem(field, pointer, "type")]
        found = []
        if any(wrong(entry) for entry in entries):
            found.append(field_problem(field, pointer, wrong_code))
        if len(set(entries)) < len(entries):
            found.append(field_problem(field, pointer, "repeated"))
        return found + (check_count(field, len(entries), pointer) if entries else [])

    return check


def check_count(field: Field, count: int, pointer: str) -> list[Problem]:
    """Whether a number of options, files or rows is within the field's bounds."""
    if isinstance(field.minimum, int) and count < field.minimum:
        return [field_problem(field, pointer, "too-few", field.minimum)]
    if isinstance(field.maximum, int) and count > field.maximum:
        return [field_problem(field, pointer, "too-many", field.maximum)]
    return []


def _multiple_choice(field: Field) -> Check:
    keys = frozenset(option.key for option in field.options)
    return _list_of(field, lambda entry: entry not in keys, "option")


def _file(field: Field) -> Check:
    return _list_of(field, lambda entry: not _DIGEST.fullmatch(entry), "digest")


def _yes_no(field: Field) -> Check:
    def check(value: object, _today: date, pointer: str) -> list[Problem]:
        return [] if isinstance(value, bool) else [field_problem(field, pointer, "type")]

    return check


def _code(field: Field) -> Check:
    def check(value: object, today: date, pointer: str) -> list[Problem]:
        if not isinstance(value, str):
            return [field_problem(field, pointer, "type")]
        if field.type is FieldType.IDENTITY_NUMBER:
            return check_identity_number(value, today, pointer)
        if field.type is FieldType.BANK_ACCOUNT:
            return check_bank_account(value, pointer)
        return check_phone(value, pointer)

    return check


def _repeat(field: Field) -> Check:
    def check(_value: object, _today: date, pointer: str) -> list[Problem]:
        return [field_problem(field, pointer, "type")]

    return check


_MAKERS: dict[FieldType, Callable[[Field], Check]] = {
    FieldType.TEXT: _text,
    FieldType.ADDRESS: _text,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _money,
    FieldType.DATE: _date,
    FieldType.CHOICE: _choice,
    FieldType.MULTIPLE_CHOICE: _multiple_choice,
    FieldType.FILE: _file,
    FieldType.YES_NO: _yes_no,
    FieldType.IDENTITY_NUMBER: _code,
    FieldType.PHONE: _code,
    FieldType.BANK_ACCOUNT: _code,
    FieldType.REPEAT: _repeat,
}
