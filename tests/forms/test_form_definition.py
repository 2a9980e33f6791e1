"""A form definition that would fail silently in the field is refused beforehand."""

from typing import Any

import msgspec
import pytest

from forms.definition import Form
from forms.form_check import form_problems


def _field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": {"zh": key}, **more}


def _option(key: str) -> dict[str, Any]:
    return {"key": key, "label": {"zh": key}}


def _rule(expression: str) -> list[dict[str, Any]]:
    return [{"expression": expression, "message": {"zh": "不对"}}]


def _problems(*fields: dict[str, Any]) -> list[tuple[str, str]]:
    form = msgspec.convert({"key": "f", "fields": list(fields)}, Form)
    found = form_problems(form)
    assert all(problem.message and problem.message_en for problem in found)
    return [(problem.pointer, problem.code) for problem in found]


FIRST = _field("a", "text")
ROWS = [_field("p", "yes_no"), _field("q", "text")]

MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    (_field("Bad", "text"), "/key", "field-key"),
    (_field("in", "text"), "/key", "field-key"),
    (_field("a", "text"), "/key", "key-repeated"),
    ({**_field("b", "text"), "label": {"zh": ""}}, "/label", "label-empty"),
    (_field("b", "choice"), "/options", "options-missing"),
    (_field("b", "text", options=[_option("x")]), "/options", "options-unused"),
    (_field("b", "choice", options=[_option("x y")]), "/options/0", "option-key"),
    (_field("b", "choice", options=[_option("x"), _option("x")]), "/options/1", "key-repeated"),
    (_field("b", "repeat"), "/columns", "columns-missing"),
    (_field("b", "text", columns=ROWS), "/columns", "columns-unused"),
    (
        _field("b", "repeat", columns=[_field("c", "repeat", columns=ROWS)]),
        "/columns/0/columns",
        "columns-unused",
    ),
    (_field("b", "repeat", columns=[ROWS[0], ROWS[0]]), "/columns/1/key", "key-repeated"),
    (_field("b", "number", minimum="x"), "/minimum", "bound"),
    (_field("b", "money", minimum="1.5"), "/minimum", "bound"),
    (_field("b", "date", maximum="tomorrow"), "/maximum", "bound"),
    (_field("b", "text", maximum=5), "/maximum", "bound"),
    (_field("b", "file", maximum=-1), "/maximum", "bound"),
    (_field("b", "number", minimum=5, maximum="4.9"), "/minimum", "bounds-order"),
    (_field("b", "date", minimum="2026-01-02", maximum="2026-01-01"), "/minimum", "bounds-order"),
    (_field("b", "text", pattern="("), "/pattern", "pattern"),
    (_field("b", "text", pattern="(?P<n>a)"), "/pattern", "pattern"),
    (_field("b", "text", pattern="a*+"), "/pattern", "pattern"),
    (_field("b", "text", pattern=r"\p{L}"), "/pattern", "pattern"),
    (_field("b", "text", pattern=r"a\Z"), "/pattern", "pattern"),
    (_field("b", "number", max_length=5), "/max_length", "length"),
    (_field("b", "date", pattern="a"), "/max_length", "length"),
    (_field("b", "text", max_length=0), "/max_length", "length"),
    (_field("b", "text", prefill="resident.debts"), "/prefill", "prefill"),
    (_field("b", "text", visible_when="answers.a =="), "/visible_when", "expression"),
    (_field("b", "text", visible_when="answers.z == 'x'"), "/visible_when", "reference"),
    (_field("b", "text", visible_when="has(answers.z)"), "/visible_when", "reference"),
    (_field("b", "text", visible_when="answers.b == 'x'"), "/visible_when", "reference"),
    (_field("b", "text", visible_when="row.a == 'x'"), "/visible_when", "reference"),
    (_field("b", "text", visible_when="applicant == 'x'"), "/visible_when", "reference"),
    (_field("b", "text", visible_when="answers.a < today"), "/visible_when", "expression-today"),
    (_field("b", "text", visible_when="answers.a.matches('x')"), "/visible_when", "expression-portable"),
    (
        _field("b", "text", constraints=_rule("timestamp(answers.a) > timestamp(today)")),
        "/constraints/0",
        "expression-portable",
    ),
    (_field("b", "text", constraints=_rule("answers.z")), "/constraints/0", "reference"),
    (
        _field("b", "repeat", columns=[{**ROWS[0], "visible_when": "row.q == 'x'"}, ROWS[1]]),
        "/columns/0/visible_when",
        "reference",
    ),
    (
        _field("b", "repeat", columns=[{**ROWS[0], "constraints": _rule("row.z")}]),
        "/columns/0/constraints/0",
        "reference",
    ),
]


@pytest.mark.parametrize(("field", "place", "code"), MISTAKES, ids=lambda value: str(value)[:60])
def test_mistakes(field: dict[str, Any], place: str, code: str) -> None:
    assert _problems(FIRST, field) == [(f"/fields/1{place}", code)]


RIGHT = [
    _field("b", "text", pattern=r"[0-9A-Z-]{2,20}|\d+(?:\.\d\d)?", max_length=20),
    _field("b", "date", minimum="2020-01-01", maximum="today"),
    _field("b", "number", minimum="-0.5", maximum=10),
    _field("b", "text", visible_when="has(answers.a) && answers.a == 'answers.z is only text'"),
    _field("b", "text", constraints=_rule("answers.b != answers.a && answers.b <= today")),
    _field("b", "multiple_choice", options=[_option("x")], constraints=_rule("size(answers.b) < 3")),
    _field("b", "repeat", columns=[ROWS[0], {**ROWS[1], "visible_when": "row.p && answers.a == 'x'"}]),
    _field("b", "repeat", columns=ROWS, constraints=_rule("answers.b.all(one, one.p || has(one.q))")),
    _field("b", "repeat", columns=[{**ROWS[1], "constraints": _rule("answers.b.exists(o, o.q == row.q)")}]),
]


@pytest.mark.parametrize("field", RIGHT, ids=lambda value: str(value)[:60])
def test_what_is_right_is_left_alone(field: dict[str, Any]) -> None:
    assert _problems(FIRST, field) == []


def test_everything_is_told_at_once() -> None:
    field = {**_field("in", "choice", max_length=3, minimum=1), "label": {"zh": ""}, "visible_when": "("}
    assert [code for _, code in _problems(field)] == [
        "field-key",
        "label-empty",
        "options-missing",
        "bound",
        "length",
        "expression",
    ]
