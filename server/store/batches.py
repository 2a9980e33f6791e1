"""Operations as they came: one row a batch, the legal record, addressable inside by counter.

Invariant: `body` is never changed (an erasure is the one exception); `outcomes` beside it is what became of
each operation and may change when a person settles it.
"""

from __future__ import annotations

import sqlite3

import msgspec

from server.keys import Keys
from sync.operation import Arrived, read_stored
from sync.protocol import OutcomeEntry

_encode = msgspec.json.Encoder().encode
_decode_outcomes = msgspec.json.Decoder(list[OutcomeEntry]).decode
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Batch(msgspec.Struct):
    """A stored batch: the counters that it spans, when it was received, and what became of each operation."""

    village: str
    device: str
    first: int
    received_ms: int
    outcomes: list[OutcomeEntry]
    body: bytes

    def operation(self, counter: int) -> Arrived:
        """One operation of the batch, read from its exact bytes."""
        return read_stored(bytes(_split(b"[" + self.body + b"]")[counter - self.first]))

    def operations(self) -> list[Arrived]:
        """All operations of the batch."""
        return [read_stored(bytes(raw)) for raw in _split(b"[" + self.body + b"]")]


def _aad(device: str, first: int) -> bytes:
    return f"{device}:{first}".encode()


def append(
    db: sqlite3.Connection,
    keys: Keys,
    where: tuple[str, str, int, int],
    received_ms: int,
    outcomes: list[OutcomeEntry],
    stored: list[bytes],
) -> None:
    """Keep a batch at `where` (village, device, first and last counter), its operations as they came."""
    village, device, first, last = where
    body = keys.encrypt_blob(b",".join(stored), _aad(device, first))
    db.execute(
        "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?)",
        (village, device, first, last, received_ms, _encode(outcomes).decode(), body),
    )


def holding(db: sqlite3.Connection, keys: Keys, village: str, device: str, counter: int) -> Batch:
    """The batch that holds an operation. LookupError if there is none."""
    row = db.execute(
        "SELECT first, received_ms, outcomes, body FROM batches WHERE village = ? AND device = ? AND first <= ?"
        " ORDER BY first DESC LIMIT 1",
        (village, device, counter),
    ).fetchone()
    if row is None:
        raise LookupError(f"{device}:{counter}")
    first, received_ms, outcomes, body = row
    found = _decode_outcomes(outcomes)
    if counter >= first + len(found):
        raise LookupError(f"{device}:{counter}")
    return Batch(village, device, first, received_ms, found, keys.decrypt_blob(body, _aad(device, first)))


Row = tuple[int, int, int, str, bytes]
"""A stored batch's first and last counter, time of receipt, outcomes and encrypted body."""


def every_row(db: sqlite3.Connection, village: str, device: str) -> list[Row]:
    """All batches of a device as they are stored, in order."""
    return db.execute(
        "SELECT first, last, received_ms, outcomes, body FROM batches WHERE village = ? AND device = ?"
        " ORDER BY first",
        (village, device),
    ).fetchall()


def opened_batch(keys: Keys, village: str, device: str, row: Row) -> Batch:
    """A batch from its row. SealError if it was altered."""
    first, _, received_ms, outcomes, body = row
    plain = keys.decrypt_blob(body, _aad(device, first))
    return Batch(village, device, first, received_ms, _decode_outcomes(outcomes), plain)


def every(db: sqlite3.Connection, keys: Keys, village: str, device: str) -> list[Batch]:
    """All batches of a device, in order."""
    return [opened_batch(keys, village, device, row) for row in every_row(db, village, device)]


def set_outcome(db: sqlite3.Connection, batch: Batch, entry: OutcomeEntry) -> None:
    """Change what became of one operation, and have its device told by the outcomes cursor."""
    batch.outcomes[entry.counter - batch.first] = entry
    db.execute(
        "UPDATE batches SET outcomes = ? WHERE village = ? AND device = ? AND first = ?",
        (_encode(batch.outcomes).decode(), batch.village, batch.device, batch.first),
    )
    row = db.execute(
        "UPDATE devices SET outcome_cursor = outcome_cursor + 1 WHERE id = ? RETURNING outcome_cursor",
        (batch.device,),
    ).fetchone()
    db.execute("INSERT INTO outcome_changes VALUES (?, ?, ?)", (batch.device, row[0], entry.counter))


def erase_operations(
    db: sqlite3.Connection,
    keys: Keys,
    batch: Batch,
    forms: dict[int, bytes],
    outcomes: dict[int, OutcomeEntry],
) -> None:
    """Put what stays of erased operations, by counter, in the place of their bytes, and have their device told."""
    kept = [bytes(raw) for raw in _split(b"[" + batch.body + b"]")]
    for counter, form in forms.items():
        kept[counter - batch.first] = form
    batch.body = b",".join(kept)
    db.execute(
        "UPDATE batches SET body = ? WHERE village = ? AND device = ? AND first = ?",
        (
            keys.encrypt_blob(batch.body, _aad(batch.device, batch.first)),
            batch.village,
            batch.device,
            batch.first,
        ),
    )
    for entry in outcomes.values():
        set_outcome(db, batch, entry)


def changed_outcomes(
    db: sqlite3.Connection, keys: Keys, village: str, device: str, after: int, limit: int
) -> list[OutcomeEntry]:
    """Outcomes that changed after a cursor, at most `limit`, oldest change first, each with its cursor and as it is."""
    rows = db.execute(
        "SELECT cursor, counter FROM outcome_changes WHERE device = ? AND cursor > ? ORDER BY cursor LIMIT ?",
        (device, after, limit),
    ).fetchall()
    entries = []
    for cursor, counter in rows:
        batch = holding(db, keys, village, device, counter)
        entry = batch.outcomes[counter - batch.first]
        entry.cursor = cursor
        entries.append(entry)
    return entries
