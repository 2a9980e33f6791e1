"""Erasing a resident in one transaction; what lies freed on the disk after it is for `clearing`.

Invariants
- Chains still verify: each erased operation leaves its counter, id and digest in its place.
- Figures stay as they were: what erased cases had counted for is kept as numbers.
- Whoever had a record, or wrote on it, is told that it is erased; nothing that is told names the person.
- Doing it again changes nothing.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from forms.problem import Problem
from server import revocations_log
from server.erasure.belonging import emptied_visit
from server.erasure.finding import ErasedOne, Found, Looked, find, still_right
from server.erasure.listed import take_out_erased
from server.keys import Keys
from server.outcomes import ERASED_MESSAGES
from server.roles import Action
from server.store import batches, devices, erasures, files, pages_index, record_operations
from server.store.audit import Entry, record
from server.store.drafts import remove_drafts_at
from server.store.feeds import end_grant, flush, take_versions, write_hashes
from server.store.knowledge import Knowledge
from server.store.pages_index import case_row_in
from server.store.segments import prepare_village
from server.store.tallies import Tally, count_changes
from server.store.world import StoreWorld
from sync.apply import Outcome
from sync.clock import moment
from sync.operation import erased_form
from sync.protocol import OutcomeEntry
from sync.record import Record, part_of
from sync.statehash import record_hash


class Reason(StrEnum):
    """Why: the cases of the Personal Information Protection Law (个人信息保护法), article 47, by a code of ours.

    A code and no text, so that nothing personal comes into the log.
    """

    PURPOSE_ACHIEVED = "purpose-achieved"
    SERVICE_ENDED = "service-ended"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    UNLAWFUL = "unlawful"
    OTHER_LAW = "other-law"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure as it is ordered, and as a line of the log says it: ids and codes only.

    `residents` are all ids of the person, `records` what else was erased, `visits` those whose content went,
    `operations` (device, counter, id) those whose bytes went: no phone offers them again after a restore.
    """

    resident: str
    village: str
    reason: str
    by: str | None
    at_ms: int
    residents: list[str] = []
    records: list[tuple[str, str]] = []
    visits: list[str] = []
    operations: list[tuple[str, int, str]] = []


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure came to. `again`: it had been done before, and nothing was changed."""

    resident: str
    village: str
    again: bool
    records: int = 0
    operations: int = 0
    cleaned: int = 0
    visits: int = 0
    files: int = 0


class _Erasing:
    """One transaction's work."""

    def __init__(
        self, db: sqlite3.Connection, keys: Keys, knowledge: Knowledge, found: Found, order: Order
    ) -> None:
        self.db, self.keys, self.found, self.order = db, keys, found, order
        self.world = StoreWorld(db, keys, knowledge, order.at_ms)
        self.gone = {*found.erased, *found.person.residents, *(one for one, _ in found.unapplied)}
        self.gone.update(one for one, _ in order.records)
        self.villages = {
            one.village for one in (*found.erased.values(), *found.listing.values(), *found.visits.values())
        }
        self.authors: set[tuple[str, str]] = set()

    def run(self) -> Done:
        db, found, order = self.db, self.found, self.order
        db.execute(
            "PRAGMA secure_delete=ON"
        )  # freed bytes are overwritten, also where SQLite was built without
        digests = self._files_only_of_these()
        self._note()
        for where, operations in found.operations.items():
            self._erase_operations(where, operations)
        self._unsettle()
        self._keep_numbers()
        self._change_what_stays()
        self._remove_records()
        for digest in digests:
            files.remove(db, digest)
        self._withdraw_segments()
        remove_drafts_at(db, self.villages)
        return Done(
            resident=order.resident,
            village=order.village,
            again=False,
            records=len(found.erased),
            operations=found.number,
            cleaned=len(found.listing),
            visits=len(found.visits),
            files=len(digests),
        )

    def _note(self) -> None:
        order, found = self.order, self.found
        (count,) = self.db.execute("SELECT count(*) FROM batches").fetchone()
        self.db.executemany(
            "INSERT OR IGNORE INTO erasures VALUES (?, ?, ?, ?, ?, ?)",
            [
                (resident, order.village, order.at_ms, order.by, order.reason, count)
                for resident in sorted(found.person.residents)
            ],
        )
        gone = [(one.id, one.kind) for one in found.erased.values()]
        residents = [(resident, "resident") for resident in found.person.residents]
        erasures.note_records(
            self.db, [*gone, *residents, *found.unapplied, *order.records], kept=False, late=False
        )
        erasures.note_records(self.db, [(one, "visit") for one in self.order.visits], kept=True, late=False)

    def _erase_operations(self, where: tuple[str, str, int], operations: list[ErasedOne]) -> None:
        """Rewrite a batch; its device hears by the outcomes cursor which of its operations are erased."""
        village, device, first = where
        batch = batches.holding(self.db, self.keys, village, device, first)
        forms = {one.counter: erased_form(one.counter, one.id, one.digest) for one in operations}
        told = {one.counter: _told(batch.outcomes[one.counter - first]) for one in operations}
        batches.erase_operations(self.db, self.keys, batch, forms, told)
        erasures.note_operations(self.db, [(device, one.counter, one.id) for one in operations])
        if (author := devices.by_id(self.db, device)) is not None:
            self.authors.add((author.village, author.worker))

    def _unsettle(self) -> None:
        rows = self.db.execute(
            "SELECT DISTINCT u.device FROM unsettled u JOIN erased_operations e USING (device, counter)"
        ).fetchall()
        self.db.execute(
            "DELETE FROM unsettled WHERE EXISTS (SELECT 1 FROM erased_operations e"
            " WHERE e.device = unsettled.device AND e.counter = unsettled.counter)"
        )
        for (device,) in rows:
            devices.count_unsettled(self.db, device)

    def _keep_numbers(self) -> None:
        """What the erased cases had counted for stays in the tallies; here it stands for a check."""
        tally = Tally(self.world)
        for one in self.found.erased.values():
            if one.kind == "case":
                tally.case(one, case_row_in(self.world, one), 1)
        sums = Counter[tuple[str, ...]]()
        for (*key, _), number in tally.counts.items():
            sums[tuple(map(str, key))] += number
        self.db.executemany(
            "INSERT INTO erased_tallies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET count = count + excluded.count",
            [(*key, number) for key, number in sums.items()],
        )

    def _change_what_stays(self) -> None:
        """Take references out of what stays, empty the chosen visits, end the grants of erased cases and tasks."""
        world, erased = self.world, dict.fromkeys(self.gone, False)
        for one in (*self.found.listing.values(), *self.found.visits.values()):
            world.village = one.village
            stored = world.get(one.id)
            if stored is None:
                continue
            if one.id in self.found.visits:
                emptied_visit(stored)
                self.db.execute(
                    "DELETE FROM file_names WHERE village = ? AND record = ?", (one.village, one.id)
                )
                world.put(stored, None)
            else:
                take_out_erased(world, one.id, erased)
        for because in self.found.erased:
            grants = self.db.execute(
                "SELECT village, worker, record FROM grants WHERE because = ?", (because,)
            ).fetchall()
            self.db.execute("DELETE FROM grants WHERE because = ?", (because,))
            for village, worker, needed in grants:
                if needed not in self.gone:
                    end_grant(world, village, worker, needed)
        count_changes(world)
        flush(world)

    def _remove_records(self) -> None:
        db, hashes = self.db, Counter[tuple[str, str, str]]()
        for one in self.found.erased.values():
            where = one.village, one.id
            (version,) = db.execute(
                "SELECT version FROM records WHERE village = ? AND id = ?", where
            ).fetchone()
            key = one.village, part_of(one), one.holder or ""
            hashes[key] ^= record_hash(one.id, version)
            self._depart(one)
            db.execute("DELETE FROM records WHERE village = ? AND id = ?", where)
            db.execute("DELETE FROM grants WHERE village = ? AND record = ?", where)
            db.execute("DELETE FROM identity_lookup WHERE record = ?", (one.id,))
            db.execute("DELETE FROM matters WHERE village = ? AND record = ?", where)
            db.execute("DELETE FROM ratings WHERE village = ? AND record = ?", where)
            pages_index.remove(self.world, one)
            db.execute("DELETE FROM moved WHERE id = ?", (one.id,))
        # of what was held or rejected too, or its files would count as named by something that stays
        db.executemany("DELETE FROM file_names WHERE record = ?", [(one,) for one in sorted(self.gone)])
        for identifier in sorted(self.gone):
            record_operations.remove(db, identifier)
        write_hashes(self.world, dict(hashes))

    def _depart(self, one: Record) -> None:
        """A departure for every part and holder that has the record, ever had it, or wrote on the person."""
        left: set[tuple[str, str | None, str | None]] = {(one.village, part_of(one), one.holder)}
        left.update(
            self.db.execute(
                "SELECT DISTINCT village, part, holder FROM departures WHERE record = ?", (one.id,)
            )
        )
        left.update(
            (village, None, worker)
            for village, worker in self.db.execute(
                "SELECT DISTINCT village, worker FROM grants WHERE record = ?", (one.id,)
            )
        )
        left.update((village, None, worker) for village, worker in self.authors)
        for village, part, holder in sorted(left, key=str):
            self.villages.add(village)
            version = take_versions(self.world, village, 1)
            self.db.execute(
                "INSERT INTO departures VALUES (?, ?, ?, ?, ?, ?)",
                (village, version, one.id, one.revision + 1, part, holder),
            )

    def _files_only_of_these(self) -> list[str]:
        """Digests of files that nothing names but what goes."""
        going = {*self.gone, *self.found.visits}
        named: set[str] = set()
        for one in going:
            rows = self.db.execute("SELECT digest FROM file_names WHERE record = ?", (one,))
            named.update(digest for (digest,) in rows)
        only = [digest for digest in sorted(named) if self._named_by(digest) <= going]
        erasures.note_files(self.db, only)
        return only

    def _named_by(self, digest: str) -> set[str]:
        rows = self.db.execute("SELECT record FROM file_names WHERE digest = ?", (digest,))
        return {identifier for (identifier,) in rows}

    def _withdraw_segments(self) -> None:
        """Segments of the villages go, and are made anew where there were any."""
        for village in sorted(self.villages):
            gone = self.db.execute("DELETE FROM segments WHERE village = ?", (village,)).rowcount
            if gone:
                prepare_village(self.db, self.keys, village)


