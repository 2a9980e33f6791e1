"""A new epoch: the server was set back, and every device is to compare its history and to offer again what was lost.

Why one begins: a device's receipt is ahead of the store (`receipt`), the store was restored (`restore`), or the
revocation log is ahead of the database (`log`). Versions and segments stay; cursors of the epoch before expire.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec
import structlog

from server import revocations_log
from server.keys import Keys
from server.receipts import tells_of_loss
from server.store import epochs
from server.store.announcements import announce
from server.store.audit import Entry, record
from server.store.changes import epoch_of
from server.store.devices import Device
from sync.clock import moment
from sync.receipt import Receipt

__all__ = ["BEGAN", "EpochBegan", "began_by", "begin", "epoch_of", "tell_operators"]

BEGAN = "epoch.began"


class EpochBegan(msgspec.Struct, frozen=True):
    """Announced to whoever listens to commits."""

    epoch: str
    why: str
    device: str | None


def began_by(
    db: sqlite3.Connection, keys: Keys, caller: Device, receipt: Receipt | None, now_ms: int
) -> str | None:
    """The epoch that begins here because of this receipt; None where it says nothing new."""
    if receipt is None or not tells_of_loss(db, keys, caller, receipt):
        return None
    epochs.note(db, receipt.epoch, now_ms, epochs.ELSEWHERE)
    detail = {
        "counter": receipt.counter,
        "of": receipt.device,
        "epoch_before": receipt.epoch,
        "acknowledged": caller.acknowledged,
    }
    return begin(db, "receipt", now_ms, device=caller, detail=detail)


def begin(
    db: sqlite3.Connection,
    why: str,
    now_ms: int,
    *,
    device: Device | None = None,
    detail: dict[str, object] | None = None,
) -> str:
    """Begin a new epoch in this transaction; audited, and announced after the commit."""
    epoch = epochs.start(db, why, now_ms)
    record(
        db,
        Entry(
            time=moment(now_ms),
            action=BEGAN,
            device=None if device is None else device.id,
            village=None if device is None else device.village,
            detail={"epoch": epoch, "why": why, **(detail or {})},
        ),
    )
    revocations_log.append(db, "epoch", {"epoch": epoch, "why": why}, now_ms)
    announce(EpochBegan(epoch, why, None if device is None else device.id))
    return epoch


def tell_operators(notes: Sequence[object]) -> None:
    """The store's listener: a restore that nobody declared is the loudest line in the log."""
    for note in notes:
        if isinstance(note, EpochBegan):
            structlog.get_logger().critical(
                "new epoch: the store was set back; devices offer again what it lost / 服务器数据曾被恢复，设备将补报",
                epoch=note.epoch,
                why=note.why,
                device=note.device,
            )
