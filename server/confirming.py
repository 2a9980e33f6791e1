"""Confirming devices after the revocation log was lost: an administrator says which phones may read again."""

from __future__ import annotations

import sqlite3

from server import revocations_log
from server.problem import ProblemError
from server.roles import Action
from server.store import confirmations, device_cards
from server.store.audit import Entry, record
from server.store.device_cards import DeviceCard
from sync.clock import moment


def confirm_device(db: sqlite3.Connection, device: str, now_ms: int, by: str | None) -> DeviceCard:
    """Let a phone read again; one that may already stays as it is. ProblemError not-found.

    `by` is None for a command at the server itself.
    """
    card = device_cards.of_phone(db, device)
    if card is None:
        raise ProblemError("not-found")
    if confirmations.confirm(db, device):
        record(
            db,
            Entry(
                time=moment(now_ms),
                action=Action.DEVICE_CONFIRM,
                account=by,
                device=device,
                village=card.village,
                detail={"by": "desk" if by else "command"},
            ),
        )
        revocations_log.append(db, "confirm", {"device": device}, now_ms)
    return card


def confirm_all(db: sqlite3.Connection, now_ms: int) -> list[DeviceCard]:
    """Confirm every phone that waits, and end the doubt: whatever enrols from here on may read at once."""
    cards = [confirm_device(db, device, now_ms, None) for device in confirmations.waiting(db)]
    confirmations.end_doubt(db)
    return cards
