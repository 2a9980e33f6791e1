"""The hybrid logical clock (Kulkarni et al., 2014) over corrected time, and how a wrong phone clock is kept harmless.

Invariants: a device's clock never runs backwards; it adopts none that is more than `AHEAD_MS_MAX` ahead of its own
corrected time; in merging, a clock further ahead of its receipt than that counts as the receipt time.

Text form: `2026-11-23T08:12:03.123Z/0002` (UTC, milliseconds, logical part in four hexadecimal digits): it sorts as
text in the order of time.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import msgspec

AHEAD_MS_MAX = 10 * 60 * 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PATTERN = re.compile(r"(19|2\d)\d\d-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z/[0-9a-f]{4}", re.ASCII)
LOGICAL_MAX = 0xFFFF


def moment(unix_ms: int) -> str:
    """Unix milliseconds as `2026-11-23T08:12:03.123Z`."""
    at = _EPOCH + timedelta(milliseconds=unix_ms)
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def moment_ms(text: str) -> int:
    """Unix milliseconds of an ISO 8601 moment with a zone. ValueError if it is none."""
    at = datetime.fromisoformat(text.upper())
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def corrected_ms(said_ms: int, offset_ms: int) -> int:
    """What a phone's clock said, put right by its measured offset (phone minus server, in milliseconds)."""
    return said_ms - offset_ms


class Clock(msgspec.Struct, frozen=True, order=True, array_like=True):
    """One reading: Unix milliseconds of corrected time, and the logical part that orders readings of the same one."""

    ms: int
    logical: int = 0

    def __str__(self) -> str:
        return f"{moment(self.ms)}/{self.logical:04x}"


def is_clock(text: str) -> bool:
    """Whether a text is a clock in the protocol's form and names a real time of the years 1900 to 2999."""
    return _PATTERN.fullmatch(text) is not None and _is_day(text[:10])


@lru_cache(maxsize=1024)
def _is_day(text: str) -> bool:
    """Whether the calendar has this day; of its clocks, the pattern sees to the rest."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def parse_clock(text: str) -> Clock:
    """A clock from its text form. ValueError if it is none."""
    if not is_clock(text):
        raise ValueError(f"not a clock: {text!r}")
    return Clock(moment_ms(text[:24]), int(text[25:], 16))


def capped(clock: str, receipt_ms: int) -> str:
    """The clock that counts in merging: one too far ahead of its receipt counts as the receipt time."""
    return clock if clock <= _limit(receipt_ms) else f"{moment(receipt_ms)}/0000"


@lru_cache(maxsize=16)
def _limit(receipt_ms: int) -> str:
    """The furthest clock that counts as it is; a batch has one receipt time."""
    return f"{moment(receipt_ms + AHEAD_MS_MAX)}/ffff"


def next_reading(last: Clock, now_ms: int) -> Clock:
    """The reading for a new operation, given the last one and the corrected time."""
    if now_ms > last.ms:
        return Clock(now_ms)
    if last.logical < LOGICAL_MAX:
        return Clock(last.ms, last.logical + 1)
    return Clock(last.ms + 1)


def adopted(last: Clock, other: Clock, now_ms: int) -> Clock:
    """The device's clock after it saw another one: it follows, but never one too far ahead of its corrected time."""
    if other.ms > now_ms + AHEAD_MS_MAX:
        return last
    return max(last, other)


def set_back(last: Clock, server_ms: int) -> Clock:
    """The device's clock after an exchange: brought back to the server's time where it ran too far ahead of it."""
    return Clock(server_ms) if last.ms > server_ms + AHEAD_MS_MAX else last
