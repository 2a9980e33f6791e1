"""The server's world: records in the store, inside one transaction (`sync.world.World`).

Invariants
- What is `put` reaches the store only by `server.store.feeds.flush`, which gives every changed record its version.
- `before` keeps, for each record read or put, what was stored (None for a new one): a flush needs it for hashes,
  departures and tallies.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from forms.catalogue import Catalogue
from forms.codes import normalise_identity_number
from grid_map.days import count_day
from server.keys import Keys
from server.store.bodies import opened
from server.store.knowledge import Knowledge
from sync.apply import moves_along
from sync.record import NOWHERE, Record, parent_of
from sync.scope import COMMON

COLUMNS = "id, village, version, part, holder, parent, fingerprint, revision, body"


class Stored(NamedTuple):
    """A record's row as it was before this transaction touched it."""

    village: str
    version: int
    part: str
    holder: str | None
    parent: str | None
    fingerprint: str | None
    revision: int
    body: bytes


class StoreWorld:
    """Records and facts for `sync.apply`.

    village   where the operation in hand believes its record to be
    also      where else its worker knows records from: a phone shows its own move of a household at once, and what
              it says of the residents then names the new village, even if that move was never applied
    """

    def __init__(self, db: sqlite3.Connection, keys: Keys, knowledge: Knowledge, now_ms: int) -> None:
        self.db = db
        self.keys = keys
        self.knowledge = knowledge
        self.now_ms = now_ms
        self.today = count_day(now_ms)
        self.village = ""
        self.also: tuple[str, ...] = ()
        self._elsewhere: dict[str, None] = {}
        self.catalogue: Catalogue = knowledge.catalogue(db)
        self.before: dict[str, Stored | None] = {}
        self.changed: dict[str, str | None] = {}
        self.grants_ended: list[tuple[str, str, int, str | None, str | None]] = []
        self._records: dict[str, Record | None] = {}
        self._marked: dict[str | None, dict[str, None]] = {}
        self._alone: set[tuple[str, str]] = set()
        self._parents: dict[str, str | None] = {}
        self._under: dict[str | None, set[str]] = defaultdict(set)

    def prefetch(self, village: str, identifiers: Iterable[str]) -> None:
        """Read many records of a village at once; those that are not there are looked for one by one when asked."""
        wanted = [
            identifier
            for identifier in identifiers
            if identifier not in self._records and identifier not in self.before
        ]
        if not wanted:
            return
        marks = ",".join("?" * len(wanted))
        for identifier, *stored in self.db.execute(
            f"SELECT {COLUMNS} FROM records WHERE village = ? AND id IN ({marks})",
            (village, *wanted),
        ):
            self.before[identifier] = Stored(*stored)
        missing = [identifier for identifier in wanted if identifier not in self.before]
        if missing:
            marks = ",".join("?" * len(missing))
            elsewhere = self.db.execute(f"SELECT id, village FROM moved WHERE id IN ({marks})", missing)
            where = dict(elsewhere.fetchall())
            for identifier in missing:
                self._records[identifier] = None
                self._read_elsewhere(where.get(identifier), village, identifier)
            named = self.db.execute(
                f"SELECT DISTINCT parent FROM records WHERE village = ? AND parent IN ({marks})",
                (village, *missing),
            )
            alone = set(missing).difference(parent for (parent,) in named)
            self._alone.update((village, identifier) for identifier in alone)

    def _open(self, identifier: str, stored: Stored) -> Record:
        self.before[identifier] = stored
        record = self._records[identifier] = opened(self.keys, identifier, stored.body)
        return record

    def _read(self, village: str, identifier: str) -> Record | None:
        row = self.db.execute(
            f"SELECT {COLUMNS} FROM records WHERE village = ? AND id = ?",
            (village, identifier),
        ).fetchone()
        if row is None:
            return None
        if village != self.village:
            self._elsewhere[village] = None
        return self._open(row[0], Stored(*row[1:]))

    def _read_elsewhere(self, moved_to: str | None, looked_in: str, identifier: str) -> Record | None:
        """Where it has moved to, where else its worker knows records from, or where what it belongs to was found."""
        for village in (moved_to,) if moved_to is not None else (*self.also, *self._elsewhere):
            if village != looked_in and (found := self._read(village, identifier)) is not None:
                return found
        return None

    def get(self, record: str) -> Record | None:
        if record in self._records:
            return self._records[record]
        if (stored := self.before.get(record)) is not None:
            return self._open(record, stored)
        found = self._read(self.village, record)
        if found is None:
            row = self.db.execute("SELECT village FROM moved WHERE id = ?", (record,)).fetchone()
            found = self._read_elsewhere(row and row[0], self.village, record)
        self._records[record] = found
        return found

    def grid_of(self, record: str) -> str | None:
        stored = None if record in self._records else self.before.get(record)
        if (
            stored is not None
        ):  # read ahead: a visit asks no more of its household than this, so it stays sealed
            return None if stored.part in (COMMON, NOWHERE) else stored.part
        found = self.get(record)
        return None if found is None else found.grid

    def find(self, record: str) -> Record | None:
        """`get`, and where that fails a look into every village: for what is named from one that it was never in."""
        known = self.get(record)
        if known is not None:
            return known
        row = self.db.execute(
            "SELECT village FROM villages v WHERE EXISTS"
            " (SELECT 1 FROM records r WHERE r.village = v.village AND r.id = ?)",
            (record,),
        ).fetchone()
        return None if row is None else self._read(row[0], record)

    def put(self, record: Record, fingerprint: str | None) -> None:
        self._records[record.id] = record
        self.before.setdefault(record.id, None)
        before = self.changed.pop(record.id, None)
        self.changed[record.id] = fingerprint
        if before != fingerprint:
            self._marked.get(before, {}).pop(record.id, None)
            if fingerprint is not None:
                self._marked.setdefault(fingerprint, {})[record.id] = None
        above, parent = self._parents.get(record.id), parent_of(record)
        self._parents[record.id] = parent
        if parent != above:
            self._under[above].discard(record.id)
            self._under[parent].add(record.id)

    def touch(self, record: Record) -> None:
        """Have a record sent again (it came into somebody's scope) without counting an operation."""
        if record.id not in self.changed:
            stored = self.before[record.id]
            self.changed[record.id] = stored.fingerprint if stored else None

    def followers(self, record: Record) -> list[Record]:
        where = (self.before.get(record.id) or record).village, record.id
        rows = []
        if where not in self._alone:
            rows = self.db.execute(
                "SELECT id FROM records WHERE village = ? AND parent = ?", where
            ).fetchall()
        stored = {identifier for (identifier,) in rows if identifier not in self._parents}
        found = (
            self.get(identifier) for identifier in sorted((stored | self._under[record.id]) - {record.id})
        )
        return [other for other in found if other is not None and moves_along(self, other)]

    def open_with_fingerprint(self, fingerprint: str) -> list[str]:
        found = list(self._marked.get(fingerprint, ()))
        rows = self.db.execute(
            "SELECT id FROM records WHERE village = ? AND fingerprint = ?", (self.village, fingerprint)
        ).fetchall()
        return found + [identifier for (identifier,) in rows if identifier not in self.changed]

    def person_key(self, identity_number: str) -> str:
        hashed = self.keys.lookup_hash(normalise_identity_number(identity_number))
        row = self.db.execute(
            "SELECT record FROM identity_lookup WHERE hash = ? ORDER BY record", (hashed,)
        ).fetchone()
        return row[0] if row else hashed.hex()

    def worker_of(self, device: str) -> str | None:
        return self.knowledge.worker_of(self.db, device)

    def name_of(self, worker: str) -> str | None:
        return self.knowledge.name_of(self.db, worker)

    def village_of_grid(self, grid: str) -> str | None:
        return self.knowledge.village_of_grid(self.db, grid)

    def covers_village(self, worker: str, division: str, village: str) -> bool:
        return village.startswith(division) or village in self.knowledge.villages_ever(self.db, worker)

    def had_grid(self, worker: str, grid: str) -> bool:
        return grid in self.knowledge.grids_ever(self.db, worker)

    def ever_had(self, worker: str, record: Record) -> bool:
        if worker in (record.holder, record.by) or (record.grid and self.had_grid(worker, record.grid)):
            return True
        if any(hand.get("giver") == worker for hand in record.values.get("handovers", ())):
            return True
        left = self.db.execute(
            "SELECT part, holder FROM departures WHERE record = ?", (record.id,)
        ).fetchall()
        return any(holder == worker or (part and self.had_grid(worker, part)) for part, holder in left)

    def ever_shown(self, worker: str, record: Record) -> bool:
        if self.ever_had(worker, record):
            return True
        granted = self.db.execute(
            "SELECT 1 FROM grants WHERE village = ? AND worker = ? AND record = ?",
            (record.village, worker, record.id),
        ).fetchone()
        return granted is not None

    def on_duty(self, worker: str, village: str, day: date) -> bool:
        return worker in self.knowledge.window(self.db, village, day)

    def month_closed(self, day: date, now_ms: int) -> bool:
        return self.knowledge.month_closed(day, now_ms)
