"""Looking through the whole store for what belongs to a resident: every record and every batch is opened.

No index of content exists, by design: batches and bodies are encrypted and never searched otherwise. So this takes as
long as opening everything does; an erasure is rare. It is done on a snapshot (`look`), so that nothing waits; the write
looks only at what has come since (`still_right`).
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

import msgspec

from forms.codes import normalise_identity_number
from server.erasure.belonging import LEADING, Person, belongs, operation_belongs, texts
from server.keys import Keys
from server.store import batches
from server.store.bodies import opened_bytes
from server.store.erasures import LISTS
from sync.kinds import REFERENCE_VILLAGE
from sync.operation import Arrived
from sync.record import Record, read_record

NAME_LENGTH_MIN = 2
_ESCAPED = b"\\u00"
"""Any ASCII character of an id may have been written so; our own programs never do."""


class Mention(NamedTuple):
    """A record that is not erased and in whose texts the name, a phone or a number of the person stands."""

    record: str
    kind: str
    village: str
    fields: tuple[str, ...]


class ErasedOne(NamedTuple):
    """An operation whose bytes go: where it is, its id and digest."""

    counter: int
    id: str
    digest: str


class Found(msgspec.Struct, kw_only=True):
    """What an erasure will touch.

    erased      records that go, by id; `unapplied` are (id, kind) that only operations know, as nothing came of them
    listing     records that stay and lose a reference to them
    visits      chosen visits, of which only what figures count stays
    mentions    what a person has to look at
    operations  by batch (village, device, first counter): the operations whose bytes go
    """

    person: Person
    erased: dict[str, Record]
    unapplied: list[tuple[str, str]]
    listing: dict[str, Record]
    visits: dict[str, Record]
    mentions: list[Mention]
    operations: dict[tuple[str, str, int], list[ErasedOne]]

    @property
    def number(self) -> int:
        """How many operations lose their bytes."""
        return sum(len(found) for found in self.operations.values())


class Seen(NamedTuple):
    """How far a snapshot goes: the version of each village, and the last batch."""

    villages: dict[str, int]
    last_batch: int


class Looked(NamedTuple):
    """What was found on a snapshot, and how far that goes."""

    found: Found
    seen: Seen


def look(db: sqlite3.Connection, keys: Keys, resident: str, visits: Collection[str]) -> Looked:
    """Find what belongs to a resident, on a snapshot."""
    (last_batch,) = db.execute("SELECT coalesce(max(rowid), 0) FROM batches").fetchone()
    villages = dict(db.execute("SELECT village, version FROM villages").fetchall())
    return Looked(find(db, keys, [resident], visits), Seen(villages, last_batch))


def still_right(db: sqlite3.Connection, keys: Keys, looked: Looked) -> bool:
    """Whether nothing that has come since names anything of what was found."""
    found, seen = looked
    person = found.person
    needles = {*found.erased, *found.visits, *found.listing, *person.residents, *person.numbers}
    pattern = _pattern(needles | {record for record, _ in found.unapplied})
    for village, version in db.execute("SELECT village, version FROM villages").fetchall():
        before = seen.villages.get(village, 0)
        if version == before or village == REFERENCE_VILLAGE:
            continue
        rows = db.execute("SELECT id, body FROM records WHERE village = ? AND version > ?", (village, before))
        if any(pattern.search(opened_bytes(keys, identifier, body)) for identifier, body in rows):
            return False
    rows = db.execute(
        "SELECT village, device, first, last, received_ms, outcomes, body FROM batches WHERE rowid > ?",
        (seen.last_batch,),
    )
    opened = (
        batches.opened_batch(keys, village, device, (first, last, at, said, body))
        for village, device, first, last, at, said, body in rows
    )
    return not any(_may_stand_in(batch.body, pattern) for batch in opened)


def find(
    db: sqlite3.Connection,
    keys: Keys,
    residents: Collection[str],
    visits: Collection[str],
    also: Collection[str] = (),
) -> Found:
    """What belongs to the residents with these ids, and to those merged with them.

    visits: ids of visits whose content goes too. also: ids of records known to belong (from the log of erasures).
    """
    known = {record.id: record for record in _merged_with(db, keys, residents)}
    ids = frozenset({*residents, *known})
    numbers = {
        str(one.values["identity_number"]) for one in known.values() if one.values.get("identity_number")
    }
    person = Person(ids, frozenset(map(normalise_identity_number, numbers)))
    erased = dict(known)
    outside = {*also}.difference(ids)
    _add_belonging(db, keys, person, erased, outside)
    operations, unapplied = _operations(db, keys, person, {*erased, *outside, *ids}, frozenset(visits))
    gone = {*erased, *outside, *ids, *(record for record, _ in unapplied)}
    listing, chosen, mentions = _around(db, keys, _Needles(known.values(), gone), frozenset(visits))
    return Found(
        person=person,
        erased=erased,
        unapplied=unapplied,
        listing=listing,
        visits=chosen,
        mentions=mentions,
        operations=operations,
    )


def _records(
    db: sqlite3.Connection, keys: Keys, pattern: re.Pattern[bytes], kinds: Collection[str] = ()
) -> Iterator[Record]:
    """Records in whose JSON a pattern stands."""
    marks = ",".join("?" * len(kinds))
    rows = db.execute(
        f"SELECT id, body FROM records WHERE village <> ? AND (? OR kind IN ({marks}))",  # noqa: S608
        (REFERENCE_VILLAGE, not kinds, *kinds),
    )
    for identifier, body in rows:
        plain = opened_bytes(keys, identifier, body)
        if pattern.search(plain):
            yield read_record(plain)


def _pattern(needles: Iterable[str]) -> re.Pattern[bytes]:
    encoded = {msgspec.json.encode(needle)[1:-1] for needle in needles}
    return re.compile(b"|".join(re.escape(one) for one in sorted(encoded)) or rb"(?!)")


def _merged_with(db: sqlite3.Connection, keys: Keys, residents: Collection[str]) -> list[Record]:
    """The residents themselves and all with whom they were merged, either way."""
    by_id: dict[str, Record] = {}
    near: dict[str, set[str]] = defaultdict(set)
    pattern = _pattern(["merged_into", *residents])
    for record in _records(db, keys, pattern, ("resident",)):
        by_id[record.id] = record
        if survivor := record.values.get("merged_into"):
            near[record.id].add(survivor)
            near[survivor].add(record.id)
    ahead, found = list(residents), set(residents)
    while ahead:
        fresh = near[ahead.pop()] - found
        found |= fresh
        ahead += fresh
    missing = found - by_id.keys()
    if missing:
        by_id |= {record.id: record for record in _records(db, keys, _pattern(missing), ("resident",))}
    return [by_id[identifier] for identifier in sorted(found) if identifier in by_id]


def _add_belonging(
    db: sqlite3.Connection, keys: Keys, person: Person, erased: dict[str, Record], outside: set[str]
) -> None:
    """Add what belongs to the person, then what belongs to that, until nothing more does."""
    needles: set[str] = {*person.residents, *person.numbers, *outside}
    while needles:
        added = [
            record
            for record in _records(db, keys, _pattern(needles))
            if record.id not in erased
            and (record.id in outside or belongs(record.kind, record.values, person, {*erased, *outside}))
        ]
        erased |= {record.id: record for record in added}
        needles = {record.id for record in added if record.kind in LEADING}


def _operations(
    db: sqlite3.Connection, keys: Keys, person: Person, gone: set[str], visits: frozenset[str]
) -> tuple[dict[tuple[str, str, int], list[ErasedOne]], list[tuple[str, str]]]:
    """The operations whose bytes go, and (id, kind) of records that were created by them and never came to be."""
    unapplied: dict[str, str] = {}
    while True:
        found: dict[tuple[str, str, int], list[ErasedOne]] = {}
        before = len(unapplied)
        everything = {*gone, *unapplied, *visits}
        pattern = _pattern({*everything, *person.numbers})
        for where, one in _every_operation(db, keys, pattern):
            operation = one.operation
            if operation is None:
                if pattern.search(one.exact):
                    found.setdefault(where, []).append(ErasedOne(one.counter, "", one.digest))
            elif operation.record in visits or operation_belongs(operation, person, {*gone, *unapplied}):
                found.setdefault(where, []).append(ErasedOne(one.counter, operation.id, one.digest))
                if operation.record not in everything:
                    unapplied[operation.record] = operation.kind
        if len(unapplied) == before:
            return found, sorted(unapplied.items())


def _every_operation(
    db: sqlite3.Connection, keys: Keys, pattern: re.Pattern[bytes]
) -> Iterator[tuple[tuple[str, str, int], Arrived]]:
    """Operations of the batches in which the pattern stands, or may stand in a form that it cannot match."""
    devices = db.execute(
        "SELECT DISTINCT village, device FROM batches WHERE village <> ?", (REFERENCE_VILLAGE,)
    )
    for village, device in devices.fetchall():
        for row in batches.every_row(db, village, device):
            batch = batches.opened_batch(keys, village, device, row)
            if not _may_stand_in(batch.body, pattern):
                continue
            for one in batch.operations():
                if one.erased_id is None:
                    yield (village, device, batch.first), one


def _may_stand_in(body: bytes, pattern: re.Pattern[bytes]) -> bool:
    """Whether a pattern stands in a batch, or may stand there in a form that it cannot match."""
    return pattern.search(body) is not None or _ESCAPED in body or b'"raw":' in body


class _Needles:
    """What to look for in what stays: the ids of what goes, and how the person may be named in a text."""

    def __init__(self, residents: Iterable[Record], gone: Collection[str]) -> None:
        self.gone = gone
        said = {
            str(one.values.get(field, ""))
            for one in residents
            for field in ("name", "phone", "identity_number")
        }
        self.words = sorted(word for word in said if len(word) >= NAME_LENGTH_MIN)
        self.pattern = _pattern([*gone, *self.words])

    def lists(self, record: Record) -> bool:
        """Whether a record names what goes in one of its lists."""
        return any(
            one in self.gone for field in LISTS.get(record.kind, ()) for one in record.values.get(field) or ()
        )

    def fields(self, record: Record) -> tuple[str, ...]:
        """The paths in its values at which a word for the person stands."""
        found = [where for where, text in texts(record.values) if any(word in text for word in self.words)]
        return tuple(sorted(found))


def _around(
    db: sqlite3.Connection, keys: Keys, needles: _Needles, visits: frozenset[str]
) -> tuple[dict[str, Record], dict[str, Record], list[Mention]]:
    """What stays and names what goes, the chosen visits, and what a person has to look at."""
    listing: dict[str, Record] = {}
    chosen = {
        record.id: record
        for record in _records(db, keys, _pattern(visits), ("visit",))
        if record.id in visits
    }
    mentions: list[Mention] = []
    for record in _records(db, keys, needles.pattern):
        if record.id in needles.gone or record.id in visits:
            continue
        if needles.lists(record):
            listing[record.id] = record
        if fields := needles.fields(record):
            mentions.append(Mention(record.id, record.kind, record.village, fields))
    mentions.sort()
    return listing, chosen, mentions
