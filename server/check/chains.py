"""Every device's history: counters without a gap, an unbroken chain of digests, and the acknowledged end of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from server.check.fault import Fault, compared
from server.keys import Keys
from server.store import record_operations
from server.store.batches import Batch, every_row, opened_batch
from server.store.devices import Device, every
from sync.apply import Outcome
from sync.chain import first_previous
from sync.errors import SyncError
from sync.operation import Arrived
from sync.sealing import SealError

UNSETTLED = (Outcome.HELD, Outcome.REJECTED)


def chain_faults(db: sqlite3.Connection, keys: Keys) -> Iterator[Fault]:
    """What is wrong with the histories of all devices, and with what is listed as unsettled of them."""
    known = set()
    histories = _Histories(db)
    for device in every(db):
        known.add((device.village, device.id))
        yield from _History(db, keys, device, histories).faults()
    for village, device_id in db.execute("SELECT DISTINCT village, device FROM batches").fetchall():
        if (village, device_id) not in known:
            yield Fault(
                "unknown-device",
                village,
                device_id,
                "有操作，但没有这台设备",
                "operations of no known device",
            )
    yield from histories.faults()


class _Histories:
    """The histories of records as the batches tell them, against `record_operations`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self._right: dict[tuple[str, str, int], bool] = {}
        self._known: tuple[str, dict[str, tuple[str, int]]] = "", {}

    def add(self, device: Device, operations: list[Arrived]) -> None:
        """Note those operations of a batch that stand in a history: under the identity that their id is known by."""
        if self._known[0] != device.village:
            rows = self.db.execute(
                "SELECT id, device, counter FROM known_ids WHERE village = ?", (device.village,)
            )
            self._known = device.village, {identifier: (of, counter) for identifier, of, counter in rows}
        for one in operations:
            operation = one.operation
            if operation is None or one.fault is not None or not record_operations.is_followed(operation):
                continue
            if self._known[1].get(operation.id) == (device.id, one.counter):
                self._right[operation.record, device.id, one.counter] = True

    def faults(self) -> Iterator[Fault]:
        rows = self.db.execute("SELECT record, device, counter FROM record_operations")
        stored = dict.fromkeys(rows, True)
        yield from compared(
            "record-operations", "", ("操作历史", "an operation in a history"), stored, self._right
        )


class _History:
    def __init__(self, db: sqlite3.Connection, keys: Keys, device: Device, histories: _Histories) -> None:
        self.histories = histories
        self.db, self.keys, self.device = db, keys, device
        self.counter = 0
        self.digest: str | None = first_previous(device.id)
        self.outcomes: dict[int, str] = {}
        self.erased = dict(
            db.execute("SELECT counter, id FROM erased_operations WHERE device = ?", (device.id,)).fetchall()
        )

    def faults(self) -> Iterator[Fault]:
        for row in every_row(self.db, self.device.village, self.device.id):
            first, last = row[0], row[1]
            if first != self.counter + 1:
                yield self._fault(
                    "gap", f"缺第 {self.counter + 1} 至 {first - 1} 条", "operations are missing"
                )
                self.digest = None
            self.counter = last
            try:
                batch = opened_batch(self.keys, self.device.village, self.device.id, row)
                operations = batch.operations()
            except (SealError, SyncError, ValueError):
                yield self._fault(
                    "altered-batch",
                    f"第 {first} 至 {last} 条的内容被改动，无法读出",
                    f"operations {first} to {last} were altered",
                )
                self.digest = None
                continue
            yield from self._batch(batch, last, operations)
        yield from self._end()
        yield from self._unsettled()

    def _batch(self, batch: Batch, last: int, operations: list[Arrived]) -> Iterator[Fault]:
        counters = [one.counter for one in operations]
        if counters != list(range(batch.first, last + 1)) or len(batch.outcomes) != len(operations):
            yield self._fault(
                "wrong-counters",
                f"第 {batch.first} 至 {last} 条的序号或处理结果不连续",
                "counters or outcomes do not follow one another",
            )
        for one in operations:
            if self.digest is not None and one.previous not in (None, self.digest):
                yield self._fault(
                    "broken-chain", f"第 {one.counter} 条与前一条对不上", f"the chain breaks at {one.counter}"
                )
            if self.erased.get(one.counter) != one.erased_id:
                yield self._fault(
                    "erased",
                    f"第 {one.counter} 条的删除标记与删除登记不符",
                    f"operation {one.counter} is erased in one place only",
                )
            self.digest = one.digest
        self.histories.add(self.device, operations)
        self.outcomes |= {entry.counter: entry.outcome for entry in batch.outcomes}

    def _end(self) -> Iterator[Fault]:
        if self.counter != self.device.acknowledged:
            yield self._fault(
                "acknowledged",
                f"登记为收到第 {self.device.acknowledged} 条，实存到第 {self.counter} 条",
                f"acknowledged {self.device.acknowledged}, stored {self.counter}",
            )
        elif self.digest is not None and self.digest != self.device.digest:
            yield self._fault("digest", "登记的摘要与最后一条不符", "the digest is not the last operation's")

    def _unsettled(self) -> Iterator[Fault]:
        rows = self.db.execute(
            "SELECT counter, outcome FROM unsettled WHERE device = ?", (self.device.id,)
        ).fetchall()
        for counter, outcome in rows:
            if self.outcomes.get(counter, outcome) != outcome or outcome not in UNSETTLED:
                yield self._fault(
                    "unsettled", f"第 {counter} 条的待处理状态与处理结果不符", "unsettled against its outcome"
                )
        if len(rows) != self.device.unsettled:
            yield self._fault(
                "unsettled",
                f"登记待处理 {self.device.unsettled} 条，实有 {len(rows)} 条",
                "the number of unsettled operations is wrong",
            )

    def _fault(self, code: str, message: str, message_en: str) -> Fault:
        return Fault(code, self.device.village, f"设备 {self.device.id}", message, message_en)
