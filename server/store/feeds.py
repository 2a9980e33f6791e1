"""The feeds of villages: a changed record takes the next version of its village, in the transaction that applies it.

Invariants
- A record is in one feed; what leaves a grid, a village or a holder leaves a departure there.
- `part_hashes` is the XOR of the hashes of all records by part and holder, kept in step with `records`.
- A grant stands for each record that somebody's case or task needs, whether or not it is in that worker's grids now; it
  follows the record to another village.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from server.store import scopes
from server.store.bodies import sealed
from server.store.engine import announce
from server.store.file_names import keep_names
from server.store.records import note_moved
from server.store.world import Stored, StoreWorld
from sync.record import GRANTED_FIELDS, GRANTING, Record, parent_of, part_of
from sync.scope import COMMON
from sync.statehash import record_hash

_INSERT = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_UPDATE = (
    "UPDATE records SET version = ?, part = ?, holder = ?, parent = ?, fingerprint = ?, revision = ?, body = ?"
    " WHERE village = ? AND id = ?"
)
_HASH = (
    "INSERT INTO part_hashes VALUES (?, ?, ?, ?)"
    " ON CONFLICT (village, part, holder) DO UPDATE SET hash = excluded.hash"
)


class VillageChanged(NamedTuple):
    """Announced after the commit: a village is now at a version."""

    village: str
    version: int


def flush(world: StoreWorld) -> None:
    """Write every record that was put, with its versions, departures, hashes and grants."""
    _grant(world)
    if not world.changed and not world.grants_ended:
        return
    departures = _departures(world)
    numbers: dict[str, int] = defaultdict(int)
    for identifier in world.changed:
        numbers[_now(world, identifier).village] += 1
    for village, *_ in departures:
        numbers[village] += 1
    next_version = {village: take_versions(world, village, number) for village, number in numbers.items()}
    hashes: dict[tuple[str, str, str], int] = defaultdict(int)
    inserts, updates = [], []
    for village, identifier, revision, part, holder in departures:
        world.db.execute(
            "INSERT INTO departures VALUES (?, ?, ?, ?, ?, ?)",
            (village, next_version[village], identifier, revision, part, holder),
        )
        next_version[village] += 1
    for identifier, fingerprint in world.changed.items():
        record, stored = _now(world, identifier), world.before[identifier]
        version = next_version[record.village]
        next_version[record.village] += 1
        _tell_holder(world, record, stored)
        part, holder, parent = part_of(record), record.holder, parent_of(record)
        keep_names(world.db, record, None if stored is None else stored.village)
        body = sealed(world.keys, record)
        if stored is not None:
            hashes[stored.village, stored.part, stored.holder or ""] ^= record_hash(
                identifier, stored.version
            )
        hashes[record.village, part, holder or ""] ^= record_hash(identifier, version)
        if stored is None or stored.village != record.village:
            if stored is not None:
                _leave_village(world, identifier, stored, record.village)
            inserts.append(
                (record.village, identifier, version, record.kind, part, holder, parent, fingerprint,
                 record.revision, body)
            )  # fmt: skip
        else:
            updates.append(
                (
                    version,
                    part,
                    holder,
                    parent,
                    fingerprint,
                    record.revision,
                    body,
                    record.village,
                    identifier,
                )
            )
    world.db.executemany(_INSERT, inserts)
    world.db.executemany(_UPDATE, updates)
    write_hashes(world, hashes)


def _now(world: StoreWorld, identifier: str) -> Record:
    record = world.get(identifier)
    if record is None:
        raise LookupError(identifier)
    return record


def _tell_holder(world: StoreWorld, record: Record, stored: Stored | None) -> None:
    """Whoever gets a record in hand, or has one that goes to another village, may have to follow that village."""
    if record.holder is None:
        return
    if stored is None:
        elsewhere = record.holder != record.by
    else:
        elsewhere = (stored.village, stored.holder) != (record.village, record.holder)
    if elsewhere:
        scopes.stale(world.db, record.holder)


def take_versions(world: StoreWorld, village: str, number: int) -> int:
    """The first of `number` versions of a village, all of them now taken."""
    row = world.db.execute(
        "INSERT INTO villages VALUES (?, ?, 0) ON CONFLICT (village) DO UPDATE SET version = version + ?"
        " RETURNING version",
        (village, number, number),
    ).fetchone()
    announce(VillageChanged(village, row[0]))
    return int(row[0]) - number + 1


def _leave_village(world: StoreWorld, identifier: str, stored: Stored, village: str) -> None:
    world.db.execute("DELETE FROM records WHERE village = ? AND id = ?", (stored.village, identifier))
    note_moved(world.db, identifier, village)


def _departures(world: StoreWorld) -> list[tuple[str, str, int, str | None, str | None]]:
    """(village, record, revision, part, holder) for every record that left a part or a holder."""
    left: list[tuple[str, str, int, str | None, str | None]] = []
    for identifier in world.changed:
        stored = world.before[identifier]
        if stored is None:
            continue
        record = _now(world, identifier)
        if (stored.village, stored.part, stored.holder) != (record.village, part_of(record), record.holder):
            left.append((stored.village, identifier, record.revision, stored.part, stored.holder))
        if stored.village != record.village:
            left.extend(_move_grants(world, record, stored.village))
    left.extend(world.grants_ended)
    return left


def _move_grants(
    world: StoreWorld, record: Record, village: str
) -> list[tuple[str, str, int, str | None, str | None]]:
    """Take the grants along to the record's new village; a departure from the old one for each worker who had one."""
    where = village, record.id
    workers = world.db.execute(
        "SELECT DISTINCT worker FROM grants WHERE village = ? AND record = ?", where
    ).fetchall()
    world.db.execute(
        "UPDATE OR REPLACE grants SET village = ? WHERE village = ? AND record = ?", (record.village, *where)
    )
    for (worker,) in workers:
        scopes.stale(world.db, worker)
    return [(village, record.id, record.revision, None, worker) for (worker,) in workers]


