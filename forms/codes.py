"""Numbers that people and organisations carry: is it one, and what does it say.

Sources: GB 11643-1999 (公民身份号码), GB 32100-2015 (统一社会信用代码), the Luhn check of bank cards (ISO/IEC
7812-1), the mainland numbering plan (手机与固定电话). python-stdnum computes the check digits. Its other
judgements are not used: its table of birth places lacks county codes in use before 1989, and it wants a digit
where the credit codes of villages' economic cooperatives begin with N.

Every check takes what a person typed (spaces, full-width digits, a lower-case x) and gives all problems with
their pointer; an unknown county is never a mistake.
"""

import re
import unicodedata
from datetime import date
from typing import Literal

from stdnum import luhn
from stdnum.cn import ric, uscc

from forms.problem import Problem, problem

_IDENTITY_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_BANK_ACCOUNT = re.compile(r"[0-9]{9,32}")
_PHONE = re.compile(r"1[3-9][0-9]{9}|0(?:10|2[0-9])[0-9]{8}|0[3-9][0-9]{2}[0-9]{7,8}")


def _compact(text: str, ignored: str) -> str:
    """Half-width and without the separators that people write."""
    return unicodedata.normalize("NFKC", text).translate(str.maketrans("", "", ignored))


def normalise_identity_number(text: str) -> str:
    """As GB 11643 writes it: no spaces, half-width, X in upper case. Judges nothing."""
    return _compact(text, " ").upper()


def normalise_credit_code(text: str) -> str:
    """As GB 32100 writes it: no spaces or hyphens, upper case. Judges nothing."""
    return _compact(text, " -").upper()


def normalise_bank_account(text: str) -> str:
    """Digits without spaces and hyphens. Judges nothing."""
    return _compact(text, " -")


def normalise_phone(text: str) -> str:
    """Digits without separators and without the country code +86 or 0086. Judges nothing."""
    digits = _compact(text, " -()")
    for prefix in ("+86", "0086"):
        digits = digits.removeprefix(prefix)
    return digits


def check_identity_number(text: str, today: date, pointer: str = "") -> list[Problem]:
    """Problems of a 公民身份号码: its form, or its birth date and its check digit together."""
    number = normalise_identity_number(text)
    if not _IDENTITY_NUMBER.fullmatch(number):
        return [problem(pointer, "identity-number-form")]
    found = []
    born = identity_number_birth_date(number)
    if born is None:
        found.append(problem(pointer, "identity-number-birth-date"))
    elif born > today:
        found.append(problem(pointer, "identity-number-birth-future"))
    if ric.calc_check_digit(number) != number[-1]:
        found.append(problem(pointer, "identity-number-check-digit"))
    return found


def check_credit_code(text: str, pointer: str = "") -> list[Problem]:
    """Problems of a 统一社会信用代码: its form, or its check digit."""
    code = normalise_credit_code(text)
    if not _CREDIT_CODE.fullmatch(code):
        return [problem(pointer, "credit-code-form")]
    if uscc.calc_check_digit(code) != code[-1]:
        return [problem(pointer, "credit-code-check-digit")]
    return []


def check_bank_account(text: str, pointer: str = "") -> list[Problem]:
    """Problems of a card or passbook account. A failing Luhn check is a remark: passbooks do not keep it."""
    account = normalise_bank_account(text)
    if not _BANK_ACCOUNT.fullmatch(account):
        return [problem(pointer, "bank-account-form")]
    if not luhn.is_valid(account):
        return [problem(pointer, "bank-account-luhn", remark=True)]
    return []


def check_phone(text: str, pointer: str = "") -> list[Problem]:
    """Problems of a mainland phone number: a mobile, or a landline with its area code."""
    return [] if _PHONE.fullmatch(normalise_phone(text)) else [problem(pointer, "phone-form")]


def identity_number_birth_date(number: str) -> date | None:
    """The birth date that an identity number names; None if it is not well-formed or there is no such day."""
    digits = normalise_identity_number(number)
    if not _IDENTITY_NUMBER.fullmatch(digits):
        return None
    try:
        return date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return None


def identity_number_sex(number: str) -> Literal["male", "female"] | None:
    """The sex that an identity number names (its 17th digit: odd is male); None if it is not well-formed."""
    digits = normalise_identity_number(number)
    if not _IDENTITY_NUMBER.fullmatch(digits):
        return None
    return "male" if int(digits[16]) % 2 else "female"


def mask_identity_number(number: str) -> str:
    """As lists show it (330481********001X). What is not of 18 characters is masked whole."""
    digits = normalise_identity_number(number)
    if len(digits) != 18:
        return "*" * len(digits)
    return digits[:6] + "*" * 8 + digits[14:]
