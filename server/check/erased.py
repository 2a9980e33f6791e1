"""What was erased: it is nowhere any more, and a replay does the erasure at its own place among the batches.

A replay cannot make again what erased operations had made. Exempt are exactly: outcomes, arrivals and known ids of
erased operations, and whether what an erased case had counted for was late; the visits of which only their figures
stay are put as they are stored. Everything else is compared.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from server.check.fault import Fault
from server.erasure.listed import take_out_erased
from server.keys import Keys
from server.store.batches import Batch
from server.store.bodies import opened
from server.store.erasures import LISTS
from server.store.feeds import flush
from server.store.knowledge import Knowledge
from server.store.tallies import count_changes
from server.store.tally_keys import CASE_CAPTURED, CASE_DECIDED
from server.store.world import StoreWorld
from sync.record import Record

INDEXES = (
    "identity_lookup", "matters", "grants", "moved", "cases", "tasks", "requests", "signed_days", "visit_days",
    "record_operations",
)  # fmt: skip


def erased_faults(db: sqlite3.Connection, villages: dict[str, dict[str, Record]]) -> Iterator[Fault]:
    """Records and indexes that stand although they were erased, and references to them."""
    gone = {record for (record,) in db.execute("SELECT record FROM erased_records WHERE NOT kept")}
    named = {
        record for (record,) in db.execute("SELECT record FROM erased_records WHERE NOT kept AND NOT late")
    }
    for village, records in villages.items():
        for record in records.values():
            listed = {one for field in LISTS.get(record.kind, ()) for one in record.values.get(field) or ()}
            if record.id in gone or named & listed:
                yield Fault(
                    "erased",
                    village,
                    record.id,
                    "已删除的资料仍在",
                    "it was erased, or names what was, and stands",
                )
    for table in INDEXES:
        column = "id" if table == "moved" else "record"
        rows = db.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()  # noqa: S608
        for (record,) in rows:
            if record in gone:
                yield Fault("erased", "", record, f"索引 {table} 仍有已删除的资料", f"{table} still has it")


class ErasedReplay:
    """The erasures of a store `db`, done again while its batches are replayed into `scratch`."""

    def __init__(
        self, db: sqlite3.Connection, scratch: sqlite3.Connection, keys: Keys, knowledge: Knowledge
    ) -> None:
        self.db, self.scratch, self.keys, self.knowledge = db, scratch, keys, knowledge
        self.operations = {
            (device, counter): identifier
            for device, counter, identifier in db.execute("SELECT device, counter, id FROM erased_operations")
        }
        self._ids = frozenset(self.operations.values())
        self._kept = {record for (record,) in db.execute("SELECT record FROM erased_records WHERE kept")}
        self._ahead = db.execute(
            "SELECT after_batches, record, kind, kept, late FROM erased_records WHERE NOT late ORDER BY 1"
        ).fetchall()

    def before_batch(self, done: int, now_ms: int) -> None:
        """Do the erasures that happened when so many batches were stored."""
        noted = []
        while self._ahead and self._ahead[0][0] <= done:
            batches, record, kind, kept, late = self._ahead.pop(0)
            noted.append((record, kind, kept, late, batches))
        if noted:
            self.scratch.executemany("INSERT INTO erased_records VALUES (?, ?, ?, ?, ?)", noted)
            self._take_out([record for record, *_ in noted], now_ms)

    def _take_out(self, erased: list[str], now_ms: int) -> None:
        world = StoreWorld(self.scratch, self.keys, self.knowledge, now_ms)
        marks = ",".join("?" * len(LISTS))
        rows = self.scratch.execute(
            f"SELECT village, id, body FROM records WHERE kind IN ({marks})",  # noqa: S608
            tuple(LISTS),
        ).fetchall()
        gone = dict.fromkeys(erased, False)
        for village, identifier, body in rows:
            record = opened(self.keys, identifier, body)
            if any(one in gone for field in LISTS[record.kind] for one in record.values.get(field) or ()):
                world.village = village
                take_out_erased(world, identifier, gone)
        count_changes(world)
        flush(world)

    def put_kept(self, batch: Batch) -> None:
        """Put the visits of which only their figures stay, where this batch had created them."""
        for one in batch.operations() if self._kept else ():
            if one.erased_id is None or one.erased_id not in self._kept:
                continue
            row = self.db.execute(
                "SELECT village, body FROM records WHERE id = ?", (one.erased_id,)
            ).fetchone()
            if row is not None:
                world = StoreWorld(self.scratch, self.keys, self.knowledge, batch.received_ms)
                world.village = row[0]
                if world.get(one.erased_id) is not None:
                    continue  # brought again by another identity
                world.put(opened(self.keys, one.erased_id, row[1]), None)
                count_changes(world)
                flush(world)

    def outcomes(self, device: str, first: int, text: str) -> Any:
        """A batch's outcomes without those of erased operations."""
        entries = msgspec.json.decode(text)
        return [
            None if (device, first + place) in self.operations else one for place, one in enumerate(entries)
        ]

    def rows(self, table: str, rows: set[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
        """The rows of a compared table without what erased operations had made."""
        if table == "known_ids":
            return {row for row in rows if row[1] not in self._ids}
        if table == "arrivals":
            return {
                (village, device, day, counter)
                for village, device, day, first, last in rows
                for counter in range(first, last + 1)
                if (device, counter) not in self.operations
            }
        return self._tallies(rows) if table == "tallies" else rows

    def _tallies(self, rows: set[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
        """Cases of a worker, item and month of which one was erased: in time and late are compared as one sum."""
        erased = self.db.execute("SELECT village, month, worker, item FROM erased_tallies").fetchall()
        touched = set(map(tuple, erased))
        left, sums = set(), Counter[tuple[Any, ...]]()
        for row in rows:
            village, month, rule, _, worker, _, _, item, _, count = row
            if rule in (CASE_CAPTURED, CASE_DECIDED) and (village, month, worker, item) in touched:
                sums[row[:8]] += count
            else:
                left.add(row)
        return left | {(*key, number) for key, number in sums.items() if number}

    def erased_sums(self) -> list[tuple[Any, ...]]:
        """What erased cases had counted for, as rows of tallies that are put on what a replay counts."""
        return self.db.execute(
            "SELECT village, month, rule, grid, worker, class, mode, item, 0, count FROM erased_tallies"
        ).fetchall()