def erase(
    db: sqlite3.Connection,
    keys: Keys,
    knowledge: Knowledge,
    resident: str,
    reason: Reason,
    visits: Collection[str],
    now_ms: int,
    *,
    by: str | None,
    looked: Looked | None = None,
) -> Done:
    """Erase a resident. Runs in `store.write`; call `clear_away` once it is committed. LookupError for an unknown id.

    by      the account that ordered it, None for a command at the server itself
    looked  what `look` found for this resident and these visits on a snapshot, so that the writer need not look through
            everything; used where it is still right
    """
    done_before = _before(db, resident, visits)
    if done_before is not None:
        return done_before
    right = looked is not None and still_right(db, keys, looked)
    found = looked.found if looked is not None and right else find(db, keys, [resident], visits)
    if not found.erased or resident not in found.person.residents:
        raise LookupError(resident)
    unknown = set(visits).difference(found.visits)
    if unknown:
        raise LookupError(sorted(unknown)[0])
    order = Order(
        resident=resident,
        village=found.erased[resident].village,
        reason=reason.value,
        by=by,
        at_ms=now_ms,
        residents=sorted(found.person.residents),
        records=sorted([(one.id, one.kind) for one in found.erased.values()] + found.unapplied),
        visits=sorted(visits),
        operations=_places(found),
    )
    done = _carried_out(db, keys, knowledge, found, order)
    revocations_log.append(db, "erase", msgspec.to_builtins(order), now_ms)
    return done


