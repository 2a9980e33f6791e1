"""Devices: an enrolment each, with its own chain, outbox and token. Tokens are stored as SHA-256 only."""

from __future__ import annotations

import hashlib
import sqlite3

import msgspec

from sync.chain import first_previous
from sync.world import Author

SERVER_ROLE, WINDOW_ROLE = "server", "window"
PHONE, DESK, IMPORT, RESCUE = "phone", "desk", "import", "rescue"
"""What a device is: a phone; the server's own for an account at a desk, for imports and demonstration data, or for what
a rescue file brought that does not continue its phone's history."""


class Device(msgspec.Struct, frozen=True):
    """A device with its account's name, role and division; `closed_ms`: since when another identity continues it.

    account_closed: so is the account of a phone that a restore lost.
    """

    id: str
    worker: str
    village: str
    name: str
    acknowledged: int
    digest: str
    unsettled: int
    outcome_cursor: int
    nature: str
    revoked_ms: int | None
    closed_ms: int | None
    continues: str | None
    continues_counter: int | None
    orders: str
    contact_ms: int
    enrolled_ms: int
    signing_key: str
    worker_name: str
    role: str
    division: str
    account_closed: bool

    @property
    def in_standing(self) -> bool:
        """Whether it may do more than hand over its work."""
        return self.revoked_ms is None and not self.account_closed

    @property
    def is_phone(self) -> bool:
        """Whether somebody carries it about: then it is missed when it does not report."""
        return self.nature == PHONE

    @property
    def author(self) -> Author:
        """Who captures on it."""
        return Author(self.id, self.worker, self._role, self.division)

    @property
    def _role(self) -> str:
        if self.nature == IMPORT:
            return SERVER_ROLE
        if self.nature in (PHONE, RESCUE) and self.role == SERVER_ROLE:
            return "worker"  # its account is not known here: never the server's own rights
        # `server.roles` let the worker write at the desk, where nobody is bound to the own grids
        return WINDOW_ROLE if self.nature == DESK and self.role == "worker" else self.role


_SELECT = (
    "SELECT d.id, d.worker, d.village, d.name, d.acknowledged, d.digest, d.unsettled, d.outcome_cursor, d.nature,"
    " d.revoked_ms, d.closed_ms, d.continues, d.continues_counter, d.orders, d.contact_ms, d.enrolled_ms,"
    " d.signing_key, coalesce(a.name, d.name), coalesce(a.role, 'server'), coalesce(a.division, ''),"
    " a.closed_at IS NOT NULL OR (a.id IS NULL AND d.nature IN ('phone', 'rescue'))"
    " FROM devices d LEFT JOIN accounts a ON a.id = d.worker"
)


def _device(row: tuple[object, ...]) -> Device:
    values = list(row)
    values[20] = bool(values[20])
    return Device(*values)  # type: ignore[arg-type]


def token_hash(token: str) -> bytes:
    """How a token is stored."""
    return hashlib.sha256(token.encode()).digest()


def by_token(db: sqlite3.Connection, hashed: bytes) -> Device | None:
    """The device that a token belongs to."""
    row = db.execute(f"{_SELECT} WHERE d.token_hash = ?", (hashed,)).fetchone()
    return None if row is None else _device(row)


def by_id(db: sqlite3.Connection, device: str) -> Device | None:
    """The device with this id."""
    row = db.execute(f"{_SELECT} WHERE d.id = ?", (device,)).fetchone()
    return None if row is None else _device(row)


def by_signing_key(db: sqlite3.Connection, key: str) -> Device | None:
    """The device that enrolled with this public key."""
    row = db.execute(f"{_SELECT} WHERE d.signing_key = ?", (key,)).fetchone()
    return None if row is None else _device(row)


def every(db: sqlite3.Connection) -> list[Device]:
    """Every device, the server's own included."""
    return [_device(row) for row in db.execute(f"{_SELECT} ORDER BY d.village, d.id").fetchall()]


def of_village(db: sqlite3.Connection, village: str) -> list[Device]:
    """The phones of a village, or of everything below a town or city; not the server's own devices."""
    rows = db.execute(
        f"{_SELECT} WHERE d.village >= ? AND d.village < ? AND d.nature = 'phone' ORDER BY d.village, d.name, d.id",
        (village, village + "~"),
    )
    return [_device(row) for row in rows.fetchall()]


