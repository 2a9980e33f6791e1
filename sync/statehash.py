"""State hashes: whether a device's copy of a part equals the server's, in sixteen bytes.

The hash of a part is the XOR, over its records (voided ones included), of the first 16 bytes of SHA-256 of
`<record id>:<version>`, written as 32 lower-case hexadecimal digits. XOR lets both sides keep it up to date record by
record, in any order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

EMPTY = 0


def record_hash(record: str, version: int) -> int:
    """One record's share of its part's hash, as an integer of 128 bits."""
    return int.from_bytes(hashlib.sha256(b"%b:%d" % (record.encode(), version)).digest()[:16], "big")


def part_hash(records: Iterable[tuple[str, int]]) -> int:
    """The hash of a part from scratch: pairs of record id and version."""
    combined = EMPTY
    for record, version in records:
        combined ^= record_hash(record, version)
    return combined


def hash_text(value: int) -> str:
    """The form on the wire."""
    return f"{value:032x}"