def apply_erasure(db: sqlite3.Connection, keys: Keys, line: Mapping[str, Any]) -> Done:
    """Do an erasure of the log again, in a store that was restored to a time before it. Inside a transaction.

    line: the body of a line of kind `erase`. What the backup does not know yet is noted too, so that it is known again
    when a device offers it. Doing it again changes nothing. Call `clear_away` once it is committed.
    """
    order, knowledge = msgspec.convert(line, Order), Knowledge(keys)
    known = erasures.among(db, [*order.residents, *order.visits])
    if all(one in known for one in (*order.residents, *order.visits)):
        return Done(resident=order.resident, village=order.village, again=True)
    also = [identifier for identifier, _ in order.records]
    found = find(db, keys, order.residents, order.visits, also)
    here = set(_places(found))
    erasures.note_lost(db, [one for one in order.operations if one not in here])
    return _carried_out(db, keys, knowledge, found, order)


def _carried_out(
    db: sqlite3.Connection, keys: Keys, knowledge: Knowledge, found: Found, order: Order
) -> Done:
    done = _Erasing(db, keys, knowledge, found, order).run()
    knowledge.forget()
    entry = Entry(
        time=moment(order.at_ms),
        action=Action.ERASURE_ORDER,
        account=order.by,
        subject_kind="resident",
        subject=order.resident,
        village=order.village,
        detail={
            "reason": order.reason,
            "records": done.records,
            "operations": done.operations,
            "visits": done.visits,
            "files": done.files,
            "by": "desk" if order.by else "command",
        },
    )
    record(db, entry)
    return done


def _places(found: Found) -> list[tuple[str, int, str]]:
    """(device, counter, id) of each operation that goes."""
    return sorted(
        (device, one.counter, one.id)
        for (_, device, _), operations in found.operations.items()
        for one in operations
    )


def _before(db: sqlite3.Connection, resident: str, visits: Collection[str]) -> Done | None:
    """The erasure as it was done before, if nothing is left to do of it."""
    row = db.execute("SELECT village FROM erasures WHERE resident = ?", (resident,)).fetchone()
    if row is None:
        return None
    known = erasures.among(db, visits)
    left = [visit for visit in visits if visit not in known]
    if left:
        raise LookupError(left[0])
    return Done(resident=resident, village=row[0], again=True)


def _told(before: OutcomeEntry) -> OutcomeEntry:
    """What a device hears of an erased operation: settled as it was, or not to be mended by anybody any more."""
    if before.outcome in (Outcome.HELD, Outcome.REJECTED):
        problem = Problem(
            pointer="", code="erased", message=ERASED_MESSAGES[0], message_en=ERASED_MESSAGES[1]
        )
        return OutcomeEntry(counter=before.counter, outcome=Outcome.REJECTED.value, problems=[problem])
    remark = Problem(pointer="", code="erased", message="内容已依法删除", message_en="erased", remark=True)
    return OutcomeEntry(
        counter=before.counter, outcome=before.outcome, revision=before.revision, remarks=[remark]
    )
