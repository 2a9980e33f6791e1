"""The digest chain: each operation names the SHA-256 of the exact bytes of the one before it.

It lets the server prove that it has a device's whole history up to a counter, that none was altered, and that two
phones do not share one identity.
"""

from __future__ import annotations

import hashlib


def digest_of(exact: bytes) -> str:
    """SHA-256 of an operation's exact bytes, in lower-case hexadecimal."""
    return hashlib.sha256(exact).hexdigest()


def first_previous(device: str) -> str:
    """What the first operation of a device names as the digest before it: the SHA-256 of the device's id."""
    return hashlib.sha256(device.encode()).hexdigest()


def chain(device: str, operations: list[bytes]) -> list[str]:
    """Digests before each operation and after the last one: one more than there are operations."""
    return [first_previous(device), *(digest_of(exact) for exact in operations)]
