"""All operations, taken in again in the order of their receipt, make the same records, outcomes and figures.

They go through the one way in (`server.intake`) into a scratch store, each batch at the time of its receipt, with its
device and account as they stood then. After a publication of reference data the rejected ones are tried again, as the
publication did.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec

from server.check.erased import ErasedReplay
from server.check.fault import Fault, Progress, compared
from server.intake import Intake
from server.keys import Keys
from server.store import batches, devices
from server.store.announcements import collecting
from server.store.bodies import opened_bytes
from server.store.knowledge import Knowledge
from sync.chain import first_previous
from sync.clock import moment_ms
from sync.errors import SyncError
from sync.kinds import REFERENCE_VILLAGE
from sync.record import read_record
from sync.sealing import SealError

COMMIT_BATCHES = 200
_TABLES = {
    "tallies": ("计数", "a tally", "month, rule, grid, worker, class, mode, item, late, count", "count <> 0"),
    "counted_days": ("已计入户日", "a counted day", "household, day, visits, grid, class", "visits <> 0"),
    "households_due": (
        "应走访户",
        "a due household",
        "household, grid, class, since, last_counted, next_due",
        "1",
    ),
    "unsettled": (
        "待处理操作",
        "an unsettled operation",
        "device, counter, id, record, fields, outcome, waits_for",
        "1",
    ),
    "arrivals": ("到达记录", "an arrival", "device, day, first, last", "1"),
    "known_ids": ("已收编号", "a known id", "id, device, counter", "1"),
}


class Replay:
    """A replay of the store `db` (a snapshot) into the empty store `scratch`."""

    def __init__(
        self, db: sqlite3.Connection, scratch: sqlite3.Connection, keys: Keys, closes_on: int
    ) -> None:
        self.db, self.scratch, self.keys = db, scratch, keys
        knowledge = Knowledge(keys, closes_on)
        self.intake = Intake(keys, knowledge)
        self.erased = ErasedReplay(db, scratch, keys, knowledge)
        self._notes: list[object] = []
        self._ended = self._prepare()

    def faults(self, progress: Progress) -> Iterator[Fault]:
        """What differs between the store and the replay; where it could not go on, that alone."""
        with collecting() as self._notes:
            stopped = self._run(progress)
        if stopped is not None:
            yield stopped
            return
        yield from self._records()
        yield from self._outcomes()
        for table in _TABLES:
            yield from self._table(table)

    def _prepare(self) -> list[tuple[int, str, tuple[Any, ...]]]:
        """Devices as they were enrolled, accounts as they were opened; (time, statement, values) of their ends."""
        for table in ("accounts", "devices", "files"):
            rows = self.db.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            if rows:
                marks = ",".join("?" * len(rows[0]))
                self.scratch.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
        self.scratch.execute(
            "UPDATE devices SET acknowledged = 0, unsettled = 0, outcome_cursor = 0, revoked_ms = NULL"
        )
        self.scratch.execute("UPDATE accounts SET closed_at = NULL")
        ids = [identifier for (identifier,) in self.db.execute("SELECT id FROM devices").fetchall()]
        self.scratch.executemany(
            "UPDATE devices SET digest = ? WHERE id = ?", [(first_previous(one), one) for one in ids]
        )
        ended: list[tuple[int, str, tuple[Any, ...]]] = [
            (at, "UPDATE devices SET revoked_ms = ? WHERE id = ?", (at, device))
            for device, at in self.db.execute(
                "SELECT id, revoked_ms FROM devices WHERE revoked_ms IS NOT NULL"
            )
        ]
        ended += [
            (moment_ms(at), "UPDATE accounts SET closed_at = ? WHERE id = ?", (at, account))
            for account, at in self.db.execute(
                "SELECT id, closed_at FROM accounts WHERE closed_at IS NOT NULL"
            )
        ]
        return sorted(ended)

    def _run(self, progress: Progress) -> Fault | None:
        total = self.db.execute("SELECT count(*) FROM batches").fetchone()[0]
        rows = self.db.execute(
            "SELECT village, device, first, last, received_ms, outcomes, body FROM batches ORDER BY rowid"
        )
        published: tuple[str, int] | None = None
        received_ms = 0
        for done, (village, device, first, last, received_ms, outcomes, body) in enumerate(rows):
            if published is not None and published != (device, received_ms):
                self.intake.retry_rejected(self.scratch, published[1])
                published = None
            self._end_standing(received_ms)
            self.erased.before_batch(done, received_ms)
            try:
                batch = batches.opened_batch(
                    self.keys, village, device, (first, last, received_ms, outcomes, body)
                )
                self._take(batch)
            except (SealError, SyncError, ValueError, LookupError) as error:
                return Fault(
                    "replay",
                    village,
                    f"设备 {device} 第 {first} 条",
                    "重放到此无法继续",
                    f"cannot go on: {error}",
                )
            if village == REFERENCE_VILLAGE:
                published = device, received_ms
            if done % COMMIT_BATCHES == 0:
                progress("重放", done, total)
                self.scratch.execute("COMMIT")
                self.scratch.execute("BEGIN")
        if published is not None:
            self.intake.retry_rejected(self.scratch, published[1])
        self.erased.before_batch(total, received_ms)
        progress("重放", total, total)
        return None

    def _take(self, batch: batches.Batch) -> None:
        device = devices.by_id(self.scratch, batch.device)
        if device is None:
            raise LookupError(batch.device)
        self.erased.put_kept(batch)
        self.intake.take(self.scratch, device, batch.operations(), 0, batch.received_ms)
        self._notes.clear()

    def _end_standing(self, now_ms: int) -> None:
        """Revocations and closures that had happened by now."""
        while self._ended and self._ended[0][0] <= now_ms:
            _, statement, values = self._ended.pop(0)
            self.scratch.execute(statement, values)

    def _records(self) -> Iterator[Fault]:
        villages = {
            village
            for db in (self.db, self.scratch)
            for (village,) in db.execute("SELECT DISTINCT village FROM records")
        }
        for village in sorted(villages):
            stored, right = (self._of_village(db, village) for db in (self.db, self.scratch))
            yield from compared("replayed-record", village, ("记录", "a record"), stored, right)

    def _of_village(self, db: sqlite3.Connection, village: str) -> dict[str, tuple[Any, ...]]:
        rows = db.execute(
            "SELECT id, part, holder, parent, fingerprint, revision, body FROM records WHERE village = ?",
            (village,),
        )
        found: dict[str, tuple[Any, ...]] = {}
        for identifier, *columns, body in rows:
            try:
                plain = opened_bytes(self.keys, identifier, body)
            except SealError:
                plain = b""
            found[identifier] = (*columns, msgspec.to_builtins(read_record(plain)) if plain else None)
        return found

    def _outcomes(self) -> Iterator[Fault]:
        sql = "SELECT device, first, outcomes FROM batches WHERE village = ?"
        for (village,) in self.db.execute("SELECT DISTINCT village FROM batches").fetchall():
            stored, right = (
                {
                    (device, first): self.erased.outcomes(device, first, outcomes)
                    for device, first, outcomes in db.execute(sql, (village,))
                }
                for db in (self.db, self.scratch)
            )
            yield from compared("replayed-outcome", village, ("处理结果", "an outcome"), stored, right)

    def _table(self, table: str) -> Iterator[Fault]:
        zh, en, columns, where = _TABLES[table]
        sql = f"SELECT village, {columns} FROM {table} WHERE {where}"  # noqa: S608
        if table == "tallies":
            self._add_erased()
        stored, right = (
            dict.fromkeys(self.erased.rows(table, set(db.execute(sql))), True)
            for db in (self.db, self.scratch)
        )
        yield from compared(f"replayed-{table.replace('_', '-')}", "", (zh, en), stored, right)

    def _add_erased(self) -> None:
        """Put on what erased cases had counted for; that they did is told by the operations no more."""
        self.scratch.executemany(
            "INSERT INTO tallies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (village, month, rule, grid, worker, class, mode, item, late)"
            " DO UPDATE SET count = count + excluded.count",
            self.erased.erased_sums(),
        )
