"""Records: the latest state of one thing, as the server merged it.

Invariants: `revision` counts the operations applied to a record, merged ones included, wherever it lives, and is 1
at its creation; `clocks` holds, for each field changed since the creation, who last set it and when, so that a
merge reads this one row and no history.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from sync.kinds import KINDS

LONG_TEXT_BYTES = 256
SEEN_DIGEST = "sha256:"
GRANTING = frozenset({"case", "task"})
GRANTED_FIELDS = ("household", "resident")
"""Whoever holds a record of these kinds needs, and is sent, what these fields of it name."""
NOWHERE = "-"
"""The part of what stands in no grid and names a resident."""


class Stamp(msgspec.Struct, array_like=True, frozen=True, order=True):
    """Who set a value last: the clock as it counts in merging, then the device (which breaks ties)."""

    clock: str
    device: str


class Voiding(msgspec.Struct, frozen=True):
    """A record that was taken back: why, by whom and when. Nothing is erased by it."""

    reason: str
    by: str
    clock: str


class Record(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One record. `village` and `grid` say where it is now; `holder` who has it in hand (or who made it).

    `origin` is the device and counter of the operation that created it, `by` its worker, `received_ms` when the server
    received it, `offset_ms` the phone's clock offset at the capture: what the phone said stays in `values`, counting
    takes the offset off. `arrived` are the digests of those files named by it that are whole and durable on the server.
    """

    id: str
    kind: str
    village: str
    grid: str | None = None
    holder: str | None = None
    revision: int = 1
    by: str
    created: Stamp
    origin: tuple[str, int]
    received_ms: int = 0
    offset_ms: int = 0
    values: dict[str, Any]
    clocks: dict[str, Stamp] = {}
    conflicts: list[str] = []
    void: Voiding | None = None
    arrived: list[str] = []

    def stamp_of(self, field: str) -> Stamp:
        """Who set the field last; a field untouched since the creation counts as set by it."""
        return self.clocks.get(field, self.created)


def seen_form(value: Any) -> Any:
    """A value as `seen` carries it: itself, or for a long text its SHA-256."""
    if isinstance(value, str) and len(value) > LONG_TEXT_BYTES // 4:
        encoded = value.encode()
        if len(encoded) > LONG_TEXT_BYTES:
            return SEEN_DIGEST + hashlib.sha256(encoded).hexdigest()
    return value


def was_seen(present: Any, seen: Any) -> bool:
    """Whether the present value is the one that the worker saw."""
    return bool(present == seen) or (
        isinstance(seen, str) and seen.startswith(SEEN_DIGEST) and seen_form(present) == seen
    )


def part_of(record: Record) -> str:
    """Its part of the village: its grid, `common` (it names no resident), or `-` (only its holder sees it)."""
    if record.grid:
        return record.grid
    kind = KINDS.get(record.kind)
    return "common" if kind is not None and not kind.names_resident else NOWHERE


def parent_of(record: Record) -> str | None:
    """The record whose place this one follows: a resident's household, a case's, a conflict's subject; else None."""
    values = record.values
    match record.kind:
        case "resident" | "request":
            return values.get("household")
        case "case":
            return values.get("household") or values.get("resident")
        case "task":
            return values.get("household") or values.get("resident") or values.get("case")
        case "conflict":
            return str(values["subject"])
        case "duplicate":
            return str(values["first"])
    return None


def normalised_set(value: Any) -> list[str]:
    """A set field's stored form: sorted, each member once."""
    return sorted(set(value or ()))


def changed_set(present: Any, change: dict[str, list[str]]) -> list[str]:
    """A set after `{"add": […], "remove": […]}`, in the server's order."""
    members = set(present or ())
    members.update(change.get("add", ()))
    members.difference_update(change.get("remove", ()))
    return sorted(members)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Record).decode


def record_bytes(record: Record) -> bytes:
    """The stored and transmitted form, without its version (which is the feed's, not the record's)."""
    return _encode(record)


def read_record(body: bytes) -> Record:
    """A record from its stored form."""
    return _decode(body)


def with_version(body: bytes, version: int) -> bytes:
    """A record as a feed sends it: its stored form with the village's version put in front."""
    return b'{"version":%d,%b' % (version, body[1:])
