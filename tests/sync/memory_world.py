"""A server and its phones in memory, so that a story about the protocol needs neither a socket nor a disk.

`MemoryWorld` keeps records as bytes, so nobody can change one without putting it back. `Intake` mirrors what the
server does around the pure core: known ids, counters and chain, held operations. `Phone` captures as a device does:
exact bytes once, seen values from its own overlay.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import date
from typing import Any

import msgspec

from forms.catalogue import Catalogue, Finish, Item, Mode, TimeLimit
from forms.definition import Field, FieldType, Form, Label
from forms.problem import Problem
from sync.apply import Applied, Outcome, apply_operation, moves_along
from sync.chain import digest_of, first_previous
from sync.clock import Clock, adopted, next_reading, parse_clock
from sync.errors import HistoryForked, OperationsMissing, WrongCounter
from sync.ids import uuid7
from sync.judge import FOR_A_PERSON
from sync.kinds import KINDS
from sync.operation import FORMAT, Action, Arrived, Operation, exact_bytes, read_operation
from sync.overlay import Overlay
from sync.record import Record, parent_of, read_record, record_bytes, seen_form
from sync.world import Author

VILLAGE, NEXT_VILLAGE = "330481106222", "330481106223"
GRID, GRID_2, NEXT_GRID = f"{VILLAGE}001", f"{VILLAGE}002", f"{NEXT_VILLAGE}001"
NOW_MS = 1_795_420_800_000  # 2026-11-23 08:00:00 UTC, 16:00 in Haining
MINUTE_MS = 60_000
DAY_MS = 24 * 3600 * 1000


def _item(key: str, mode: Mode, finish: Finish, **more: Any) -> Item:
    return Item(
        key=key,
        number=1,
        version=more.pop("version", 1),
        department="civil",
        name=key,
        mode=mode,
        finish=finish,
        limit=TimeLimit(),
        form="plain",
        effective_from=date(2020, 1, 1),
        **more,
    )


CATALOGUE = Catalogue(
    version=1,
    label="演示目录",
    items=(
        _item("allowance", Mode.DIRECT, Finish.DOORSTEP),
        _item("permit", Mode.PROXY, Finish.HANDED_UP, duplicate_key=("hospital",)),
        _item("report", Mode.REPORT, Finish.ONLINE),
        _item("care-visit", Mode.VISIT, Finish.DOORSTEP),
        _item("ended", Mode.DIRECT, Finish.DOORSTEP, effective_to=date(2026, 11, 20)),
    ),
    forms=(
        Form(
            key="plain",
            fields=(
                Field(key="hospital", type=FieldType.TEXT, label=Label(zh="医院")),
                Field(key="amount", type=FieldType.MONEY, label=Label(zh="金额")),
                Field(key="number", type=FieldType.IDENTITY_NUMBER, label=Label(zh="证件号")),
            ),
        ),
    ),
)


class MemoryWorld:
    """A `sync.world.World` with versions, members, rota and grids that a story sets by hand."""

    def __init__(self, catalogue: Catalogue = CATALOGUE) -> None:
        self.catalogue = catalogue
        self.bodies: dict[str, bytes] = {}
        self.fingerprints: dict[str, str | None] = {}
        self.versions: dict[str, int] = defaultdict(int)
        self.version_of: dict[str, tuple[str, int]] = {}
        self.grids = {GRID: VILLAGE, GRID_2: VILLAGE, NEXT_GRID: NEXT_VILLAGE}
        self.had: dict[str, set[str]] = defaultdict(set)
        self.duty: set[tuple[str, str, date]] = set()
        self.devices: dict[str, Author] = {}
        self.places: dict[str, set[str]] = defaultdict(set)
        self.closed_before = date(2026, 11, 1)

    def records(self) -> dict[str, Record]:
        """Every record, as copies."""
        return {identifier: read_record(body) for identifier, body in self.bodies.items()}

    def get(self, record: str) -> Record | None:
        body = self.bodies.get(record)
        return None if body is None else read_record(body)

    def put(self, record: Record, fingerprint: str | None) -> None:
        self.bodies[record.id] = record_bytes(record)
        self.places[record.id].add(record.grid or "")
        self.places[record.id].add(f"hand of {record.holder or record.by}")
        self.fingerprints[record.id] = fingerprint
        self.versions[record.village] += 1
        self.version_of[record.id] = record.village, self.versions[record.village]

    def followers(self, record: Record) -> list[Record]:
        found = (self.get(identifier) for identifier in sorted(self.bodies))
        return [
            other
            for other in found
            if other is not None and parent_of(other) == record.id and moves_along(self, other)
        ]

    def open_with_fingerprint(self, fingerprint: str) -> list[str]:
        return [identifier for identifier, mark in self.fingerprints.items() if mark == fingerprint]

    def person_key(self, identity_number: str) -> str:
        return hashlib.sha256(b"test key" + identity_number.encode()).hexdigest()

    def worker_of(self, device: str) -> str | None:
        author = self.devices.get(device)
        return None if author is None else author.worker

    def village_of_grid(self, grid: str) -> str | None:
        return self.grids.get(grid)

    def covers_village(self, worker: str, division: str, village: str) -> bool:
        return village.startswith(division) or village in {self.grids[grid] for grid in self.had[worker]}

    def ever_had(self, worker: str, record: Record) -> bool:
        return not (self.had[worker] | {f"hand of {worker}"}).isdisjoint(self.places[record.id])

    def had_grid(self, worker: str, grid: str) -> bool:
        return grid in self.had[worker]

    def on_duty(self, worker: str, village: str, day: date) -> bool:
        return (worker, village, day) in self.duty

    def month_closed(self, day: date, now_ms: int) -> bool:
        return day < self.closed_before


ALREADY_MENDED = Problem(
    pointer="/mends", code="already-mended", message="已更正", message_en="already mended"
)


class Entry(msgspec.Struct):
    """One operation taken in: who captured it, its bytes, and what it has become."""

    author: Author
    arrived: Arrived
    applied: Applied
    mended: bool = False


class Intake:
    """What stands around the core on the server: order, known ids, what is held and tried again."""

    def __init__(self, world: MemoryWorld) -> None:
        self.world = world
        self.histories: dict[str, list[Entry]] = defaultdict(list)
        self.known: dict[str, Entry] = {}

    def push(self, author: Author, operations: list[bytes], now_ms: int = NOW_MS) -> list[Applied]:
        """Take a batch in. Raises as the calls of the protocol are refused, with nothing applied."""
        self.world.devices[author.device] = author
        arrivals = [read_operation(exact) for exact in operations]
        self._check_order(author, arrivals)
        return [self._take(author, arrived, now_ms).applied for arrived in arrivals]

    def _check_order(self, author: Author, arrivals: list[Arrived]) -> None:
        history = self.histories[author.device]
        before = first_previous(author.device)
        for place, arrived in enumerate(arrivals):
            if place and arrived.counter != arrivals[place - 1].counter + 1:
                raise WrongCounter("counters do not follow")
            if arrived.counter <= len(history):
                before = history[arrived.counter - 1].arrived.digest
                if before != arrived.digest:
                    raise HistoryForked(arrived.counter)
                continue
            if place == 0:
                before = history[-1].arrived.digest if history else before
                if arrived.counter > len(history) + 1:
                    raise OperationsMissing(len(history), before)
            if arrived.previous not in (before, None):
                raise HistoryForked(arrived.counter)
            before = arrived.digest

    def _take(self, author: Author, arrived: Arrived, now_ms: int) -> Entry:
        history = self.histories[author.device]
        if arrived.counter <= len(history):
            return history[arrived.counter - 1]
        operation = arrived.operation
        if operation is not None and operation.id in self.known:
            entry = self.known[operation.id]
            history.append(entry)
            return entry
        entry = Entry(author, arrived, self._become(author, arrived, now_ms))
        history.append(entry)
        if operation is not None:
            self.known[operation.id] = entry
        if entry.applied.outcome not in (Outcome.HELD, Outcome.REJECTED):
            if operation is not None and operation.mends in self.known:
                self.known[operation.mends].mended = True
            self._try_again(now_ms)
        return entry

    def _become(self, author: Author, arrived: Arrived, now_ms: int) -> Applied:
        if arrived.operation is None or arrived.fault is not None:
            return Applied(outcome=Outcome.REJECTED)
        if self._blocked(author.device, arrived.operation):
            return Applied(outcome=Outcome.HELD, waits_for=arrived.operation.record)
        mended = self.known.get(arrived.operation.mends or "")
        if mended is not None and (mended.mended or mended.applied.outcome != Outcome.REJECTED):
            return Applied(outcome=Outcome.REJECTED, problems=[ALREADY_MENDED])
        return apply_operation(self.world, arrived.operation, author, now_ms)

    def _blocked(self, device: str, operation: Operation) -> bool:
        """An earlier operation of this device on the same field of that record is held or rejected.

        One that mends another waits for none, or it would wait for those that wait for the one it mends.
        """
        if operation.mends is not None:
            return False
        return any(
            (earlier := entry.arrived.operation) is not None
            and earlier.counter < operation.counter
            and earlier.record == operation.record
            and (
                earlier.action != Action.CHANGE
                or operation.action != Action.CHANGE
                or earlier.fields.keys() & operation.fields.keys()
            )
            and entry.applied.outcome in (Outcome.HELD, Outcome.REJECTED)
            and not entry.mended
            for entry in self.histories[device]
        )

    def _try_again(self, now_ms: int) -> None:
        for entry in [entry for history in self.histories.values() for entry in history]:
            waits = entry.applied.outcome == Outcome.HELD and entry.applied.waits_for != FOR_A_PERSON
            if waits and entry.arrived.operation is not None:
                entry.applied = self._become(entry.author, entry.arrived, now_ms)


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
