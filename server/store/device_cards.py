"""Devices as people see them in a list, and revoking one with its reason."""

from __future__ import annotations

import sqlite3

import msgspec

from server import revocations_log
from server.problem import ProblemError
from server.roles import Action
from server.store import devices, standing
from server.store.audit import Entry, record
from server.store.devices import PHONE, Device
from sync.clock import moment


class DeviceCard(msgspec.Struct, frozen=True, kw_only=True):
    """A phone in a list. Times are moments; `pending`, `pending_files` and `oldest_pending` are of its last status.

    orders_told_at  when it was first told its present orders; None while it was not
    wiped_at        when it said that nothing is left on it
    may_hold        whether it was revoked or ordered to wipe and never said so: what it holds is unknown
    """

    id: str
    name: str
    worker: str
    worker_name: str
    village: str
    enrolled_at: str
    contact_at: str
    acknowledged: int
    unsettled: int
    pending: int | None
    pending_files: int
    oldest_pending: str | None
    orders: str
    orders_because: str | None
    orders_told_at: str | None
    wiped_at: str | None
    may_hold: bool
    revoked_at: str | None
    revoked_because: str | None
    continued_at: str | None
    continues: str | None


def of_village(db: sqlite3.Connection, village: str) -> list[DeviceCard]:
    """The phones of a village, or of everything below a town or city."""
    return [_card(db, device) for device in devices.of_village(db, village)]


def of_phone(db: sqlite3.Connection, device: str) -> DeviceCard | None:
    """The phone with this id; None for the server's own devices too."""
    found = devices.by_id(db, device)
    return None if found is None or found.nature != PHONE else _card(db, found)


def give_orders(
    db: sqlite3.Connection, card: DeviceCard, orders: str, reason: str, now_ms: int, by: str | None
) -> DeviceCard:
    """Lock a phone that stays in use, or take that back (`none`). ProblemError device-revoked where it is revoked."""
    if card.revoked_at is not None:
        raise ProblemError("device-revoked")
    devices.set_orders(db, card.id, orders)
    return _ordered(db, card, orders, reason, now_ms, by)


def revoke(
    db: sqlite3.Connection, card: DeviceCard, orders: str, reason: str, now_ms: int, by: str | None
) -> DeviceCard:
    """Revoke a phone, or give a revoked one other orders; `by` is None for a command at the server itself."""
    devices.revoke(db, card.id, now_ms, orders)
    return _ordered(db, card, orders, reason, now_ms, by)


def _ordered(
    db: sqlite3.Connection, card: DeviceCard, orders: str, reason: str, now_ms: int, by: str | None
) -> DeviceCard:
    """Put down what was ordered, why and by whom: in the list, the audit log, and the log that outlives a restore."""
    db.execute(
        "INSERT OR REPLACE INTO revocations VALUES (?, ?, ?, ?, ?)", (card.id, now_ms, by, orders, reason)
    )
    entry = Entry(
        time=moment(now_ms),
        action=Action.DEVICE_REVOKE,
        account=by,
        device=card.id,
        village=card.village,
        detail={"orders": orders, "by": "desk" if by else "command"},
    )
    record(db, entry)
    log_standing(db, card.id, reason, now_ms, by)
    return of_phone(db, card.id) or card


def log_standing(db: sqlite3.Connection, device: str, reason: str, now_ms: int, by: str | None) -> None:
    """Have what was just ordered of a device outlive a restore; in the same transaction, after the change."""
    found = devices.by_id(db, device)
    if found is None:
        return
    revoked = found.revoked_ms is not None
    body = {
        "device": device,
        "orders": found.orders,
        "revoked": revoked,
        "reason": reason,
        "by": by,
        "enrolment": devices.enrolment_of(db, device),
    }
    revocations_log.append(db, "revoke" if revoked else "orders", body, now_ms)


def _card(db: sqlite3.Connection, device: Device) -> DeviceCard:
    status = db.execute(
        "SELECT pending, oldest_pending FROM statuses WHERE device = ? ORDER BY day DESC LIMIT 1",
        (device.id,),
    ).fetchone()
    because = db.execute(
        "SELECT reason FROM revocations WHERE device = ? ORDER BY at_ms DESC LIMIT 1", (device.id,)
    ).fetchone()
    pending, oldest = status or (None, None)
    told, revoked = standing.of_device(db, device.id), device.revoked_ms is not None
    ordered = revoked or device.orders != standing.NO_ORDERS
    told_ms = told.told_ms if told.orders_told == device.orders else None
    return DeviceCard(
        id=device.id,
        name=device.name,
        worker=device.worker,
        worker_name=device.worker_name,
        village=device.village,
        enrolled_at=moment(device.enrolled_ms),
        contact_at=moment(device.contact_ms),
        acknowledged=device.acknowledged,
        unsettled=device.unsettled,
        pending=pending,
        pending_files=told.pending_files,
        oldest_pending=oldest,
        orders=device.orders,
        orders_because=because[0] if because and ordered else None,
        orders_told_at=None if told_ms is None else moment(told_ms),
        wiped_at=None if told.wiped_ms is None else moment(told.wiped_ms),
        may_hold=(revoked or device.orders == standing.WIPE) and told.wiped_ms is None,
        revoked_at=None if device.revoked_ms is None else moment(device.revoked_ms),
        revoked_because=because[0] if because and revoked else None,
        continued_at=None if device.closed_ms is None else moment(device.closed_ms),
        continues=device.continues,
    )