def insert(
    db: sqlite3.Connection,
    device: str,
    worker: str,
    village: str,
    name: str,
    keys: tuple[str, str],
    now_ms: int,
    *,
    hashed_token: bytes | None = None,
    nature: str = PHONE,
    app_version: str = "",
    continues: tuple[str, int] | None = None,
) -> None:
    """Enrol a device. `keys` are its signing and its sealing public key."""
    db.execute(
        "INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 0, ?, ?, ?, ?, NULL, NULL, ?, ?, 'none')",
        (
            device,
            worker,
            village,
            name,
            hashed_token,
            *keys,
            first_previous(device),
            now_ms,
            now_ms,
            app_version,
            nature,
            continues[0] if continues else None,
            continues[1] if continues else None,
        ),
    )


def set_token(db: sqlite3.Connection, device: str, hashed: bytes) -> None:
    """A new token takes the place of the old one."""
    db.execute("UPDATE devices SET token_hash = ? WHERE id = ?", (hashed, device))


def advance(
    db: sqlite3.Connection, device: str, acknowledged: int, digest: str, unsettled: int, now_ms: int
) -> None:
    """The device's history now reaches `acknowledged`."""
    db.execute(
        "UPDATE devices SET acknowledged = ?, digest = ?, unsettled = ?, contact_ms = ? WHERE id = ?",
        (acknowledged, digest, unsettled, now_ms, device),
    )


def count_unsettled(db: sqlite3.Connection, device: str) -> None:
    """Bring the device's number of unsettled operations in step."""
    db.execute(
        "UPDATE devices SET unsettled = (SELECT count(*) FROM unsettled WHERE device = ?1) WHERE id = ?1",
        (device,),
    )


def close(db: sqlite3.Connection, device: str, now_ms: int) -> None:
    """Another identity continues this one: it is no longer missed by reconciliation."""
    db.execute("UPDATE devices SET closed_ms = ? WHERE id = ? AND closed_ms IS NULL", (now_ms, device))


def revoke(db: sqlite3.Connection, device: str, now_ms: int, orders: str) -> bool:
    """Take a device's rights away, but for handing over its work; `orders` is `lock` or `wipe`."""
    changed = db.execute(
        "UPDATE devices SET revoked_ms = coalesce(revoked_ms, ?), orders = ? WHERE id = ?",
        (now_ms, orders, device),
    )
    return changed.rowcount == 1


def set_orders(db: sqlite3.Connection, device: str, orders: str) -> None:
    """What the phone is told when it next asks: `none`, `lock` or `wipe`. Its rights stay."""
    db.execute("UPDATE devices SET orders = ? WHERE id = ?", (orders, device))


def set_contact(db: sqlite3.Connection, device: str, at_ms: int) -> None:
    """When the device itself was last heard of."""
    db.execute("UPDATE devices SET contact_ms = ? WHERE id = ?", (at_ms, device))


def release(db: sqlite3.Connection, device: str, orders: str = "none") -> None:
    """Take a revocation back; `orders` is what the phone is told all the same."""
    db.execute("UPDATE devices SET revoked_ms = NULL, orders = ? WHERE id = ?", (orders, device))


def enrolment_of(db: sqlite3.Connection, device: str) -> dict[str, str | None]:
    """What a device would have to be known again by, if a restore lost its enrolment; hashes and public keys only."""
    row = db.execute(
        "SELECT worker, village, name, signing_key, sealing_key, hex(token_hash) FROM devices WHERE id = ?",
        (device,),
    ).fetchone()
    return dict(
        zip(("worker", "village", "name", "signing_key", "sealing_key", "token_hash"), row, strict=True)
    )


def report_status(
    db: sqlite3.Connection, device: str, day: str, at_ms: int, report: tuple[int, str, int, str | None]
) -> None:
    """Keep the last status of a day: counter, digest, pending operations, and since when the oldest waits."""
    db.execute("INSERT OR REPLACE INTO statuses VALUES (?, ?, ?, ?, ?, ?, ?)", (device, day, at_ms, *report))
    db.execute("UPDATE devices SET contact_ms = ? WHERE id = ?", (at_ms, device))
