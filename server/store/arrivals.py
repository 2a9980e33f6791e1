"""Which operations of which day have arrived: runs of a phone's counters that were captured on one day.

Invariants
- The day is that of the operation's clock (corrected time, Asia/Shanghai), never later than its receipt; an operation
  whose clock cannot be read counts on the day of its receipt.
- An operation that was known before (brought again after enrolling anew) arrived with its first identity, not again.
- The server's own devices capture in the write that applies: nothing of theirs is ever on its way, so none is noted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

from grid_map.days import count_day
from server.store.devices import PHONE, Device
from sync.clock import moment_ms
from sync.operation import Arrived


class Arrival(NamedTuple):
    """Counters `first` to `last` of a device, captured on one day and received together."""

    device: str
    first: int
    last: int
    received_ms: int


def note(
    db: sqlite3.Connection,
    device: Device,
    taken: Sequence[Arrived],
    known_before: Collection[int],
    received_ms: int,
) -> None:
    """Note what a push of a phone brought; `known_before` are the counters of repeats."""
    if device.nature != PHONE:
        return
    today = count_day(received_ms).isoformat()
    runs: list[tuple[str, int, int]] = []
    for one in taken:
        if one.counter in known_before:
            continue
        day = captured_day(one, today)
        if runs and runs[-1][0] == day and runs[-1][2] == one.counter - 1:
            runs[-1] = (day, runs[-1][1], one.counter)
        else:
            runs.append((day, one.counter, one.counter))
    db.executemany(
        "INSERT INTO arrivals VALUES (?, ?, ?, ?, ?, ?)",
        [(device.village, device.id, day, first, last, received_ms) for day, first, last in runs],
    )


def captured_day(one: Arrived, received_day: str) -> str:
    """The day that an operation counts on, as ISO text."""
    said = None if one.operation is None else _day_of_hour(one.operation.clock[:13])
    return received_day if said is None else min(said, received_day)


@lru_cache(maxsize=1024)
def _day_of_hour(hour: str) -> str | None:
    """The day of a clock's hour (`2026-11-23T08`); the zone is whole hours off UTC. None for what is no hour."""
    try:
        return count_day(moment_ms(f"{hour}:00:00Z")).isoformat()
    except ValueError:
        return None


def operations_of_day(db: sqlite3.Connection, village: str, device: str, day: str) -> int:
    """How many operations of a day have arrived from a device."""
    row = db.execute(
        "SELECT coalesce(sum(last - first + 1), 0) FROM arrivals WHERE village = ? AND device = ? AND day = ?",
        (village, device, day),
    ).fetchone()
    return int(row[0])


def counter_reached(db: sqlite3.Connection, village: str, device: str, day: str) -> int:
    """The highest counter that has arrived of what was captured on a day or before it."""
    row = db.execute(
        "SELECT coalesce(max(last), 0) FROM arrivals WHERE village = ? AND device = ? AND day <= ?",
        (village, device, day),
    ).fetchone()
    return int(row[0])


def of_day(db: sqlite3.Connection, village: str, device: str, day: str) -> list[Arrival]:
    """What has arrived from a device of a day, in the device's order."""
    rows = db.execute(
        "SELECT device, first, last, received_ms FROM arrivals WHERE village = ? AND device = ? AND day = ?"
        " ORDER BY first",
        (village, device, day),
    )
    return [Arrival(*row) for row in rows]