def write_hashes(world: StoreWorld, hashes: dict[tuple[str, str, str], int]) -> None:
    """Put changes of the hashes by (village, part, holder) on what is stored."""
    rows = []
    for key, change in hashes.items():
        row = world.db.execute(
            "SELECT hash FROM part_hashes WHERE village = ? AND part = ? AND holder = ?", key
        ).fetchone()
        present = int.from_bytes(row[0], "big") if row else 0
        rows.append((*key, (present ^ change).to_bytes(16, "big")))
    world.db.executemany(_HASH, rows)


def needed_by(record: Record) -> list[str]:
    """The records that a case or task needs beside it, for whoever holds it."""
    return [
        record.values[field]
        for field in GRANTED_FIELDS
        if record.kind in GRANTING and record.values.get(field) is not None
    ]


def _grant(world: StoreWorld) -> None:
    """Keep grants in step with the cases and tasks that were put: who has in hand what needs which records."""
    for identifier in list(world.changed):
        record = _now(world, identifier)
        if record.kind in GRANTING:
            refresh_grants(world, record)


def send_again(world: StoreWorld, village: str, worker: str, lost: Sequence[str]) -> None:
    """Grids left the worker's scope and the device drops them: what the worker has in hand still needs is sent."""
    marks = ",".join("?" * len(lost))
    rows = world.db.execute(
        "SELECT DISTINCT r.id FROM grants g JOIN records r ON r.village = g.village AND r.id = g.record"
        f" WHERE g.village = ? AND g.worker = ? AND r.part IN ({marks})",
        (village, worker, *lost),
    ).fetchall()
    world.village = village
    for (identifier,) in rows:
        world.touch(_now(world, identifier))


def refresh_grants(world: StoreWorld, record: Record) -> None:
    """Grant the records that a case or task needs to its holder, and end the grants that it no longer justifies."""
    present: set[tuple[str, str, str]] = set()
    if world.before.get(record.id) is not None:
        present = set(
            world.db.execute(
                "SELECT village, worker, record FROM grants WHERE because = ?", (record.id,)
            ).fetchall()
        )
    wanted: set[tuple[str, str, str]] = set()
    if record.holder is not None and record.void is None:
        for needed in needed_by(record):
            other = world.find(needed)
            wanted.add((record.village if other is None else other.village, record.holder, needed))
    for grant in present - wanted:
        world.db.execute(
            "DELETE FROM grants WHERE village = ? AND worker = ? AND record = ? AND because = ?",
            (*grant, record.id),
        )
        end_grant(world, *grant)
    for grant in wanted - present:
        world.db.execute("INSERT OR IGNORE INTO grants VALUES (?, ?, ?, ?)", (*grant, record.id))
        if grant[0] != record.village:
            scopes.stale(world.db, grant[1])
        _bring_into_sight(world, *grant[1:])


def end_grant(world: StoreWorld, village: str, worker: str, needed: str) -> None:
    """Have a worker told that a record is no longer granted; a flush sends the record again where it still is seen."""
    other = world.find(needed)
    if other is not None:
        world.grants_ended.append((village, needed, other.revision, None, worker))


def _bring_into_sight(world: StoreWorld, worker: str, needed: str) -> None:
    """Send a granted record that is not in its worker's grids, nor in the worker's hand, again."""
    other = world.find(needed)
    if other is None or other.holder == worker:
        return
    if part_of(other) not in (COMMON, *world.knowledge.grids_on(world.db, worker, world.today)):
        world.touch(other)
