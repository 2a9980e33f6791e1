"""Receipts: the server's signature that it has made a device's operations durable up to a counter.

A receipt proves every operation up to its counter, as `digest` ends the chain of all before it. The device keeps it, so
that a worker can show that a record was delivered; a server that has less than a receipt of its own says was set back.
"""

from __future__ import annotations

import base64
import binascii

import msgspec

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
