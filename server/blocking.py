"""What an unsettled operation blocks: later ones of the same device on the same fields of its record."""

from __future__ import annotations

from collections.abc import Sequence

from server.store import unsettled
from server.store.devices import Device
from server.store.unsettled import WHOLE_RECORD, Unsettled
from sync.apply import Applied, Outcome
from sync.operation import Action, Operation
from sync.protocol import OutcomeEntry


class Blocked:
    """What one device has unsettled, by record: looked through whole, thousands of rows took seconds a push."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Unsettled]] = {}

    def add(self, row: Unsettled) -> None:
        """From now on it blocks."""
        self._rows.setdefault(row.record, []).append(row)

    def remove(self, settled: Unsettled) -> None:
        """It blocks nothing any more."""
        rows = self._rows.get(settled.record, [])
        self._rows[settled.record] = [row for row in rows if row.id != settled.id]

    def holding(self, operation: Operation) -> Applied | None:
        """Held if something here is about the same field."""
        return held_behind(self._rows.get(operation.record, ()), operation)


def held_behind(earlier: Sequence[Unsettled], operation: Operation) -> Applied | None:
    """Held if one of these operations of the same device is about the same field; a mend waits for none of them."""
    if operation.mends is not None:
        return None
    for row in earlier:
        if row.record == operation.record and _overlap(row.fields, operation):
            return Applied(outcome=Outcome.HELD, waits_for=f"operation:{row.id}")
    return None


def _overlap(fields: list[str], operation: Operation) -> bool:
    if WHOLE_RECORD in fields or operation.action != Action.CHANGE:
        return True
    return not operation.fields.keys().isdisjoint(fields)


def as_blocking(
    device: Device, counter: int, operation: Operation, entry: OutcomeEntry, now_ms: int
) -> Unsettled:
    """The row of an operation that this very push leaves unsettled."""
    return Unsettled(
        device.id,
        counter,
        device.village,
        operation.id,
        operation.record,
        unsettled.blocked_fields(operation),
        entry.outcome,
        entry.waits_for,
        [],
        now_ms,
    )
