"""Bringing a database that was set back in step with the revocation log, which was not.

Used at every start of the server and by `allpost-server restore`. Runs inside one write transaction.
- The log goes further than the database knows: the database was brought back. What it forgot is carried out again,
  and a new epoch begins.
- The log is gone, shorter or damaged: nobody knows what was revoked. Every phone may hand over its work and reads
  nothing until an administrator has confirmed it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import structlog

from server import epochs, revocations_log
from server.erasure.erasing import Order, apply_erasure
from server.keys import Keys
from server.revocations_log import Known, Line, LogDamaged
from server.store import accounts, confirmations, devices, scopes, withheld
from server.store import epochs as known_epochs
from server.store.audit import Entry, record
from server.store.sessions import end_sessions_of
from sync.clock import moment, moment_ms

ERASE = "erase"
LOG_LOST = "revocations.lost"
LOG_APPLIED = "revocations.applied"


class CaughtUp(msgspec.Struct, kw_only=True):
    """What was found: lines applied by kind, and whether the log is lost (`doubted` phones wait to be confirmed)."""

    applied: dict[str, int] = {}
    lost: bool = False
    doubted: int = 0
    epoch: str | None = None


def catch_up(
    db: sqlite3.Connection, keys: Keys, now_ms: int, *, why: str | None = None, log_lost: bool = False
) -> CaughtUp:
    """Compare the database with the log beside it.

    why       an epoch is to begin in any case, as after a restore
    log_lost  the log is only the one of a backup, so nobody knows what came after it
    """
    path, known = revocations_log.path_of(db), revocations_log.remembered(db)
    first = known is None and not path.exists()
    lines, damaged = _read(path)
    known = known or Known()
    unfit = damaged or not revocations_log.holds(lines, known)
    found = CaughtUp(lost=unfit or log_lost)
    if unfit:
        _put_aside(path, now_ms)
    if found.lost:
        _doubt(db, found, now_ms)
    newer = lines[revocations_log.carried_out(db) :]
    found.applied = apply(db, keys, newer, now_ms)
    if not unfit:
        revocations_log.remember(db, lines)
    if first or unfit:
        _begin_log(db, path, now_ms)
    if newer or why is not None:
        found.epoch = epochs.begin(db, why or "log", now_ms, detail={"applied": found.applied})
    return found


def apply(db: sqlite3.Connection, keys: Keys, lines: list[Line], now_ms: int) -> dict[str, int]:
    """Carry out lines that the database forgot; how many of each kind. Doing it again changes nothing."""
    counts: dict[str, int] = {}
    for line in lines:
        _apply_one(db, keys, line, now_ms)
        counts[line.kind] = counts.get(line.kind, 0) + 1
    if lines:
        entry = Entry(time=moment(now_ms), action=LOG_APPLIED, detail={"lines": len(lines), "by": "log"})
        record(db, entry)
    return counts


def _apply_one(db: sqlite3.Connection, keys: Keys, line: Line, now_ms: int) -> None:
    body, at_ms = line.body, moment_ms(line.at)
    match line.kind:
        case "revoke" | "orders":
            _revoke(db, body, at_ms)
        case "close-account":
            accounts.close_account(db, body["account"], line.at)
            end_sessions_of(db, body["account"])
        case "scope-loss":
            withheld.withhold(db, body["worker"], body["grid"], body["after_day"], at_ms)
            scopes.stale(db, body["worker"])
        case "erase":
            apply_erasure(db, keys, msgspec.convert(body, Order))
        case "confirm":
            confirmations.confirm(db, body["device"])
        case "epoch":
            known_epochs.note(db, body["epoch"], at_ms, known_epochs.ELSEWHERE)


def _revoke(db: sqlite3.Connection, body: dict[str, Any], at_ms: int) -> None:
    """Revoke, order or release; a phone that enrolled after the backup is known again, so that it hears its orders."""
    device, orders = body["device"], body["orders"]
    if devices.by_id(db, device) is None:
        _enrol_again(db, device, body["enrolment"], at_ms)
    if body["revoked"]:
        devices.revoke(db, device, at_ms, orders)
    else:
        devices.release(db, device, orders)
    db.execute(
        "INSERT OR REPLACE INTO revocations VALUES (?, ?, ?, ?, ?)",
        (device, at_ms, body["by"], orders, body["reason"]),
    )


def _enrol_again(db: sqlite3.Connection, device: str, enrolment: dict[str, Any], at_ms: int) -> None:
    token = enrolment["token_hash"]
    keys = enrolment["signing_key"], enrolment["sealing_key"]
    devices.insert(
        db, device, enrolment["worker"], enrolment["village"], enrolment["name"], keys, at_ms,
        hashed_token=bytes.fromhex(token) if token else None,
    )  # fmt: skip


def _read(path: Path) -> tuple[list[Line], bool]:
    """The lines that hang together, and whether there is something that does not."""
    try:
        return revocations_log.read_log(path), False
    except LogDamaged as damaged:
        return revocations_log.read_log(path, good=damaged.good), True


def _put_aside(path: Path, now_ms: int) -> None:
    if path.exists():
        path.rename(path.with_name(f"{path.name}.damaged-{now_ms}"))


def _doubt(db: sqlite3.Connection, found: CaughtUp, now_ms: int) -> None:
    found.doubted = confirmations.doubt_all(db, now_ms)
    record(db, Entry(time=moment(now_ms), action=LOG_LOST, detail={"phones": found.doubted}))
    structlog.get_logger().critical(
        "the revocation log is lost: phones read nothing until they are confirmed / 停用记录丢失，设备须逐台确认",
        phones=found.doubted,
        next="allpost-server device confirm",
    )


def _begin_log(db: sqlite3.Connection, path: Path, now_ms: int) -> None:
    path.unlink(missing_ok=True)
    revocations_log.remember(db, [])
    revocations_log.append(db, revocations_log.BEGIN, {"epoch": epochs.epoch_of(db)}, now_ms)
