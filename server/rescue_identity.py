"""The identity under which a rescue file is taken in where it does not continue its device's chain on this server.

It follows from the device, so that the same file, and every later one, finds it again. Operations are rewritten for its
chain with new `counter` and `previous` and the same `id`; what is here already is left out, so that handing a file in
again changes nothing.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence

import msgspec

from server.intake import Intake
from server.store import batches, devices
from server.store.devices import RESCUE, Device
from server.store.world import StoreWorld
from sync.ids import derived
from sync.operation import OPERATION_BYTES_MAX, Action, Arrived, Operation, raw_form, read_operation
from sync.protocol import OutcomeEntry
from sync.rescue import RescueHeader

NOBODY = ""
"""The worker of a device that this server does not know."""


def identity_of(db: sqlite3.Connection, phone: Device, now_ms: int) -> Device:
    """The identity beside a device that is known; what it brings is held where the device is revoked."""
    identifier = derived("rescue", phone.id)
    found = _made(db, identifier, phone.worker, phone.village, f"{phone.name}（救援文件）", now_ms)
    if phone.revoked_ms is not None and found.revoked_ms is None:
        db.execute("UPDATE devices SET revoked_ms = ? WHERE id = ?", (phone.revoked_ms, identifier))
        found = devices.by_id(db, identifier) or found
    return found


def identity_of_unknown(db: sqlite3.Connection, header: RescueHeader, village: str, now_ms: int) -> Device:
    """The identity of a device that is not known: revoked from the start, so all that it brings is held."""
    identifier = derived("rescue", header.device, header.signing_key)
    name = f"未登记的设备 {header.device[-8:]}（救援文件）"
    found = _made(db, identifier, NOBODY, village, name, now_ms)
    if found.revoked_ms is None:
        db.execute("UPDATE devices SET revoked_ms = ? WHERE id = ?", (now_ms, identifier))
        found = devices.by_id(db, identifier) or found
    return found


def _made(
    db: sqlite3.Connection, identifier: str, worker: str, village: str, name: str, now_ms: int
) -> Device:
    found = devices.by_id(db, identifier)
    if found is None:
        keys = f"{RESCUE}:{identifier}", ""
        devices.insert(db, identifier, worker, village, name, keys, now_ms, nature=RESCUE)
        found = devices.by_id(db, identifier)
    if found is None:
        raise LookupError(identifier)
    return found


def take_under(
    intake: Intake, db: sqlite3.Connection, identity: Device, arrived: Sequence[Arrived], now_ms: int
) -> list[OutcomeEntry]:
    """Take those of a batch in that are not here yet; their outcomes. Runs inside a store write."""
    seen = {_content(one) for batch in _batches(intake, db, identity) for one in batch.operations()}
    counter, previous, rewritten = identity.acknowledged, identity.digest, list[Arrived]()
    for one in arrived:
        content = _content(one)
        if content in seen or _is_here(intake, db, identity, one, now_ms):
            continue
        seen.add(content)
        counter += 1
        rewritten.append(_rewritten(one, counter, previous))
        previous = rewritten[-1].digest
    if not rewritten:
        return []
    return intake.take(db, identity, rewritten, identity.outcome_cursor, now_ms).outcomes


def _batches(intake: Intake, db: sqlite3.Connection, identity: Device) -> list[batches.Batch]:
    return batches.every(db, intake.keys, identity.village, identity.id)


def _is_here(intake: Intake, db: sqlite3.Connection, identity: Device, one: Arrived, now_ms: int) -> bool:
    """Whether this very operation was taken in before, whoever brought it. Other content under its id is not it."""
    operation = one.operation
    if operation is None or one.fault is not None:
        return False
    known = db.execute(
        "SELECT device, counter FROM known_ids WHERE village = ? AND id = ?", (identity.village, operation.id)
    ).fetchone()
    if known is None and operation.action == Action.CREATE and operation.mends is None:
        world = StoreWorld(db, intake.keys, intake.knowledge, now_ms)
        world.village = operation.village
        record = world.get(operation.record)
        known = None if record is None else record.origin
    if known is None:
        return False
    brought_by = devices.by_id(db, known[0])
    if brought_by is None:
        return False
    stored = batches.holding(db, intake.keys, brought_by.village, *known).operation(known[1])
    return stored.erased_id is not None or _content(stored) == _content(one)


def _content(one: Arrived) -> bytes:
    """An operation without what a new identity rewrites; the bytes themselves where they cannot be read."""
    if one.operation is None or one.fault is not None:
        return one.digest.encode()
    placed = msgspec.structs.replace(one.operation, counter=0, previous="")
    return hashlib.sha256(msgspec.json.encode(placed)).digest()


def _rewritten(one: Arrived, counter: int, previous: str) -> Arrived:
    """With its place in the new chain; members that this version does not know stay. What is no JSON goes as raw."""
    operation: Operation | None = one.operation
    if operation is not None and one.fault is None:
        members = msgspec.json.decode(one.exact)
        exact = msgspec.json.encode({**members, "counter": counter, "previous": previous})
        if len(exact) <= OPERATION_BYTES_MAX:
            return read_operation(exact)
    return read_operation(raw_form(counter, one.exact))
