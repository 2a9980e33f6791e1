"""Numbers that people carry: the cases that both implementations must pass (tests/vectors/codes.json)."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forms import codes
from forms.problem import MESSAGES

VECTORS: dict[str, list[dict[str, Any]]] = msgspec.json.decode(
    (Path(__file__).parents[1] / "vectors" / "codes.json").read_bytes()
)


def _name(case: dict[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", VECTORS["identity_numbers"], ids=_name)
def test_identity_numbers(case: dict[str, Any]) -> None:
    number = case["input"]
    found = codes.check_identity_number(number, date.fromisoformat(case["today"]), "/n")
    assert [problem.code for problem in found] == case["problems"]
    assert all(problem.pointer == "/n" and not problem.remark for problem in found)
    assert all(problem.message == MESSAGES[problem.code][0] for problem in found)
    assert codes.normalise_identity_number(number) == case["normalised"]
    assert codes.mask_identity_number(number) == case["masked"]
    born = codes.identity_number_birth_date(number)
    assert (born and born.isoformat()) == case["birth_date"]
    assert codes.identity_number_sex(number) == case["sex"]


@pytest.mark.parametrize("case", VECTORS["credit_codes"], ids=_name)
def test_credit_codes(case: dict[str, Any]) -> None:
    assert [problem.code for problem in codes.check_credit_code(case["input"])] == case["problems"]
    assert codes.normalise_credit_code(case["input"]) == case["normalised"]


@pytest.mark.parametrize("case", VECTORS["bank_accounts"], ids=_name)
def test_bank_accounts(case: dict[str, Any]) -> None:
    found = codes.check_bank_account(case["input"])
    assert [problem.code for problem in found] == case["problems"]
    assert all(problem.remark is case["remark"] for problem in found)
    assert codes.normalise_bank_account(case["input"]) == case["normalised"]


@pytest.mark.parametrize("case", VECTORS["phones"], ids=_name)
def test_phones(case: dict[str, Any]) -> None:
    assert [problem.code for problem in codes.check_phone(case["input"])] == case["problems"]
    assert codes.normalise_phone(case["input"]) == case["normalised"]


def test_test_people_only_carry_the_unassigned_county_code() -> None:
    well_formed = [case for case in VECTORS["identity_numbers"] if case["birth_date"]]
    assert well_formed
    assert all(case["normalised"].startswith("330499") for case in well_formed)
