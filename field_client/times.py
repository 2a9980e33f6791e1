"""The device's clocks and randomness, and how far its wall clock is off.

Every exchange measures the offset (phone minus server). Between exchanges a jump of the wall clock against the
monotonic one is measured too, so a clock that somebody set a day back is known to be a day off; the hybrid clock of
the operations never goes back in any case.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Protocol

import msgspec

JUMP_MS_MIN = 2000
"""What counts as a jump: less is the drift of two clocks."""


class Times(Protocol):
    """What a device reads of the world; tests give their own."""

    def wall_ms(self) -> int:
        """The wall clock, Unix milliseconds."""

    def monotonic_ms(self) -> int:
        """A clock that nobody can set, in milliseconds since `boot`."""

    def boot(self) -> str:
        """What the monotonic clock counts from; readings of two boots cannot be compared."""

    def random(self, count: int) -> bytes:
        """Random bytes."""


class SystemTimes:
    """The machine's own clocks. Where the monotonic clock is only the process's, so is `boot`."""

    def __init__(self) -> None:
        try:
            self._boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            self._boot = os.urandom(8).hex()

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        # counts while the machine sleeps, where there is such a clock
        if hasattr(time, "CLOCK_BOOTTIME"):
            return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        return time.monotonic_ns() // 1_000_000

    def boot(self) -> str:
        return self._boot

    def random(self, count: int) -> bytes:
        return os.urandom(count)


class Anchor(msgspec.Struct, frozen=True):
    """A reading of both clocks and the offset that held then; `jumped_ms` is the last jump noticed."""

    boot: str
    wall_ms: int
    monotonic_ms: int
    offset_ms: int = 0
    jumped_ms: int = 0
    measured: bool = False


class Reading(msgspec.Struct, frozen=True):
    """The time now: corrected, the offset by which it was, and the anchor to keep with it."""

    corrected_ms: int
    offset_ms: int
    anchor: Anchor


def read_times(times: Times, anchor: Anchor | None) -> Reading:
    """The corrected time, a jump of the wall clock since the anchor counted in."""
    boot, wall, monotonic = times.boot(), times.wall_ms(), times.monotonic_ms()
    if anchor is None:
        return Reading(wall, 0, Anchor(boot, wall, monotonic))
    offset, jumped = anchor.offset_ms, anchor.jumped_ms
    if boot == anchor.boot:
        jump = (wall - anchor.wall_ms) - (monotonic - anchor.monotonic_ms)
        if abs(jump) >= JUMP_MS_MIN:
            offset, jumped = offset + jump, jump
    elif wall < anchor.wall_ms:
        # set back while it was off: how far nobody can tell, only that it is not as it was
        jumped = wall - anchor.wall_ms
    return Reading(wall - offset, offset, Anchor(boot, wall, monotonic, offset, jumped, anchor.measured))


def measured(times: Times, sent_wall_ms: int, server_ms: int) -> Anchor:
    """The anchor after an exchange: the server's time falls half way between sending and receiving."""
    wall = times.wall_ms()
    offset = (sent_wall_ms + wall) // 2 - server_ms
    return Anchor(times.boot(), wall, times.monotonic_ms(), offset, 0, True)
