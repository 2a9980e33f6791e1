"""The life of a push inside its transaction: chain → identity → judge → apply → feeds, tallies → acknowledgement.

Invariants
- Every operation taken in advances counter and chain, whatever its outcome; nothing is skipped and nothing blocks.
- An operation is applied once, whoever brings it: its id is known from the first time on, also where it was rejected.
- Only what cannot be read as operations in order refuses the call, and then nothing is changed.
- What is acknowledged is in the same transaction as what it did.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from forms.problem import Problem
from server.blocking import Blocked, as_blocking, held_behind
from server.erasure.listed import take_out_erased
from server.keys import Keys
from server.outcomes import GIVEN_UP, MENDED, entry_of, erased, gives_up, rejected
from server.store import arrivals, batches, devices, erasures, known_ids, record_operations, unsettled
from server.store.devices import Device
from server.store.facts_index import index_facts
from server.store.feeds import flush
from server.store.file_names import note_operations
from server.store.knowledge import Knowledge
from server.store.tallies import count_changes
from server.store.unsettled import NOTHING_READ, Unsettled
from server.store.world import StoreWorld
from sync.apply import Applied, Outcome, apply_operation
from sync.errors import HistoryForked, OperationsMissing, WrongCounter
from sync.files import NAMING, files_named
from sync.judge import FOR_A_PERSON
from sync.operation import Action, Arrived, Operation, erased_form, raw_form
from sync.protocol import OUTCOMES_PAGE_MAX, OutcomeEntry

RULED_BY = frozenset({"grid", "assignment", "rota"})
"""Kinds that the very next operation may be judged by, so their facts are indexed at once."""
MOVED_BY = ("household", "resident", "case")
"""Fields that name the record whose place another one follows."""


class Taken(msgspec.Struct):
    """What a push came to: how far the server has the device now, and each operation's outcome."""

    acknowledged: int
    digest: str
    outcomes: list[OutcomeEntry]
    changed: list[OutcomeEntry]
    outcomes_cursor: int


class Intake:
    """Takes operations into the store. One instance serves the whole server; its methods run in `store.write`."""

    def __init__(self, keys: Keys, knowledge: Knowledge, outcomes_page_max: int = OUTCOMES_PAGE_MAX) -> None:
        self.keys = keys
        self.knowledge = knowledge
        self.outcomes_page_max = outcomes_page_max

    def take(
        self, db: sqlite3.Connection, device: Device, arrived: Sequence[Arrived], after: int, now_ms: int
    ) -> Taken:
        """Take a push of one device in. Raises OutOfOrder errors; what a rolled-back push taught is forgotten."""
        try:
            return self._taken(db, device, arrived, after, now_ms)
        except BaseException:
            self.knowledge.forget()
            raise

    def _taken(
        self, db: sqlite3.Connection, device: Device, arrived: Sequence[Arrived], after: int, now_ms: int
    ) -> Taken:
        """Take a push in; where a record would come to a village in which another one has its id, what moves is held.

        A village knows no other's ids, so somebody who knows one can make a second record of it elsewhere.
        """
        db.execute("SAVEPOINT push")
        try:
            taken = _Push(self, db, device, now_ms).take(arrived, after)
        except sqlite3.IntegrityError:
            db.execute("ROLLBACK TO push")
            self.knowledge.forget()
            taken = _Push(self, db, device, now_ms, holding_moves=True).take(arrived, after)
        db.execute("RELEASE push")
        return taken

    def retry_rejected(self, db: sqlite3.Connection, now_ms: int) -> int:
        """Judge again what a newer server or catalogue may take; how many are settled by it."""
        settled = 0
        for row in unsettled.retried(db):
            device = devices.by_id(db, row.device)
            if device is None:
                continue
            push = _Push(self, db, device, now_ms)
            push.rejudge(row)
            push.finish()
            settled += push.settled
        return settled


