"""Receipts: signing that a device's operations are durable, and what one that comes back says.

A receipt is signed after the commit, never before it, so one that is ahead of the store proves that the store was
set back (docs/protocol.md, "Receipts and epochs").
"""

from __future__ import annotations

import base64
import sqlite3

from server.keys import Keys
from server.store import batches, devices, epochs
from server.store.changes import epoch_of
from server.store.devices import Device
from sync.receipt import Receipt, receipt_holds, receipt_message


def signed_receipt(
    keys: Keys, device: str, acknowledged: int, digest: str, epoch: str, time: str
) -> Receipt | None:
    """The receipt of everything up to `acknowledged`, by the newest signing key; None where nothing came yet."""
    if acknowledged < 1:
        return None
    key = keys.signing[-1].id
    _, signature = keys.sign(receipt_message(device, acknowledged, digest, epoch, time, key))
    return Receipt(device, acknowledged, digest, epoch, time, key, base64.b64encode(signature).decode())


def is_ours(keys: Keys, receipt: Receipt) -> bool:
    """Whether one of this server's keys, old ones included, signed it."""
    return any(pair.id == receipt.key and receipt_holds(receipt, pair.point) for pair in keys.signing)


def tells_of_loss(db: sqlite3.Connection, keys: Keys, caller: Device, receipt: Receipt) -> bool:
    """Whether this receipt proves that the store lost something since it was signed.

    It does where it is ours, of the caller or of the device that the caller continues, and either of the present
    epoch and of operations that are not here, or of an epoch that this server does not know. One of an older known
    epoch proves nothing: what was lost before the present one is known. The signature is checked last, as it costs
    most.
    """
    present = epoch_of(db)
    if receipt.epoch != present and epochs.is_known(db, receipt.epoch):
        return False
    of = caller if receipt.device == caller.id else devices.by_id(db, receipt.device)
    if of is not caller and not _continues(caller, receipt.device, of):
        return False
    if receipt.epoch == present and of is not None and _is_here(db, keys, of, receipt):
        return False
    return is_ours(keys, receipt)


def _continues(caller: Device, device: str, of: Device | None) -> bool:
    """Whether the caller goes on from this device, which may have been lost; never from a colleague's."""
    return caller.continues == device and (of is None or of.worker == caller.worker)


def _is_here(db: sqlite3.Connection, keys: Keys, of: Device, receipt: Receipt) -> bool:
    if receipt.counter >= of.acknowledged:
        return receipt.counter == of.acknowledged and receipt.digest == of.digest
    if receipt.counter < 1:
        return True
    batch = batches.holding(db, keys, of.village, of.id, receipt.counter)
    return batch.operation(receipt.counter).digest == receipt.digest
