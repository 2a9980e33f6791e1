"""A record's body at rest: its JSON under the data key, bound to its id."""

from __future__ import annotations

from server.keys import Keys
from sync.record import Record, read_record, record_bytes


def sealed(keys: Keys, record: Record) -> bytes:
    """A record's stored body."""
    return keys.encrypt_blob(record_bytes(record), record.id.encode())


def opened_bytes(keys: Keys, record: str, body: bytes) -> bytes:
    """A record's JSON from its stored body. SealError if the body is another record's or was altered."""
    return keys.decrypt_blob(body, record.encode())


def opened(keys: Keys, record: str, body: bytes) -> Record:
    """A record from its stored body."""
    return read_record(opened_bytes(keys, record, body))
