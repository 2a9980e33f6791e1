"""Numbers that nobody carries: identity numbers of an unassigned county, phones of one block without subscribers.

330499 is no county: GB/T 2260 never assigned it, so no such number can be a real person's (domain notes, Codes).
There are no official test numbers for mainland mobiles; 1990000xxxx is one block of ten thousand numbers, used
here for everybody and never to be called.
"""

COUNTY_CODE = "330499"
PHONE_BLOCK = "1990000"
PHONE_BLOCK_SIZE = 10_000
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_COUNTY_SUM = sum(int(digit) * weight for digit, weight in zip(COUNTY_CODE, _WEIGHTS, strict=False))
_SEQUENCES_A_VILLAGE = 4


def identity_number(compact_birth_date: str, sequence: int) -> str:
    """The number of a birth date (YYYYMMDD) and a sequence (0-999, odd for men), with its check digit (GB 11643)."""
    tail = f"{compact_birth_date}{sequence:03d}"
    total = _COUNTY_SUM
    for digit, weight in zip(tail, _WEIGHTS[6:], strict=True):
        total += int(digit) * weight
    return f"{COUNTY_CODE}{tail}{_CHECK_DIGITS[total % 11]}"


class IdentityNumbers:
    """Hands out the numbers of one village, each once in the whole city.

    A village has four of the thousand sequences of every day (two for each sex), by its place in the list of
    units; `issue` gives None where they are used up, and that resident simply has none recorded.
    """

    def __init__(self, place_of_village: int) -> None:
        self._first = _SEQUENCES_A_VILLAGE * (place_of_village + 1)
        self._issued: dict[tuple[str, bool], int] = {}

    def issue(self, birth_date: str, sex: str) -> str | None:
        """The next number for an ISO birth date and a sex."""
        male = sex == "male"
        used = self._issued.get((birth_date, male), 0)
        if used == _SEQUENCES_A_VILLAGE // 2:
            return None
        self._issued[birth_date, male] = used + 1
        return identity_number(birth_date.replace("-", ""), self._first + 2 * used + male)


def phone_number(place: int) -> str:
    """The phone number at a place within the block; it starts again after ten thousand."""
    return f"{PHONE_BLOCK}{place % PHONE_BLOCK_SIZE:04d}"
