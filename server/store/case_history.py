"""Who wrote what on a record, from which device, when there and when here."""

from __future__ import annotations

import sqlite3

import msgspec

from forms.problem import Problem
from server.keys import Keys
from server.store import batches
from server.store.records import record_in
from sync.clock import moment, moment_ms
from sync.operation import Operation


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One operation on a record. Times are moments.

    operation      what was written; None where its bytes were erased
    captured       when, put right by the phone's clock offset (for a desk: the server's own time)
    captured_said  when by the phone's own clock
    offset_ms      how far that was ahead of the server, as last measured
    received       when it was here; `received_ms` the same as a number
    outcome        what became of it (`sync.apply.Outcome`), with the problems of one that was refused
    """

    operation: Operation | None
    device: str
    counter: int
    device_name: str
    device_nature: str
    worker: str
    worker_name: str
    captured: str | None
    captured_said: str | None
    offset_ms: int
    received: str
    received_ms: int
    outcome: str
    problems: list[Problem]
    remarks: list[Problem]


def history_of(db: sqlite3.Connection, keys: Keys, village: str, record: str) -> list[HistoryEntry]:
    """Everything that was written on the record of a village, oldest first; refused changes too.

    Its own operations only: those on its tasks, conflicts and duplicates are those records' histories.
    """
    named = db.execute(
        "SELECT device, counter FROM record_operations WHERE village = ? AND record = ?", (village, record)
    ).fetchall()
    stored = record_in(db, keys, village, record)
    if stored is not None:
        named.append(stored.origin)
    read: dict[tuple[str, int], batches.Batch] = {}
    entries = [
        entry
        for device, counter in sorted(set(map(tuple, named)))
        if (entry := _entry(db, keys, device, counter, read)) is not None
    ]
    return sorted(entries, key=_when)


def _when(entry: HistoryEntry) -> tuple[int, str, int]:
    captured_ms = entry.received_ms if entry.captured is None else moment_ms(entry.captured)
    return min(captured_ms, entry.received_ms), entry.device, entry.counter


def _entry(
    db: sqlite3.Connection,
    keys: Keys,
    device: str,
    counter: int,
    read: dict[tuple[str, int], batches.Batch],
) -> HistoryEntry | None:
    """An operation with who wrote it; None for one of a device that the server opens itself (no batch holds it)."""
    who = db.execute(
        "SELECT d.village, d.name, d.nature, d.worker, coalesce(a.name, d.name) FROM devices d"
        " LEFT JOIN accounts a ON a.id = d.worker WHERE d.id = ?",
        (device,),
    ).fetchone()
    if who is None:
        return None
    village, device_name, nature, worker, worker_name = who
    batch = next(
        (
            one
            for (of, first), one in read.items()
            if of == device and first <= counter < first + len(one.outcomes)
        ),
        None,
    )
    if batch is None:
        try:
            batch = batches.holding(db, keys, village, device, counter)
        except LookupError:
            return None
        read[device, batch.first] = batch
    operation, outcome = batch.operation(counter).operation, batch.outcomes[counter - batch.first]
    clock_ms = None if operation is None else moment_ms((operation.captured or operation.clock)[:24])
    offset_ms = 0 if operation is None else operation.offset_ms
    return HistoryEntry(
        operation=operation,
        device=device,
        counter=counter,
        device_name=device_name,
        device_nature=nature,
        worker=worker,
        worker_name=worker_name,
        captured=None if clock_ms is None else moment(clock_ms),
        captured_said=None if clock_ms is None else moment(clock_ms + offset_ms),
        offset_ms=offset_ms,
        received=moment(batch.received_ms),
        received_ms=batch.received_ms,
        outcome=str(outcome.outcome),
        problems=list(outcome.problems),
        remarks=list(outcome.remarks),
    )
