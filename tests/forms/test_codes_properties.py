"""What must hold of every number, not only of the ones one thinks of."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from forms import codes

TODAY = date(2026, 11, 23)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
BIRTH_DATES = st.dates(date(1900, 1, 1), TODAY)


def _number(born: date, order: int) -> str:
    body = f"330499{born:%Y%m%d}{order:03d}"
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True)) % 11]


@given(BIRTH_DATES, st.integers(0, 999))
def test_every_number_built_by_the_standard_is_accepted(born: date, order: int) -> None:
    number = _number(born, order)
    assert codes.check_identity_number(number, TODAY) == []
    assert codes.check_identity_number(number.lower(), TODAY) == []
    assert codes.identity_number_birth_date(number) == born
    assert codes.identity_number_sex(number) == ("male" if order % 2 else "female")
    assert f"{born:%Y%m%d}" not in codes.mask_identity_number(number)


@given(BIRTH_DATES, st.integers(0, 999), st.integers(0, 16), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(born: date, order: int, place: int, shift: int) -> None:
    number = _number(born, order)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    found = [problem.code for problem in codes.check_identity_number(wrong, TODAY)]
    assert "identity-number-check-digit" in found


@given(st.integers(1, 40_000), st.integers(0, 999))
def test_nobody_is_born_after_today(days: int, order: int) -> None:
    found = codes.check_identity_number(_number(TODAY + timedelta(days=days), order), TODAY)
    assert [problem.code for problem in found] == ["identity-number-birth-future"]


@given(st.text(max_size=40))
def test_any_text_is_judged_and_never_an_exception(text: str) -> None:
    for found in (
        codes.check_identity_number(text, TODAY),
        codes.check_credit_code(text),
        codes.check_bank_account(text),
        codes.check_phone(text),
    ):
        assert len(found) <= 2
    assert len(codes.mask_identity_number(text)) == len(codes.normalise_identity_number(text))
    codes.identity_number_birth_date(text)
    codes.identity_number_sex(text)


@given(st.text(alphabet="0123456789 -+ABCXx（）０１２", max_size=25))
def test_normalising_twice_changes_nothing(text: str) -> None:
    for normalise in (
        codes.normalise_identity_number,
        codes.normalise_credit_code,
        codes.normalise_bank_account,
    ):
        assert normalise(normalise(text)) == normalise(text)