class _Push:
    """One transaction's work for one device. `world` gathers what changes; `finish` writes it."""

    def __init__(
        self,
        intake: Intake,
        db: sqlite3.Connection,
        device: Device,
        now_ms: int,
        *,
        holding_moves: bool = False,
    ) -> None:
        self.db = db
        self._holding_moves = holding_moves
        self.keys = intake.keys
        self.knowledge = intake.knowledge
        self.outcomes_page_max = intake.outcomes_page_max
        self.device = device
        self.now_ms = now_ms
        self.world = StoreWorld(db, intake.keys, intake.knowledge, now_ms)
        self.world.also = self._villages_of(device)
        self.settled = 0
        self._blocked = Blocked()
        self._counting = device.unsettled > 0
        self._recounted: set[str] = set()
        self._known: dict[str, tuple[str, int]] = {}
        self._new_ids: dict[str, int] = {}
        self._repeats: set[int] = set()
        self._since: dict[int, int] = {}
        self._erased: dict[str, bool] = {}
        self._not_stored: dict[int, bytes] = {}

    def take(self, arrived: Sequence[Arrived], after: int) -> Taken:
        device = self.device
        repeats = [one for one in arrived if one.counter <= device.acknowledged]
        fresh = arrived[len(repeats) :]
        outcomes = self._repeated(repeats)
        if fresh:
            self._check_chain(fresh)
            outcomes += self._take_fresh(fresh)
            device = self.device
        changed = []
        if after < self.device.outcome_cursor or self._counting:
            where = self.device.village, device.id
            changed = batches.changed_outcomes(self.db, self.keys, *where, after, self.outcomes_page_max)
        cursor = changed[-1].cursor if changed else after
        acknowledged, digest = device.acknowledged, device.digest
        if fresh:
            acknowledged, digest = fresh[-1].counter, fresh[-1].digest
        return Taken(acknowledged, digest, outcomes, changed, cursor or 0)

    def _repeated(self, repeats: Sequence[Arrived]) -> list[OutcomeEntry]:
        """Known counters: the same bytes have the outcome that they have now, other bytes fork the history."""
        outcomes = []
        batch = None
        for one in repeats:
            if one.counter < 1:
                raise WrongCounter(f"counters begin at 1, not at {one.counter}")
            if batch is None or one.counter >= batch.first + len(batch.outcomes):
                batch = batches.holding(self.db, self.keys, self.device.village, self.device.id, one.counter)
            if batch.operation(one.counter).digest != one.digest:
                raise HistoryForked(one.counter)
            outcomes.append(batch.outcomes[one.counter - batch.first])
        return outcomes

    def _check_chain(self, fresh: Sequence[Arrived]) -> None:
        device = self.device
        if fresh[0].counter != device.acknowledged + 1:
            raise OperationsMissing(device.acknowledged, device.digest)
        previous = device.digest
        for one in fresh:
            if one.previous is not None and one.previous != previous:
                raise HistoryForked(one.counter)
            previous = one.digest

    def _take_fresh(self, fresh: Sequence[Arrived]) -> list[OutcomeEntry]:
        device, readable = self.device, [one.operation for one in fresh if one.operation is not None]
        self._prefetch(readable)
        if device.unsettled:
            for row in unsettled.about(self.db, device.id, {one.record for one in readable}):
                self._blocked.add(row)
        outcomes = [self._take_one(one) for one in fresh]
        where = device.village, device.id, fresh[0].counter, fresh[-1].counter
        stored = [self._stored_form(one) for one in fresh]
        batches.append(self.db, self.keys, where, self.now_ms, outcomes, stored)
        arrivals.note(self.db, device, fresh, self._repeats, self.now_ms)
        note_operations(self.db, (one for one in readable if one.counter not in self._not_stored))
        if self._new_ids:
            known_ids.note(self.db, device.village, device.id, self._new_ids)
            new = (one for one in readable if self._new_ids.get(one.id) == one.counter)
            record_operations.note_taken(self.world, device.id, new)
        for one, entry in zip(fresh, outcomes, strict=True):
            if unsettled.is_over(entry):
                continue
            if entry.outcome in (Outcome.HELD, Outcome.REJECTED):
                since = self._since.get(one.counter)
                if since is not None or one.counter not in self._repeats:
                    self._keep_unsettled(device, one.counter, one.operation, entry, since or self.now_ms)
            elif one.operation is not None:
                self._release(one.operation, entry)
        devices.advance(
            self.db, device.id, fresh[-1].counter, fresh[-1].digest, device.unsettled, self.now_ms
        )
        self.finish()
        return outcomes

    def finish(self) -> None:
        """Write everything that changed."""
        count_changes(self.world)
        flush(self.world)
        if self._counting:
            self._recounted.add(self.device.id)
        for device in self._recounted:
            devices.count_unsettled(self.db, device)

    def _prefetch(self, operations: list[Operation]) -> None:
        """One read for the records that a batch is about and names, one for the ids that are already known."""
        by_village: dict[str, set[str]] = {}
        for operation in operations:
            wanted = by_village.setdefault(operation.village, set())
            wanted.add(operation.record)
            for field in ("household", "resident", "round"):
                if isinstance(reference := operation.fields.get(field), str):
                    wanted.add(reference)
        for village, wanted in by_village.items():
            self.world.village = village
            self.world.prefetch(village, sorted(wanted))
        if operations and erasures.any_erased(self.db):
            self._erased = erasures.among(self.db, set().union(*map(erasures.ids_named, operations)))
        if operations:
            self._known = known_ids.among(self.db, self.device.village, [one.id for one in operations])

    def _stored_form(self, one: Arrived) -> bytes:
        if one.erased_id is not None:
            return one.exact
        if one.previous is None:
            return raw_form(one.counter, one.exact)
        return self._not_stored.get(one.counter, one.exact)

    def _take_one(self, one: Arrived) -> OutcomeEntry:
        operation = one.operation
        if one.erased_id is not None:
            return erased(one.counter)
        if operation is None or one.fault is not None:
            return rejected(
                one.counter, "unreadable", "这条记录无法读出，已原样保存", one.fault or "unreadable"
            )
        if self._erased and erasures.names_erased(operation, self._erased):
            return self._taken_in_erased(one, operation)
        self.world.village = operation.village
        known = self._known_before(operation)
        if known is not None:
            return self._known_again(one, operation, known)
        if operation.action != Action.CREATE or operation.mends is not None:
            self._new_ids[operation.id] = one.counter
        return self._judged(one.counter, operation)

    def _judged(self, counter: int, operation: Operation) -> OutcomeEntry:
        """Judge and apply an operation as this device's."""
        mended = None
        if operation.mends is not None:
            mended = unsettled.with_id(self.db, operation.mends)
            if (
                mended is None
                or mended.record not in (operation.record, NOTHING_READ)
                or not self._may_mend(mended)
            ):
                return rejected(
                    counter, "already-mended", "这条已经有人改好了", "already mended, or nothing to mend"
                )
            if gives_up(operation):
                self._mended(mended, GIVEN_UP)
                return entry_of(counter, Applied(outcome=Outcome.APPLIED))
        applied = self._blocked.holding(operation) or self._apply(operation, self.device)
        entry = entry_of(counter, applied)
        if self._erased:
            take_out_erased(self.world, operation.record, self._erased)
        if mended is not None and applied.outcome not in (Outcome.HELD, Outcome.REJECTED):
            self._mended(mended, MENDED)
        if applied.outcome in (Outcome.HELD, Outcome.REJECTED):
            self._new_ids[operation.id] = counter
            self._blocked.add(as_blocking(self.device, counter, operation, entry, self.now_ms))
        return entry

    def _taken_in_erased(self, one: Arrived, operation: Operation) -> OutcomeEntry:
        """What belongs to an erased resident takes its place in the chain without bytes; what it makes is erased."""
        self._not_stored[one.counter] = erased_form(one.counter, operation.id, one.digest)
        erasures.note_operations(self.db, [(self.device.id, one.counter, operation.id)])
        if operation.kind in NAMING:
            erasures.note_files(self.db, files_named(operation.kind, operation.fields))
        if operation.action == Action.CREATE and operation.record not in self._erased:
            erasures.note_records(self.db, [(operation.record, operation.kind)], kept=False, late=True)
            self._erased[operation.record] = True
        return erased(one.counter)

    def _apply(self, operation: Operation, device: Device) -> Applied:
        if not device.in_standing:
            return Applied(outcome=Outcome.HELD, waits_for=FOR_A_PERSON)
        if operation.action != Action.CREATE:
            self.world.find(operation.record)
        if self._holding_moves and self._moves_elsewhere(operation):
            return Applied(outcome=Outcome.HELD, waits_for=FOR_A_PERSON)
        applied = apply_operation(self.world, operation, device.author, self.now_ms)
        if operation.kind in RULED_BY:
            record = self.world.get(operation.record)
            if record is not None:
                index_facts(self.world, record, None)
        return applied

    def _moves_elsewhere(self, operation: Operation) -> bool:
        """Whether an operation takes its record to another village, or makes it there."""
        fields, record = operation.fields, self.world.get(operation.record)
        named = [fields.get(field) for field in MOVED_BY]
        others = [self.world.find(other) for other in named if isinstance(other, str)]
        to = {other.village for other in others if other is not None}
        if operation.kind == "household" and isinstance(grid := fields.get("grid"), str):
            to.add(self.knowledge.village_of_grid(self.db, grid) or operation.village)
        return bool(to - {operation.village if record is None else record.village})

    def _villages_of(self, device: Device) -> tuple[str, ...]:
        """Where else than an operation says its record may be, as far as its worker knows records."""
        return device.village, *sorted(self.knowledge.villages_ever(self.db, device.worker))

    def _known_before(self, operation: Operation) -> tuple[str, int] | None:
        """Where this id was taken in before: as a change or an unsettled one, or as the create of its record."""
        if operation.id in self._known:
            return self._known[operation.id]
        if operation.id in self._new_ids:
            return self.device.id, self._new_ids[operation.id]
        if operation.action == Action.CREATE and operation.mends is None:
            record = self.world.get(operation.record)
            return None if record is None else record.origin
        return None

    def _known_again(self, one: Arrived, operation: Operation, known: tuple[str, int]) -> OutcomeEntry:
        """The same content under a known id changes nothing and has the first one's outcome; other content is kept."""
        first, outcome = self._first_of(known)
        if first is None or _content(first) != _content(operation):
            return rejected(
                one.counter, "id-taken", "这个编号已用于别的内容", "the id is known with other content"
            )
        self._repeats.add(one.counter)
        if outcome.outcome in (Outcome.HELD, Outcome.REJECTED):
            taken_over = self._taken_over(one.counter, operation, known)
            if taken_over is not None:
                return taken_over
        return msgspec.structs.replace(outcome, counter=one.counter, cursor=None)

    def _taken_over(self, counter: int, operation: Operation, known: tuple[str, int]) -> OutcomeEntry | None:
        """What is unsettled goes on under the identity that brought it again, judged afresh as its own; else None.

        So what was held as nobody knew its phone, or as that phone was revoked, is held no longer once its worker
        brings it on one in standing. Only the same worker's: what a colleague hands in stays its author's.
        """
        row, before = unsettled.at(self.db, *known), devices.by_id(self.db, known[0])
        if row is None or before is None or not self._goes_on_from(before):
            return None
        unsettled.remove(self.db, *known)
        record_operations.take_out(self.world, operation, *known)
        self._recounted.add(before.id)
        self._new_ids[operation.id] = counter
        self._since[counter] = row.since_ms
        entry = self._judged(counter, operation)
        if entry.outcome not in (Outcome.HELD, Outcome.REJECTED):
            batch = batches.holding(self.db, self.keys, before.village, *known)
            batches.set_outcome(self.db, batch, msgspec.structs.replace(entry, counter=row.counter))
            self.settled += 1
        return entry

    def _goes_on_from(self, before: Device) -> bool:
        """Whether this identity may go on with what another left unsettled; nobody's is whoever's has the bytes."""
        if before.id == self.device.id or (before.in_standing and not self.device.in_standing):
            return False
        nobodys = before.nature == devices.RESCUE and not before.worker
        return nobodys or before.worker == self.device.worker

    def _first_of(self, known: tuple[str, int]) -> tuple[Operation | None, OutcomeEntry]:
        device, counter = known
        if device == self.device.id and counter > self.device.acknowledged:
            return None, OutcomeEntry(counter=counter, outcome=Outcome.REJECTED)
        village = self.device.village if device == self.device.id else _village_of(self.db, device)
        batch = batches.holding(self.db, self.keys, village, device, counter)
        return batch.operation(counter).operation, batch.outcomes[counter - batch.first]

    def _may_mend(self, mended: Unsettled) -> bool:
        """Its own worker, the window or the lead of its village; a desk, where `server.roles` let the person.

        Else a colleague who knows its id could settle what another captured by anything, and it would be lost.
        """
        device, first = self.device, devices.by_id(self.db, mended.device)
        if not device.is_phone or (first is not None and first.worker == device.worker):
            return True
        leads = device.role == "village_lead" and mended.village.startswith(device.division)
        return leads or device.worker in self.knowledge.window(self.db, mended.village, self.world.today)

    def _mended(self, mended: Unsettled, remark: Problem) -> None:
        """The rejected operation is put right, or given up: its outcome says so, and it blocks nothing any more."""
        batch = batches.holding(self.db, self.keys, mended.village, mended.device, mended.counter)
        entry = batch.outcomes[mended.counter - batch.first]
        entry = msgspec.structs.replace(entry, remarks=[*entry.remarks, remark], waits_for=None)
        batches.set_outcome(self.db, batch, entry)
        unsettled.remove(self.db, mended.device, mended.counter)
        self._blocked.remove(mended)
        self._recounted.add(mended.device)
        self.settled += 1

    def _keep_unsettled(
        self, device: Device, counter: int, operation: Operation | None, entry: OutcomeEntry, since_ms: int
    ) -> None:
        unsettled.keep(self.db, (device.id, counter, device.village), operation, entry, since_ms)
        self._recounted.add(device.id)
        if entry.waits_for is not None:
            self.knowledge.waiting(self.db).add(entry.waits_for)

    def _release(self, operation: Operation, entry: OutcomeEntry) -> None:
        """Judge again what waited for this operation, or for the record that it made."""
        waiting = self.knowledge.waiting(self.db)
        if not waiting:
            return
        for what in (operation.record, f"operation:{operation.mends}", f"operation:{operation.id}"):
            if what in waiting and (what != operation.record or self.world.get(what) is not None):
                waiting.discard(what)
                for row in unsettled.waiting_for(self.db, what):
                    self.rejudge(row)

    def rejudge(self, row: Unsettled) -> None:
        """Judge a held or rejected operation again, as its own device's, and tell that device what has become of it."""
        device = self.device if row.device == self.device.id else devices.by_id(self.db, row.device)
        if device is None:
            return
        batch = batches.holding(self.db, self.keys, row.village, row.device, row.counter)
        one = batch.operation(row.counter)
        if one.operation is None or one.fault is not None:
            return
        self.world.village, self.world.also = one.operation.village, self._villages_of(device)
        rows = unsettled.about(self.db, row.device, {one.operation.record})
        earlier = [held for held in rows if held.counter < row.counter]
        applied = held_behind(earlier, one.operation) or self._apply(one.operation, device)
        record_operations.found(self.world, one.operation, row.device)
        entry = entry_of(row.counter, applied)
        before = batch.outcomes[row.counter - batch.first]
        if (entry.outcome, entry.waits_for, entry.problems) == (
            before.outcome,
            before.waits_for,
            before.problems,
        ):
            return
        batches.set_outcome(self.db, batch, entry)
        if entry.outcome in (Outcome.HELD, Outcome.REJECTED):
            self._keep_unsettled(device, row.counter, one.operation, entry, row.since_ms)
            return
        unsettled.remove(self.db, row.device, row.counter)
        self._recounted.add(row.device)
        self._blocked.remove(row)
        self.settled += 1
        self._release(one.operation, entry)


def _village_of(db: sqlite3.Connection, device: str) -> str:
    row = db.execute("SELECT village FROM devices WHERE id = ?", (device,)).fetchone()
    return str(row[0])


def _content(operation: Operation) -> Operation:
    """An operation without what enrolling anew rewrites."""
    return msgspec.structs.replace(operation, counter=0, previous="")
