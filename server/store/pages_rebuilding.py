"""Writing the tables behind the pages again: for a store that an older version wrote, or once a new calendar is out.

The sums are those of the records; where a decision fell into a closed month, it counts as late (补录) by the receipt of
the operation that said it. Nothing is written elsewhere, and doing it again changes nothing.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import date

from grid_map.days import count_day
from server.keys import Keys
from server.store import batches, devices, record_operations
from server.store.bodies import opened
from server.store.case_row import CaseRow
from server.store.facts_index import index_facts
from server.store.knowledge import Knowledge
from server.store.pages_index import VisitDays, case_row_in, index_case
from server.store.tallies import decided_key
from server.store.tally_keys import CASE_DECIDED, Key
from server.store.world import StoreWorld
from sync.clock import moment_ms
from sync.counting_facts import visit_fact
from sync.kinds import REFERENCE_VILLAGE
from sync.record import Record, Stamp

Progress = Callable[[str, int, int], None]
"""Told what is written, how much of it is done and how much there is."""
META = "pages_index"
TABLES = ("cases", "tasks", "requests", "signed_days", "visit_days", "record_operations")
KINDS = ("visit", "case", "task", "request", "day-signature")


def silent(what: str, done: int, total: int) -> None:
    """For whoever does not show how far it is."""


def keep_in_step(
    db: sqlite3.Connection, keys: Keys, knowledge: Knowledge, now_ms: int, progress: Progress = silent
) -> bool:
    """Write the tables again where they are marked stale or were counted by another calendar; whether that was so.

    Inside one store write. A store that holds nothing is marked as in step.
    """
    row = db.execute("SELECT value FROM meta WHERE key = ?", (META,)).fetchone()
    version = knowledge.calendar.version
    if row is not None and row[0] == version:
        return False
    stale = db.execute("SELECT 1 FROM batches LIMIT 1").fetchone() is not None
    if stale:
        _Rebuilding(db, keys, knowledge, now_ms).run(progress)
    db.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (META, version),
    )
    return stale


class _Rebuilding:
    def __init__(self, db: sqlite3.Connection, keys: Keys, knowledge: Knowledge, now_ms: int) -> None:
        self.db, self.keys, self.knowledge = db, keys, knowledge
        self.world = StoreWorld(db, keys, knowledge, now_ms)
        self.counts = Counter[Key]()
        self._received: dict[tuple[str, Stamp], int] = {}
        self._village_of: dict[str, str] = {}

    def run(self, progress: Progress) -> None:
        db = self.db
        for table in TABLES:
            db.execute(f"DELETE FROM {table}")
        db.execute("DELETE FROM tallies WHERE rule = ?", (CASE_DECIDED,))
        self._village_of = dict(db.execute("SELECT id, village FROM moved").fetchall())
        found = devices.every(db)
        for done, device in enumerate(found):
            progress("操作历史", done, len(found))
            self._histories(device.village, device.id)
        villages = [
            village
            for (village,) in db.execute("SELECT village FROM villages ORDER BY village").fetchall()
            if village != REFERENCE_VILLAGE
        ]
        for done, village in enumerate(villages):
            progress("页面索引", done, len(villages))
            self._records(village)
        self._count_erased()
        db.executemany(
            "INSERT INTO tallies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*key, number) for key, number in self.counts.items() if number],
        )

    def _histories(self, village: str, device: str) -> None:
        """Who wrote on which record, and when decisions were received, of one device's batches."""
        known = {
            (of, counter): identifier
            for identifier, of, counter in self.db.execute(
                "SELECT id, device, counter FROM known_ids WHERE village = ? AND device = ?",
                (village, device),
            )
        }
        rows = []
        for batch in batches.every(self.db, self.keys, village, device):
            for one in batch.operations():
                operation = one.operation
                if operation is None or one.fault is not None or not record_operations.is_followed(operation):
                    continue
                if known.get((device, one.counter)) != operation.id:
                    continue
                where = self._village(operation.village, operation.record)
                rows.append((where, operation.record, device, one.counter))
                if operation.kind == "case":
                    self._received[operation.record, Stamp(operation.clock, device)] = batch.received_ms
        record_operations.note(self.db, rows)

    def _village(self, said: str, record: str) -> str:
        here = self.db.execute(
            "SELECT 1 FROM records WHERE village = ? AND id = ?", (said, record)
        ).fetchone()
        if here is not None:
            return said
        if record in self._village_of:
            return self._village_of[record]
        row = self.db.execute(
            "SELECT v.village FROM villages v JOIN records r ON r.village = v.village AND r.id = ?", (record,)
        ).fetchone()
        self._village_of[record] = said if row is None else row[0]
        return self._village_of[record]

    def _records(self, village: str) -> None:
        rows = self.db.execute(
            f"SELECT id, body FROM records WHERE village = ? AND kind IN ({','.join('?' * len(KINDS))})",
            (village, *KINDS),
        )
        visits = VisitDays(self.world)
        for identifier, body in rows:
            record = opened(self.keys, identifier, body)
            match record.kind:
                case "visit":
                    if record.void is None:
                        visit = visit_fact(record)
                        visits.add(visit, count_day(visit.occurred_at_ms).isoformat(), 1)
                case "case":
                    row = case_row_in(self.world, record)
                    index_case(self.world, row, None)
                    self._count(record, row)
                case _:
                    index_facts(self.world, record, None)
        visits.write()

    def _count(self, record: Record, row: CaseRow) -> None:
        if row.decided_day is None or row.void:
            return
        stamp = record.stamp_of("decided_at" if "decided_at" in record.values else "state")
        received_ms = self._received.get((record.id, stamp), moment_ms(stamp.clock[:24]))
        closed = self.knowledge.month_closed(date.fromisoformat(row.decided_day), received_ms)
        self.counts[decided_key(row, int(closed))] += 1

    def _count_erased(self) -> None:
        rows = self.db.execute(
            "SELECT village, month, rule, grid, worker, class, mode, item, 0, count FROM erased_tallies"
            " WHERE rule = ?",
            (CASE_DECIDED,),
        )
        for *key, number in rows:
            self.counts[tuple(key)] += number
