"""Receipts: the server's signature that it has made a device's operations durable up to a counter.

A receipt proves every operation up to its counter, as `digest` ends the chain of all before it. The device keeps it, so
that a worker can show that a record was delivered; a server that has less than a receipt of its own says was set back.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import msgspec

from sync.chain import digest_of
from sync.sealing import verify


class Receipt(msgspec.Struct, frozen=True):
    """`digest`: SHA-256 of the operation at `counter`; `key`: the signing key's id; `signature`: Base64."""

    device: str
    counter: int
    digest: str
    epoch: str
    time: str
    key: str
    signature: str


class _Link(msgspec.Struct):
    """What ties an operation to the one before it; bytes that were sent in the raw form may have none."""

    counter: int
    previous: str


_decode_link = msgspec.json.Decoder(_Link).decode


def receipt_message(device: str, counter: int, digest: str, epoch: str, time: str, key: str) -> bytes:
    """What is signed: the six values joined by line feeds."""
    return "\n".join((device, str(counter), digest, epoch, time, key)).encode()


def receipt_holds(receipt: Receipt, point: bytes) -> bool:
    """Whether the holder of the signing key `point` (65 bytes, uncompressed) signed it."""
    message = receipt_message(
        receipt.device, receipt.counter, receipt.digest, receipt.epoch, receipt.time, receipt.key
    )
    try:
        signature = base64.b64decode(receipt.signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return verify(point, signature, message)


def proof_holds(receipt: Receipt, operations: Sequence[bytes]) -> bool:
    """Whether a receipt that holds proves the first of these operations: they run up to its counter without a gap.

    Each is its exact bytes and names the digest of the one before it; the last has the receipt's digest. One that was
    erased, or bytes that were no operation, tie nothing to what is before them: that needs an earlier receipt.
    """
    if not operations or digest_of(operations[-1]) != receipt.digest:
        return False
    links = [_link(exact) for exact in operations]
    first = receipt.counter - len(operations) + 1
    if any(link is not None and link.counter != first + at for at, link in enumerate(links)):
        return False
    return all(
        link is not None and link.previous == digest_of(before)
        for before, link in zip(operations, links[1:], strict=False)
    )


def _link(exact: bytes) -> _Link | None:
    try:
        return _decode_link(exact)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
