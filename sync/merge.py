"""Field by field: what an operation does to a record that others may have changed meanwhile.

Invariants
- A field *has changed since* when its present value is neither the seen nor the new one; nothing else is a conflict.
- Descriptive records: the later clock wins, whatever the order of arrival; the loser stays in the operations.
- Cases: the first value stands, the other is offered in a conflict record, and a person chooses.
- Applying an operation adds exactly one to the revision, merged and conflicting ones included.
- Nothing here decides whether an operation is allowed; that is `judge`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sync.kinds import KINDS, Kind, Merging
from sync.operation import Operation
from sync.record import Record, Stamp, Voiding, changed_set, normalised_set, was_seen


class Disagreement(msgspec.Struct, frozen=True):
    """A field on which an operation and the record differ, for a person to settle."""

    field: str
    seen: Any
    standing: Any
    offered: Any


class Merged(msgspec.Struct):
    """What merging did: whether others had changed the record too, what lost, and what a person must settle."""

    others_changed: bool = False
    overruled: list[str] = []
    disagreements: list[Disagreement] = []
    set_fields: list[str] = []


def created_record(operation: Operation, device: str, worker: str, stamp: Stamp, received_ms: int) -> Record:
    """The record that a create makes, in the village that it names; `apply` finds its grid."""
    kind = KINDS[operation.kind]
    values = {field: value for field, value in operation.fields.items() if value is not None}
    for field in kind.sets.intersection(values):
        value = values[field]
        values[field] = changed_set((), value) if isinstance(value, dict) else normalised_set(value)
    return Record(
        id=operation.record,
        kind=operation.kind,
        village=operation.village,
        holder=values.get("holder") or values.get("worker"),
        by=worker,
        created=stamp,
        origin=(device, operation.counter),
        received_ms=received_ms,
        offset_ms=operation.offset_ms,
        values=values,
    )


def merge_change(
    record: Record, operation: Operation, stamp: Stamp, contested: frozenset[str] = frozenset()
) -> Merged:
    """Apply a change to the record in place. `contested` are fields in an open conflict that this device opened."""
    kind = KINDS[record.kind]
    merged = Merged()
    for field, new in operation.fields.items():
        if field in kind.sets:
            _merge_set(record, field, new, stamp, merged)
        else:
            _merge_field(
                record, kind, field, new, operation.seen.get(field), stamp, merged, field in contested
            )
    record.revision += 1
    return merged


def merge_void(record: Record, operation: Operation, worker: str, stamp: Stamp) -> Merged:
    """Take a record back, unless it has changed since the worker saw it; two voids agree."""
    merged = Merged()
    record.revision += 1
    if record.void is not None:
        merged.others_changed = True
        return merged
    seen = operation.seen.get("revision")
    if not isinstance(seen, int) or record.revision - 1 > seen:
        merged.disagreements.append(Disagreement("void", seen, None, operation.reason))
        return merged
    record.void = Voiding(operation.reason or "", worker, stamp.clock)
    return merged


def _merge_set(record: Record, field: str, new: Any, stamp: Stamp, merged: Merged) -> None:
    present = record.values.get(field)
    members = changed_set(present, new) if isinstance(new, dict) else normalised_set(new)
    if members != (present or []):
        record.values[field] = members
        merged.set_fields.append(field)
    record.clocks[field] = max(stamp, record.stamp_of(field))


def _merge_field(
    record: Record, kind: Kind, field: str, new: Any, seen: Any, stamp: Stamp, merged: Merged, contested: bool
) -> None:
    present = record.values.get(field)
    seen_it = was_seen(present, seen)
    if present == new and not contested:
        merged.others_changed |= not seen_it
        record.clocks[field] = max(stamp, record.stamp_of(field))
        return
    if seen_it and not contested:
        set_value(record, field, new, after(stamp, record.stamp_of(field)))
        merged.set_fields.append(field)
        return
    merged.others_changed = True
    if kind.merging is Merging.A_PERSON:
        merged.disagreements.append(Disagreement(field, seen, present, new))
        return
    standing = record.stamp_of(field)
    if stamp > standing or stamp.device == standing.device:
        set_value(record, field, new, after(stamp, standing))
        merged.set_fields.append(field)
    else:
        merged.overruled.append(field)


def after(stamp: Stamp, standing: Stamp) -> Stamp:
    """The stamp of a value that takes the standing one's place: its own setter, with a clock that never goes back."""
    return stamp if stamp.clock >= standing.clock else Stamp(standing.clock, stamp.device)


def set_value(record: Record, field: str, value: Any, stamp: Stamp) -> None:
    """Set one field and who set it; None clears it."""
    if value is None:
        record.values.pop(field, None)
    else:
        record.values[field] = value
    record.clocks[field] = stamp
