"""How a phone stands beside its history: its recovery code, the orders it was told, whether it is wiped, its keys."""

from __future__ import annotations

import sqlite3

import msgspec

NO_ORDERS, LOCK, WIPE = "none", "lock", "wipe"


class DeviceStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What was told by and to a phone; None where it was not.

    recovery       its recovery code, sealed to the server as it came
    sealing_key    id of the server's key to which its data key is sealed
    orders_told    the orders that it was told last, since `told_ms`
    wiped_ms       when it said that nothing is left on it
    """

    device: str
    recovery: bytes | None = None
    recovery_ms: int | None = None
    sealing_key: str = ""
    pending_files: int = 0
    orders_told: str = NO_ORDERS
    told_ms: int | None = None
    wiped_ms: int | None = None


def of_device(db: sqlite3.Connection, device: str) -> DeviceStanding:
    """How it stands; nothing was told of one that has no row."""
    row = db.execute("SELECT * FROM device_standing WHERE device = ?", (device,)).fetchone()
    return DeviceStanding(device=device) if row is None else _standing(row)


def note_status(db: sqlite3.Connection, device: str, sealing_key: str, pending_files: int) -> None:
    """What a phone says of itself with its status; an old app does not name its key."""
    _ensure(db, device)
    db.execute(
        "UPDATE device_standing SET pending_files = ?, sealing_key = CASE ?2 WHEN '' THEN sealing_key ELSE ?2 END"
        " WHERE device = ?3",
        (pending_files, sealing_key, device),
    )


def note_recovery(db: sqlite3.Connection, device: str, sealed: bytes, now_ms: int) -> None:
    """A new recovery code takes the place of the one before."""
    _ensure(db, device)
    db.execute(
        "UPDATE device_standing SET recovery = ?, recovery_ms = ? WHERE device = ?", (sealed, now_ms, device)
    )


def note_told(db: sqlite3.Connection, device: str, orders: str, now_ms: int) -> None:
    """The phone is being told these orders; the first time counts."""
    before = of_device(db, device)
    if orders == before.orders_told:
        return
    _ensure(db, device)
    db.execute(
        "UPDATE device_standing SET orders_told = ?, told_ms = ? WHERE device = ?", (orders, now_ms, device)
    )


def note_wiped(db: sqlite3.Connection, device: str, now_ms: int) -> bool:
    """The phone says that nothing is left on it; whether that is new. The first time counts."""
    _ensure(db, device)
    changed = db.execute(
        "UPDATE device_standing SET wiped_ms = ? WHERE device = ? AND wiped_ms IS NULL", (now_ms, device)
    )
    return changed.rowcount == 1


def on_sealing_keys(db: sqlite3.Connection) -> dict[str, int]:
    """How many phones in use, by the key that they last named; '' for those that named none."""
    rows = db.execute(
        "SELECT coalesce(s.sealing_key, ''), count(*) FROM devices d LEFT JOIN device_standing s ON s.device = d.id"
        " WHERE d.nature = 'phone' AND d.closed_ms IS NULL AND d.revoked_ms IS NULL AND s.wiped_ms IS NULL GROUP BY 1"
    )
    return dict(rows.fetchall())


def _ensure(db: sqlite3.Connection, device: str) -> None:
    db.execute("INSERT OR IGNORE INTO device_standing (device) VALUES (?)", (device,))


def _standing(row: tuple[object, ...]) -> DeviceStanding:
    return DeviceStanding(**dict(zip(DeviceStanding.__struct_fields__, row, strict=True)))  # type: ignore[arg-type]
