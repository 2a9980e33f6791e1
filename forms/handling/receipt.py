"""Receipt numbers with a check digit: the provisional one made offline, the official one made by the server.

The village may not accept a proxy item, so its slip is a 收件回执（代办） (domain notes, Handling a case). Both
numbers are digits with one check character at the end, by ISO 7064 MOD 11-2, as on an identity card: it
finds every single wrong digit and every pair of neighbours exchanged. The scheme is this project's own.

- provisional, 27 characters: village (12), day of capture as YYMMDD (6), 8 digits out of the case's UUID,
  check character. Shown in groups: 330481106222-261123-04821376-X
- official, 23 characters: village (12), year (4), the village's running number in that year (6), check
  character: 330481106222-2026-000123-7

What identifies a case is its UUID; a number serves people. Two cases of one
village and day get the same provisional number once in 100 million pairs, and nothing breaks if they do.
"""

import re
from datetime import date
from typing import Final
from uuid import UUID

import msgspec
from stdnum.iso7064 import mod_11_2

PROVISIONAL_TITLE: Final = "收件回执（代办）"
SHORT_ID_DIGITS: Final = 8
SEQUENCE_MAX: Final = 999_999
_VILLAGE = re.compile(r"[0-9]{12}")
_SHAPE = re.compile(r"[0-9]{22}[0-9X]|[0-9]{26}[0-9X]")
_PROVISIONAL_LENGTH = 27
_CENTURY = 2000
# What a hand or an input method puts into a number that is read aloud: full width, dashes, spaces, a small x.
_TYPED = str.maketrans("０１２３４５６７８９Ｘｘx", "0123456789XXX", "-—–－ \u3000\t")


class ProvisionalNumber(msgspec.Struct, frozen=True):
    """A provisional receipt number taken apart; `short_id` are 8 digits that belong to the case's UUID."""

    village: str
    captured_on: date
    short_id: str


class OfficialNumber(msgspec.Struct, frozen=True):
    """An official case number taken apart."""

    village: str
    year: int
    sequence: int


def provisional_number(village: str, captured_on: date, case: UUID) -> str:
    """The number on the slip, made without a network. Raises ValueError for what is no village code or day."""
    if not _CENTURY <= captured_on.year < _CENTURY + 100:
        raise ValueError(f"年份越界: {captured_on.year} (year out of range)")
    return _with_check(f"{_village(village)}{captured_on:%y%m%d}{short_id(case)}")


def official_number(village: str, year: int, sequence: int) -> str:
    """The number that the server gives. Raises ValueError where a part does not fit its places."""
    if not (1 <= sequence <= SEQUENCE_MAX and 1000 <= year <= 9999):
        raise ValueError(f"年份或序号越界: {year}, {sequence} (year or sequence out of range)")
    return _with_check(f"{_village(village)}{year:04d}{sequence:06d}")


def short_id(case: UUID) -> str:
    """Eight digits out of the random part of a case's UUID."""
    return f"{(case.int & (1 << 62) - 1) % 10**SHORT_ID_DIGITS:0{SHORT_ID_DIGITS}d}"


def read_number(typed: str) -> ProvisionalNumber | OfficialNumber | None:
    """A number as a person typed it, or None if it cannot be one (wrong length, check character, or day)."""
    number = compact(typed)
    if not _SHAPE.fullmatch(number) or not mod_11_2.is_valid(number):
        return None
    village, rest = number[:12], number[12:-1]
    if len(number) != _PROVISIONAL_LENGTH:
        return OfficialNumber(village, int(rest[:4]), int(rest[4:]))
    try:
        day = date(_CENTURY + int(rest[:2]), int(rest[2:4]), int(rest[4:6]))
    except ValueError:
        return None
    return ProvisionalNumber(village, day, rest[6:])


def belongs_to(number: ProvisionalNumber, case: UUID) -> bool:
    """Whether a slip may be that case's."""
    return number.short_id == short_id(case)


def compact(typed: str) -> str:
    """A number as it is stored: without groups, in ASCII, with a capital X."""
    return typed.translate(_TYPED)


def grouped(number: str) -> str:
    """A number as it is printed, in groups that can be read aloud."""
    ends = (12, 18, 26, 27) if len(number) == _PROVISIONAL_LENGTH else (12, 16, 22, 23)
    return "-".join(number[begin:end] for begin, end in zip((0, *ends), ends, strict=False))


def _village(code: str) -> str:
    if not _VILLAGE.fullmatch(code):
        raise ValueError(f"不是12位区划代码: {code!r} (not a 12-digit division code)")
    return code


def _with_check(digits: str) -> str:
    check: str = mod_11_2.calc_check_digit(digits)
    return digits + check
