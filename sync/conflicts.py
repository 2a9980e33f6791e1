"""Conflicts: records beside the case that they are about, settled by a person's choice.

Invariants: one open conflict a field; the standing value stays in the case until somebody chooses; whoever chooses
sees the value before (原值), the standing one and each offered one, with who set it and when.
"""

from __future__ import annotations

from typing import Any

from sync.ids import derived
from sync.merge import Disagreement, after, set_value
from sync.operation import Operation
from sync.record import Record, Stamp, Voiding
from sync.world import Author, World


def _open_conflicts(world: World, record: Record) -> list[Record]:
    found = (world.get(conflict) for conflict in record.conflicts)
    return [conflict for conflict in found if conflict is not None]


def contested_fields(world: World, record: Record, device: str) -> frozenset[str]:
    """Fields in an open conflict that this device opened: its further operations on them join it."""
    return frozenset(
        conflict.values["field"]
        for conflict in _open_conflicts(world, record)
        if conflict.values["offered"][0]["device"] == device
    )


def open_or_join(
    world: World,
    record: Record,
    disagreement: Disagreement,
    operation: Operation,
    author: Author,
    stamp: Stamp,
) -> str:
    """Offer a value in the field's open conflict, or open one; the conflict's id."""
    offer = {
        "value": disagreement.offered,
        "worker": author.worker,
        "device": author.device,
        "clock": stamp.clock,
        "operation": operation.id,
    }
    for conflict in _open_conflicts(world, record):
        if conflict.values["field"] == disagreement.field:
            others = [offered for offered in conflict.values["offered"] if offered["device"] != author.device]
            opened_it = conflict.values["offered"][0]["device"] == author.device
            conflict.values["offered"] = [offer, *others] if opened_it else [*others, offer]
            conflict.revision += 1
            world.put(conflict, None)
            return conflict.id
    opened = derived("conflict", operation.id, disagreement.field)
    setter = record.stamp_of(disagreement.field)
    values: dict[str, Any] = {
        "subject": record.id,
        "subject_kind": record.kind,
        "field": disagreement.field,
        "seen": disagreement.seen,
        "standing": disagreement.standing,
        "standing_by": [setter.device, world.worker_of(setter.device) or record.by, setter.clock],
        "offered": [offer],
    }
    world.put(
        Record(
            id=opened,
            kind="conflict",
            village=record.village,
            grid=record.grid,
            holder=record.holder,
            by=author.worker,
            created=stamp,
            origin=(author.device, operation.counter),
            values=values,
        ),
        None,
    )
    record.conflicts = [*record.conflicts, opened]
    return opened


def follow_standing(world: World, record: Record, fields: list[str], stamp: Stamp, author: Author) -> None:
    """Somebody who saw the standing value changed it: the open conflict shows the new one."""
    for conflict in _open_conflicts(world, record):
        if conflict.values["field"] in fields:
            conflict.values["standing"] = record.values.get(conflict.values["field"])
            conflict.values["standing_by"] = [stamp.device, author.worker, stamp.clock]
            conflict.revision += 1
            world.put(conflict, None)


def settle(world: World, conflict: Record, author: Author, stamp: Stamp) -> Record | None:
    """Carry a choice out: the subject gets the chosen value and no longer names the conflict as open.

    Returns the subject, still to be put; None if it is not here.
    """
    conflict.values["settled_by"] = author.worker
    conflict.values["settled_at"] = stamp.clock
    subject = world.get(conflict.values["subject"])
    if subject is None:
        return None
    field, value = conflict.values["field"], conflict.values["choice"]["value"]
    if field == "void":
        subject.void = None if value is None else Voiding(str(value), author.worker, stamp.clock)
    else:
        set_value(subject, field, value, after(stamp, subject.stamp_of(field)))
    subject.conflicts = [open_id for open_id in subject.conflicts if open_id != conflict.id]
    subject.revision += 1
    return subject
