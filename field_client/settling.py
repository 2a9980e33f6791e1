"""What a person settles: conflicts, suspected duplicates, tasks, and operations that the server did not accept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from field_client.capture import Captured, Draft
from field_client.errors import NotFound
from field_client.outbox import Entry
from sync.operation import Action, Operation
from sync.record import Record

if TYPE_CHECKING:
    from field_client.device import Device

DONE = "done"


class Choice(msgspec.Struct, frozen=True):
    """One value of a conflict that can be chosen: whose it is, when it was set, and whether it stands now."""

    value: Any
    by: str
    clock: str
    standing: bool


class Settling:
    """What a device shows and captures of matters that wait for a person."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def conflicts(self, settled: bool = False) -> list[Record]:
        """Open conflicts that are shown here; settled ones too if asked for."""
        found = self._device.view.of_kind("conflict")
        return [one for one in found if settled or "choice" not in one.values]

    def choices(self, conflict: Record) -> list[Choice]:
        """The values of a conflict: the standing one first, then each offered one."""
        values = conflict.values
        _, standing_worker, standing_clock = values["standing_by"]
        return [
            Choice(values.get("standing"), standing_worker, standing_clock, True),
            *(Choice(one["value"], one["worker"], one["clock"], False) for one in values["offered"]),
        ]

    def choose(self, conflict: str, value: Any, note: str | None = None, anyway: bool = False) -> Captured:
        """Settle a conflict by a value."""
        fields: dict[str, Any] = {"choice": {"value": value}}
        if note:
            fields["note"] = note
        return self._device.change("conflict", conflict, fields, anyway)

    def duplicates(self) -> list[Record]:
        """Suspected duplicates that nobody has decided on."""
        return [one for one in self._device.view.of_kind("duplicate") if "decision" not in one.values]

    def decide(self, duplicate: str, decision: str, reason: str | None = None) -> Captured:
        """Link two cases, or say that they are two."""
        fields: dict[str, Any] = {"decision": decision}
        if reason:
            fields["reason"] = reason
        return self._device.change("duplicate", duplicate, fields)

    def tasks(self, all_: bool = False) -> list[Record]:
        """The worker's open tasks, by day."""
        device = self._device
        found = [
            one
            for one in device.view.of_kind("task")
            if one.holder == device.worker and (all_ or one.values.get("state", "open") == "open")
        ]
        return sorted(found, key=lambda one: (str(one.values.get("due", "9999")), one.id))

    def finish_task(self, task: str, note: str | None = None) -> Captured:
        """A task is done."""
        fields: dict[str, Any] = {"state": DONE}
        if note:
            fields["note"] = note
        return self._device.change("task", task, fields)

    def unsettled(self) -> list[Entry]:
        """Operations that are held or rejected and not mended."""
        return self._device.outbox.entries("outcome IN ('held', 'rejected') AND mended_by IS NULL")

    def rejected(self, operation: str) -> Entry:
        """A rejected operation by its id, or the beginning of it. NotFound where there is none to mend."""
        entry = self._device.outbox.find(operation)
        if entry is None or entry.state != "rejected":
            raise NotFound(f"没有这条被退回的记录：{operation}", f"no such rejected operation: {operation}")
        if entry.mended_by is not None:
            raise NotFound("这条记录已更正过", "this operation was mended already")
        return entry

    def mend(self, operation: str, fields: dict[str, Any], anyway: bool = False) -> Captured:
        """Put a rejected operation right: the same record and time of capture, with these fields changed.

        A field of None leaves the field out.
        """
        first = self.rejected(operation).operation
        put_right = {name: value for name, value in {**first.fields, **fields}.items() if value is not None}
        return self._device.capture(mending(first, put_right), anyway)


def mending(first: Operation, fields: dict[str, Any]) -> Draft:
    """The draft that mends an operation."""
    return Draft(
        kind=first.kind,
        village=first.village,
        action=first.action,
        record=first.record,
        fields=fields,
        reason=first.reason if first.action == Action.VOID else None,
        mends=first.id,
        captured=first.captured or first.clock,
    )
