"""A phone in memory: captures as a device does, shows by the overlay, and hands over to an `Intake`."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from sync.apply import Applied
from sync.chain import digest_of, first_previous
from sync.clock import Clock, adopted, next_reading, parse_clock
from sync.ids import uuid7
from sync.kinds import KINDS
from sync.operation import FORMAT, Operation, exact_bytes
from sync.overlay import Overlay
from sync.record import Record, parent_of, seen_form
from sync.world import Author
from tests.sync.memory_world import CATALOGUE, DAY_MS, GRID, MINUTE_MS, NOW_MS, VILLAGE, Intake, MemoryWorld


class Phone:
    """A device: its chain, its clock, its copy of the server's records, and what it has captured since."""

    def __init__(
        self,
        name: str,
        worker: str,
        *,
        role: str = "worker",
        grids: tuple[str, ...] = (GRID,),
        village: str = VILLAGE,
    ) -> None:
        self.author = Author(name, worker, role, village)
        self.village = village
        self.grids = grids
        self.now_ms = NOW_MS
        self.offset_ms = 0
        self.reading = Clock(0)
        self.copy: dict[str, Record] = {}
        self.captured: list[bytes] = []
        self.pending: list[Operation] = []
        self.previous = first_previous(name)

    def view(self) -> Overlay:
        """What the device shows."""
        overlay = Overlay(
            self.copy.get,
            lambda parent: [record for record in self.copy.values() if parent_of(record) == parent],
            CATALOGUE,
            lambda device: self.author.worker if device == self.author.device else None,
        )
        overlay.lay(self.pending, self.author, self.now_ms)
        return overlay

    def see(self, record: str) -> Record:
        """A record as the device shows it."""
        shown = self.view().get(record)
        assert shown is not None
        return shown

    def capture(self, **parts: Any) -> Operation:
        """Capture an operation: everything that is not named follows from the device."""
        self.reading = next_reading(self.reading, self.now_ms)
        counter = len(self.captured) + 1
        identifier = parts.pop("id", None) or self.new_id()
        whole: dict[str, Any] = {
            "id": identifier,
            "format": FORMAT,
            "counter": counter,
            "previous": self.previous,
            "clock": str(self.reading),
            "offset_ms": self.offset_ms,
            "record": identifier,
            "village": self.village,
        }
        operation = msgspec.convert(whole | parts, Operation)
        exact = exact_bytes(operation)
        self.captured.append(exact)
        self.pending.append(operation)
        self.previous = digest_of(exact)
        return operation

    def new_id(self) -> str:
        """A UUIDv7 that follows from the device and the counter, so that a story repeats itself exactly."""
        seed = hashlib.sha256(f"{self.author.device}:{len(self.captured)}".encode()).digest()
        return uuid7(self.now_ms, seed[:10])

    def create(self, kind: str, **fields: Any) -> str:
        """A new record; its id. `answers__hospital` writes `answers/hospital`."""
        return self.capture(kind=kind, action="create", fields=_named(fields)).record

    def change(self, record: str, **fields: Any) -> Operation:
        """Set fields of a record that the device has, as seen in its overlay."""
        shown = self.see(record)
        named = _named(fields)
        sets = KINDS[shown.kind].sets
        seen = {field: seen_form(shown.values.get(field)) for field in named if field not in sets}
        return self.capture(kind=shown.kind, action="change", record=record, seen=seen, fields=named)

    def void(self, record: str, reason: str = "登记错了") -> Operation:
        """Take a record back."""
        shown = self.see(record)
        return self.capture(
            kind=shown.kind, action="void", record=record, seen={"revision": shown.revision}, reason=reason
        )

    def push(self, intake: Intake, now_ms: int | None = None) -> list[Applied]:
        """Hand over what is pending; the outcomes, in order."""
        intake.world.had[self.author.worker].update(self.grids)
        first = len(self.captured) - len(self.pending)
        outcomes = intake.push(self.author, self.captured[first:], now_ms or self.now_ms)
        self.pending = []
        return outcomes

    def pull(self, intake: Intake) -> None:
        """Take the whole copy, and follow its clocks."""
        self.copy = intake.world.records()
        for record in self.copy.values():
            for stamp in (record.created, *record.clocks.values()):
                self.reading = adopted(self.reading, parse_clock(stamp.clock), self.now_ms)

    def sync(self, intake: Intake) -> list[Applied]:
        """Push and pull."""
        outcomes = self.push(intake)
        self.pull(intake)
        return outcomes

    def later(self, ms: int = MINUTE_MS) -> None:
        """Let time pass."""
        self.now_ms += ms


def _named(fields: dict[str, Any]) -> dict[str, Any]:
    return {field.replace("__", "/"): value for field, value in fields.items()}


def village(*phones: Phone) -> tuple[Intake, str]:
    """A server that holds one household in `GRID`, which every phone has pulled; the household's id."""
    intake = Intake(MemoryWorld())
    clerk = Phone("server-1", "import", role="server")
    clerk.now_ms = NOW_MS - DAY_MS
    household = clerk.create("household", name="金敭", address="1号", grid=GRID, phone="13900000000")
    clerk.push(intake)
    for phone in phones:
        phone.pull(intake)
        intake.world.had[phone.author.worker].update(phone.grids)
    return intake, household
