"""The facts of a village's day, as the store has them (`server.reconciliation` decides what they say)."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from grid_map.days import count_day, day_start_ms
from server.keys import Keys
from server.reconciliation import DeviceFacts, Report
from server.store import arrivals, batches, devices, erasures
from server.store.devices import Device
from server.store.explained import missing_explained
from sync.chain import first_previous
from sync.clock import moment

CLOCKS_DIFFER_MS = 2_000
"""How far a phone's corrected clock may be ahead of the server's; nobody captures anything so soon after enrolling."""


class Day(NamedTuple):
    """A day as the queries need it; `over`: whether it has ended by now."""

    day: date
    text: str
    start_ms: int
    end_ms: int
    over: bool

    @staticmethod
    def of(day: date, now_ms: int) -> Day:
        """The day in Asia/Shanghai."""
        end_ms = day_start_ms(day + timedelta(days=1))
        return Day(day, day.isoformat(), day_start_ms(day), end_ms, end_ms <= now_ms)


def facts_of_day(db: sqlite3.Connection, keys: Keys, village: str, day: Day) -> list[DeviceFacts]:
    """What is known of each phone of a village, identities included that only their continuations name."""
    found = devices.of_village(db, village)
    known = {device.id for device in found}
    continuations: dict[str, list[Device]] = defaultdict(list)
    for device in found:
        if device.continues is not None:
            continuations[device.continues].append(device)
    facts = [_facts(db, keys, device, day, continuations) for device in found]
    facts += [
        _unknown(db, keys, before, continuations, day) for before in continuations if before not in known
    ]
    return facts


def _facts(
    db: sqlite3.Connection, keys: Keys, device: Device, day: Day, continuations: dict[str, list[Device]]
) -> DeviceFacts:
    report = _report(db, device.id, day.text)
    by_now = not day.over
    reached = (
        device.acknowledged if by_now else arrivals.counter_reached(db, device.village, device.id, day.text)
    )
    continued = _continued_counter(continuations, device.id)
    elsewhere = 0
    if continued is not None and continued > device.acknowledged:
        elsewhere = _arrived_elsewhere(db, keys, device, continuations)
    elsewhere += erasures.lost_after(db, device.id, device.acknowledged)
    return DeviceFacts(
        device=device.id,
        name=device.name,
        worker=device.worker,
        worker_name=device.worker_name,
        enrolled_ms=device.enrolled_ms,
        contact_ms=device.contact_ms,
        revoked_ms=device.revoked_ms,
        closed_ms=device.closed_ms,
        acknowledged=device.acknowledged,
        report=report,
        counter_told=_counter_told(db, device.id, day.text),
        counter_reached=reached,
        digest_at_report=None if report is None else _digest_at(db, keys, device, report.counter),
        continued_counter=continued,
        arrived_elsewhere=elsewhere,
        operations_of_day=arrivals.operations_of_day(db, device.village, device.id, day.text),
        unsettled=_unsettled(db, device.id, 0, day.end_ms),
        unsettled_of_day=_unsettled(db, device.id, day.start_ms, day.end_ms),
        explained=_explained(db, device.village, device.id, (device.revoked_ms, device.closed_ms), day),
    )


def _unknown(
    db: sqlite3.Connection, keys: Keys, before: str, continuations: dict[str, list[Device]], day: Day
) -> DeviceFacts:
    """An identity that the server no longer knows (it enrolled after the backup) and that another one continues."""
    first = min(continuations[before], key=lambda device: device.enrolled_ms)
    counter = _continued_counter(continuations, before) or 0
    brought = _brought_before(db, keys, continuations, before, first.enrolled_ms)
    return DeviceFacts(
        device=before,
        name=first.name,
        worker=first.worker,
        worker_name=first.worker_name,
        enrolled_ms=first.enrolled_ms,
        contact_ms=first.enrolled_ms,
        closed_ms=first.enrolled_ms,
        acknowledged=0,
        continued_counter=counter,
        arrived_elsewhere=len(brought) + erasures.lost_after(db, before, 0),
        explained=_explained(db, first.village, before, (first.enrolled_ms,), day),
    )


def _report(db: sqlite3.Connection, device: str, day: str) -> Report | None:
    row = db.execute(
        "SELECT at_ms, counter, digest, pending FROM statuses WHERE device = ? AND day = ?", (device, day)
    ).fetchone()
    return None if row is None else Report(*row)


def _counter_told(db: sqlite3.Connection, device: str, day: str) -> int:
    row = db.execute(
        "SELECT coalesce(max(counter), 0) FROM statuses WHERE device = ? AND day <= ?", (device, day)
    )
    return int(row.fetchone()[0])


def _digest_at(db: sqlite3.Connection, keys: Keys, device: Device, counter: int) -> str | None:
    """The digest of a device's chain at a counter; None where the server has not come so far."""
    if counter > device.acknowledged:
        return None
    if counter == device.acknowledged:
        return device.digest
    if counter < 1:
        return first_previous(device.id)
    return batches.holding(db, keys, device.village, device.id, counter).operation(counter).digest


def _unsettled(db: sqlite3.Connection, device: str, from_ms: int, to_ms: int) -> int:
    row = db.execute(
        "SELECT count(*) FROM unsettled WHERE device = ? AND since_ms >= ? AND since_ms < ?",
        (device, from_ms, to_ms),
    )
    return int(row.fetchone()[0])


def _explained(
    db: sqlite3.Connection, village: str, device: str, ends_ms: Iterable[int | None], day: Day
) -> int | None:
    ended = [at_ms for at_ms in ends_ms if at_ms is not None]
    if not ended:
        return None
    return missing_explained(db, village, device, count_day(min(ended)).isoformat(), day.text)


def _continued_counter(continuations: dict[str, list[Device]], device: str) -> int | None:
    counters = [after.continues_counter or 0 for after in continuations.get(device, ())]
    return max(counters, default=None)


def _arrived_elsewhere(
    db: sqlite3.Connection, keys: Keys, device: Device, continuations: dict[str, list[Device]]
) -> int:
    """How many of a continued identity's operations its continuations brought that it had not handed over itself.

    They come under the same ids, so nothing is counted twice, however often a phone enrolled anew.
    """
    first = min(after.enrolled_ms for after in continuations[device.id])
    own = {name for name, _ in _captures(db, keys, device)}
    return len(_brought_before(db, keys, continuations, device.id, first) - own)


def _brought_before(
    db: sqlite3.Connection, keys: Keys, continuations: dict[str, list[Device]], device: str, at_ms: int
) -> set[str]:
    """The ids of everything that an identity's continuations brought and that was captured before they enrolled."""
    until, found, followed = moment(at_ms + CLOCKS_DIFFER_MS), set[str](), {device}
    waiting = list(continuations.get(device, ()))
    while waiting:
        after = waiting.pop()
        if after.id not in followed:
            followed.add(after.id)
            found.update(name for name, captured in _captures(db, keys, after) if captured < until)
            waiting.extend(continuations.get(after.id, ()))
    return found


def _captures(db: sqlite3.Connection, keys: Keys, device: Device) -> Iterable[tuple[str, str]]:
    """(id, clock) of each operation; one that nobody can read goes by its digest, as captured before everything."""
    for batch in batches.every(db, keys, device.village, device.id):
        for one in batch.operations():
            if one.operation is None:
                yield one.digest, ""
            else:
                yield one.operation.id, one.operation.clock[:24]
