"""What arrived after a day was signed although it was captured on that day: shown against the signed day."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from server.keys import Keys
from server.store import arrivals, batches, devices
from server.store.arrivals import Arrival
from server.store.devices import Device
from sync.clock import moment
from sync.record import Record

LISTED_MAX = 200


class LateArrival(msgspec.Struct, frozen=True, kw_only=True):
    """One operation that came too late for the figures."""

    device: str
    worker_name: str
    counter: int
    kind: str | None
    record: str | None
    captured: str | None
    received_at: str
    outcome: str


class LateArrivals(msgspec.Struct, frozen=True):
    """How many there are, and the first of them."""

    count: int
    listed: list[LateArrival]


def late_arrivals(db: sqlite3.Connection, keys: Keys, village: str, day: str, signed: Record) -> LateArrivals:
    """By counters: what lies beyond what had arrived in the signed figures. By time, where they name none."""
    count, listed = 0, list[LateArrival]()
    for device, run in _late_runs(db, village, day, signed):
        count += run.last - run.first + 1
        room = LISTED_MAX - len(listed)
        listed += _listed(db, keys, device, run._replace(last=min(run.last, run.first + room - 1)))
    return LateArrivals(count, listed)


def late_counts(db: sqlite3.Connection, village: str, day: str, signed: Record) -> dict[str, int]:
    """How many came late, by device; the same that `late_arrivals` lists."""
    counts = Counter[str]()
    for device, run in _late_runs(db, village, day, signed):
        counts[device.id] += run.last - run.first + 1
    return dict(counts)


def _late_runs(
    db: sqlite3.Connection, village: str, day: str, signed: Record
) -> Iterator[tuple[Device, Arrival]]:
    """The late counters of each phone, in its order."""
    had = _had_arrived(signed.values.get("figures"))
    for device in devices.of_village(db, village):
        for run in arrivals.of_day(db, village, device.id, day):
            first = run.first
            if had is not None:
                first = max(run.first, had.get(device.id, 0) + 1)
            elif run.received_ms <= signed.received_ms:
                continue
            if first <= run.last:
                yield device, run._replace(first=first)


def _had_arrived(figures: Any) -> dict[str, int] | None:
    """Up to which counter each device had arrived when the day was signed; None where the figures are another's."""
    rows = figures.get("rows") if isinstance(figures, dict) else None
    if not isinstance(rows, list):
        return None
    return {
        str(row.get("device")): row["acknowledged"]
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("acknowledged"), int)
    }


def _listed(db: sqlite3.Connection, keys: Keys, device: Device, run: Arrival) -> list[LateArrival]:
    if run.last < run.first:
        return []
    batch = batches.holding(db, keys, device.village, device.id, run.first)
    found = []
    for counter in range(run.first, run.last + 1):
        operation = batch.operation(counter).operation
        found.append(
            LateArrival(
                device=device.id,
                worker_name=device.worker_name,
                counter=counter,
                kind=None if operation is None else operation.kind,
                record=None if operation is None else operation.record,
                captured=None if operation is None else operation.clock[:24],
                received_at=moment(run.received_ms),
                outcome=batch.outcomes[counter - batch.first].outcome,
            )
        )
    return found
