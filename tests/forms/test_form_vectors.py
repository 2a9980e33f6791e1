"""The cases that this implementation and the phone's must both pass (tests/vectors/forms.json)."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forms.check import compile_form
from forms.definition import FieldType, Form
from forms.form_check import form_problems

CASES: list[dict[str, Any]] = msgspec.json.decode(
    (Path(__file__).parents[1] / "vectors" / "forms.json").read_bytes()
)


def _form(case: dict[str, Any]) -> Form:
    return msgspec.convert(case["form"], Form)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_problems_and_visible_questions(case: dict[str, Any]) -> None:
    form = compile_form(_form(case))
    found = form.check(case["answers"], date.fromisoformat(case["today"]), partial=case["partial"])
    told = [(problem.pointer, problem.code, problem.remark) for problem in found]
    expected = [(entry["pointer"], entry["code"], entry.get("remark", False)) for entry in case["problems"]]
    assert sorted(told) == sorted(expected)
    assert form.visible(case["answers"]) == set(case["visible"])
    assert all(problem.message and problem.message_en and "{" not in problem.message for problem in found)


def test_the_cases_are_of_every_type_and_enough() -> None:
    assert len(CASES) >= 40
    assert len({case["name"] for case in CASES}) == len(CASES)
    used = {field.type for case in CASES for field in _form(case).fields}
    assert used == set(FieldType)


def test_the_definitions_are_such_as_a_catalogue_may_hold() -> None:
    """But for the few that show what an expression does which a catalogue may not hold."""
    refused = {case["name"] for case in CASES if form_problems(_form(case))}
    assert refused == {
        "conditions do not see today: hidden",
        "an undefined variable is unknown: hidden",
    }
