"""A server in memory, so that a story about the protocol needs neither a socket nor a disk.

`MemoryWorld` keeps records as bytes, so nobody can change one without putting it back. `Intake` mirrors what the
server does around the pure core: known ids, counters and chain, held operations.
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
from sync.chain import first_previous
from sync.errors import HistoryForked, OperationsMissing, WrongCounter
from sync.judge import FOR_A_PERSON
from sync.operation import Action, Arrived, Operation, read_operation
from sync.record import Record, parent_of, read_record, record_bytes
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

    def find(self, record: str) -> Record | None:
        return self.get(record)

    def grid_of(self, record: str) -> str | None:
        found = self.get(record)
        return None if found is None else found.grid

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

    def name_of(self, worker: str) -> str | None:
        return None if worker == "nobody" else worker

    def village_of_grid(self, grid: str) -> str | None:
        return self.grids.get(grid)

    def covers_village(self, worker: str, division: str, village: str) -> bool:
        return village.startswith(division) or village in {self.grids[grid] for grid in self.had[worker]}

    def ever_had(self, worker: str, record: Record) -> bool:
        return not (self.had[worker] | {f"hand of {worker}"}).isdisjoint(self.places[record.id])

    def ever_shown(self, worker: str, record: Record) -> bool:
        return self.ever_had(worker, record) or any(
            other.holder == worker
            and record.id in (other.values.get("household"), other.values.get("resident"))
            for other in self.records().values()
        )

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
