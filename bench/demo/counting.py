"""What came of the day, counted in the server's database and the devices' stores; nothing is taken on trust."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from field_client.device import Device
from server.data_folder import open_data
from server.keys import Keys
from server.settings import load_settings
from server.store import batches
from server.store.bodies import opened
from sync.apply import Outcome
from sync.kinds import OPENED_BY_SERVER
from sync.operation import Operation

TAKEN_EFFECT = frozenset({Outcome.APPLIED.value, Outcome.MERGED.value, Outcome.CONFLICT.value})


class Found(msgspec.Struct):
    """What the server holds: operations by id, how often each took effect, revisions, subjects of settled conflicts."""

    operations: dict[str, Operation]
    effects: Counter[str]
    revisions: dict[str, int]
    settled: Counter[str]
    kinds: Counter[str]


def on_server(data: Path, village: str) -> Found:
    """Everything that the server holds of a village's phones and desks, read from its database."""
    store, keys = open_data(load_settings(data=data), exclusive=False)
    try:
        return store.read_now(lambda db: _found(db, keys, village))
    finally:
        store.close()


def _found(db: sqlite3.Connection, keys: Keys, village: str) -> Found:
    found = Found({}, Counter(), {}, Counter(), Counter())
    devices = db.execute(
        "SELECT id FROM devices WHERE village = ? AND nature IN ('phone', 'desk')", (village,)
    ).fetchall()
    for (device,) in devices:
        for batch in batches.every(db, keys, village, device):
            for one, entry in zip(batch.operations(), batch.outcomes, strict=True):
                if one.operation is not None:
                    found.operations[one.operation.id] = one.operation
                    found.effects[one.operation.id] += entry.outcome in TAKEN_EFFECT
    for identifier, kind, body in db.execute(
        "SELECT id, kind, body FROM records WHERE village = ?", (village,)
    ):
        record = opened(keys, identifier, body)
        found.revisions[identifier] = record.revision
        if kind == "conflict" and "choice" in record.values:
            found.settled[record.values["subject"]] += 1
        found.kinds[kind] += 1
    return found


def captured_ids(devices: Iterable[Device]) -> dict[str, Operation]:
    """Every operation that the devices keep, by id: all that they captured since they enrolled."""
    return {entry.id: entry.operation for device in devices for entry in device.outbox.entries()}


def applied_twice(found: Found, before: dict[str, int]) -> int:
    """Operations that counted more than once: those with two effects, and revisions that no operation explains.

    A record's revision is 1 at its creation and grows by one with each operation, and by one when a conflict about it
    is settled. `before` are the revisions when the day began. Records that the server opens by itself are left out.
    """
    expected = Counter(before)
    for identifier, operation in found.operations.items():
        if found.effects[identifier] and operation.kind not in OPENED_BY_SERVER:
            expected[operation.record] += 1
    for subject, times in found.settled.items():
        expected[subject] += times
    touched = {
        operation.record for operation in found.operations.values() if operation.kind not in OPENED_BY_SERVER
    }
    surplus = sum(max(0, found.revisions.get(record, 0) - expected[record]) for record in touched)
    return surplus + sum(times - 1 for times in found.effects.values() if times > 1)
