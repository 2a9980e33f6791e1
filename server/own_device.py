"""The server's own devices: whatever a desk, an import or the demonstration data writes goes through the one way in.

Such a device has its chain like any phone, so `check` can recompute everything from operations. It captures inside the
write that applies, so nothing of it is ever pending.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec

from server.intake import Intake
from server.store import devices
from server.store.devices import Device
from sync.clock import Clock, next_reading
from sync.ids import uuid7
from sync.operation import FORMAT, Action, Operation, exact_bytes, read_operation
from sync.protocol import BATCH_OPERATIONS_MAX, OutcomeEntry
from sync.record import seen_form


class Draft(msgspec.Struct, kw_only=True):
    """What is to be written: an operation without what capturing adds. `record` is made for a create without one."""

    kind: str
    village: str
    fields: dict[str, Any]
    record: str = ""
    action: str = Action.CREATE
    seen: dict[str, Any] = {}
    at_ms: int | None = None
    reason: str | None = None
    mends: str | None = None
    captured: str | None = None


def own_device(
    db: sqlite3.Connection, worker: str, name: str, village: str, now_ms: int, nature: str = devices.DESK
) -> Device:
    """The server's device for an account at a desk, or for what is imported in its name; made when first needed."""
    identifier = f"{nature}:{worker}:{village}"
    found = devices.by_id(db, identifier)
    if found is None:
        devices.insert(db, identifier, worker, village, name, (identifier, ""), now_ms, nature=nature)
        found = devices.by_id(db, identifier)
    if found is None:
        raise LookupError(identifier)
    return found


def write_operations(
    intake: Intake, db: sqlite3.Connection, device: Device, drafts: Iterable[Draft], now_ms: int
) -> list[OutcomeEntry]:
    """Capture and apply drafts in order, in batches; each one's outcome. Runs inside a store write."""
    outcomes: list[OutcomeEntry] = []
    counter, previous = device.acknowledged, device.digest
    clock = Clock(0)
    batch = []
    for draft in drafts:
        counter += 1
        clock = next_reading(clock, draft.at_ms if draft.at_ms is not None else now_ms)
        exact = exact_bytes(_operation(draft, counter, previous, clock, now_ms))
        arrived = read_operation(exact)
        previous = arrived.digest
        batch.append(arrived)
        if len(batch) == BATCH_OPERATIONS_MAX:
            outcomes += intake.take(db, device, batch, device.outcome_cursor, now_ms).outcomes
            device = devices.by_id(db, device.id) or device
            batch = []
    if batch:
        outcomes += intake.take(db, device, batch, device.outcome_cursor, now_ms).outcomes
    return outcomes


def _operation(draft: Draft, counter: int, previous: str, clock: Clock, now_ms: int) -> Operation:
    named = draft.action == Action.CREATE and draft.record and draft.mends is None
    fresh = draft.record if named else uuid7(now_ms, os.urandom(10))
    return Operation(
        id=fresh,
        format=FORMAT,
        counter=counter,
        previous=previous,
        clock=str(clock),
        offset_ms=0,
        kind=draft.kind,
        record=draft.record or fresh,
        village=draft.village,
        action=draft.action,
        seen={field: seen_form(value) for field, value in draft.seen.items()},
        fields=draft.fields,
        reason=draft.reason,
        mends=draft.mends,
        captured=draft.captured,
    )
