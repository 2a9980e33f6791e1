"""Identifiers made on a device without asking anybody: UUIDv7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import hashlib
import re

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def uuid7(unix_ms: int, randomness: bytes) -> str:
    """A lower-case UUIDv7 of a time in milliseconds and ten random bytes (74 bits of them are used).

    Time-ordered, so that B-trees grow at their end.
    """
    random_bits = int.from_bytes(randomness[:10], "big")
    value = (unix_ms & (2**48 - 1)) << 80
    value |= 0x7 << 76 | ((random_bits >> 64) & 0xFFF) << 64
    value |= 0b10 << 62 | (random_bits & (2**62 - 1))
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def uuid7_ms(identifier: str) -> int:
    """The time inside a UUIDv7, in Unix milliseconds."""
    return int(identifier[:8] + identifier[9:13], 16)


def derived(*parts: str) -> str:
    """A UUIDv8 (RFC 9562, section 5.8) that follows from its parts, so that whoever derives it finds the same.

    Records which the server opens by itself (conflicts, suspected duplicates) are named so: judging the same
    operation again, after a restore or by `check`, names the same record.
    """
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    variant = "89ab"[int(digest[16], 16) % 4]
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def is_uuid(text: object) -> bool:
    """Whether a value is a UUID in lower case, as the protocol writes them."""
    return isinstance(text, str) and _UUID(text) is not None
