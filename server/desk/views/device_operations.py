"""The operations behind a number of the reconciliation: what, when, and what became of it; never what was written.

A line names the kind of record and the fields that were set, not their values: the window checks that everything is
here, and a visit's content is its worker's and the lead's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal

import msgspec

from server.keys import Keys
from server.store import arrivals, batches, devices, unsettled
from server.store.batches import Batch
from server.store.devices import Device
from sync.clock import moment
from sync.field_labels import label_of
from sync.kinds import KINDS
from sync.operation import Operation

Which = Literal["day", "arrived", "missing", "unsettled", "late"]
LINES_MAX = 50


class OperationLine(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. What nobody could read, or was erased, has no kind. `problems` are its reasons, for people."""

    counter: int
    kind: str | None = None
    kind_label: str = ""
    action: str = ""
    fields: list[str] = []
    captured: str | None = None
    received_at: str
    outcome: str
    problems: list[str] = []
    record: str | None = None
    village: str = ""


class Gap(msgspec.Struct, frozen=True):
    """Counters that were captured and are not here, both included."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many there are."""
        return self.last - self.first + 1


class Lines(msgspec.Struct, frozen=True):
    """A page of operations, the latest first; `before` goes on with earlier ones (None: there are none)."""

    lines: list[OperationLine]
    before: int | None = None


def lines_of(
    db: sqlite3.Connection, keys: Keys, village: str, device: str, day: date, which: Which, before: int | None
) -> Lines:
    """The operations of a phone that are here: of a day, all of them, or those that nobody has settled."""
    found = devices.by_id(db, device)
    if found is None or found.village != village:
        return Lines([])
    counters: Iterable[int]
    if which == "day":
        counters = _of_day(db, found, day)
    elif which == "unsettled":
        counters = [row.counter for row in unsettled.of_village(db, village) if row.device == device]
    else:
        counters = range(1, found.acknowledged + 1)
    return _page(db, keys, found, counters, before)


def gaps_of(db: sqlite3.Connection, device: str, captured: int, missing: int) -> list[Gap]:
    """Which counters are missing: a chain has no holes, so they are the last ones."""
    found = devices.by_id(db, device)
    acknowledged = 0 if found is None else found.acknowledged
    return [Gap(acknowledged + 1, captured)] if missing and captured > acknowledged else []


def late_lines(db: sqlite3.Connection, keys: Keys, device: str, counters: Iterable[int]) -> Lines:
    """The operations of a phone that came after the signing."""
    found = devices.by_id(db, device)
    return Lines([]) if found is None else _page(db, keys, found, counters, None)


def _of_day(db: sqlite3.Connection, device: Device, day: date) -> list[int]:
    runs = arrivals.of_day(db, device.village, device.id, day.isoformat())
    return [counter for run in runs for counter in range(run.first, run.last + 1)]


def _page(
    db: sqlite3.Connection, keys: Keys, device: Device, counters: Iterable[int], before: int | None
) -> Lines:
    wanted = sorted((one for one in counters if before is None or one < before), reverse=True)
    shown = wanted[:LINES_MAX]
    more = shown[-1] if len(wanted) > LINES_MAX else None
    return Lines(list(_read(db, keys, device, shown)), more)


def _read(
    db: sqlite3.Connection, keys: Keys, device: Device, counters: Iterable[int]
) -> Iterator[OperationLine]:
    batch: Batch | None = None
    for counter in counters:
        if batch is None or counter < batch.first:
            batch = batches.holding(db, keys, device.village, device.id, counter)
        yield _line(counter, batch, batch.operation(counter).operation)


def _line(counter: int, batch: Batch, operation: Operation | None) -> OperationLine:
    entry = batch.outcomes[counter - batch.first]
    line = OperationLine(
        counter=counter,
        received_at=moment(batch.received_ms),
        outcome=entry.outcome,
        problems=[problem.message for problem in entry.problems],
    )
    if operation is None:
        return line
    kind = KINDS.get(operation.kind)
    names = sorted(operation.fields) if operation.action == "change" else []
    return msgspec.structs.replace(
        line,
        kind=operation.kind,
        kind_label=operation.kind if kind is None else kind.label,
        action=operation.action,
        fields=[name if kind is None else label_of(kind, name) for name in names],
        captured=operation.clock[:24],
        record=operation.record,
        village=operation.village,
    )
