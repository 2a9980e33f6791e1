"""Recovery codes: a phone seals its own to the server, and the window on duty reads it out to the worker."""

from __future__ import annotations

import base64
import re
import sqlite3

import msgspec

from server.keys import Keys
from server.problem import ProblemError
from server.roles import Action
from server.store import devices, standing
from server.store.audit import Entry, record
from server.store.devices import Device
from sync.clock import moment
from sync.sealing import SealError

CODE_LENGTH = 16
GROUP = 4
REFUSED = "device.recovery_refused"
_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{16}", re.ASCII)


class UnlockCode(msgspec.Struct, frozen=True):
    """The code as it is read out, and when the phone told it."""

    device: str
    code: str
    told_at: str


def keep_recovery(db: sqlite3.Connection, keys: Keys, device: Device, sealed: str, now_ms: int) -> None:
    """Keep what a phone told with its status. One that does not open to this device's code is not kept, and audited.

    It does not refuse the status, whose answer has the orders.
    """
    try:
        plain = base64.b64decode(sealed, validate=True)
        _code_of(keys, device, plain)
    except (SealError, ValueError):
        record(db, Entry(time=moment(now_ms), action=REFUSED, device=device.id, village=device.village))
        return
    standing.note_recovery(db, device.id, plain, now_ms)


def read_out(
    db: sqlite3.Connection, keys: Keys, device: Device, reason: str, now_ms: int, by: str | None
) -> UnlockCode:
    """The code of a phone, audited with the reason; `by` is None for a command at the server itself.

    Raises ProblemError: device-revoked, no-unlock-code.
    """
    if not device.in_standing or device.orders == standing.WIPE:
        raise ProblemError("device-revoked")
    told = standing.of_device(db, device.id)
    if told.recovery is None or told.recovery_ms is None:
        raise ProblemError("no-unlock-code")
    try:
        code = _code_of(keys, device, told.recovery)
    except (SealError, ValueError) as error:
        raise ProblemError("no-unlock-code") from error
    detail = {"reason": reason, "by": "desk" if by else "command"}
    entry = Entry(time=moment(now_ms), action=Action.DEVICE_UNLOCK_CODE, account=by, device=device.id,
                  village=device.village, detail=detail)  # fmt: skip
    record(db, entry)
    return UnlockCode(device.id, shown(code), moment(told.recovery_ms))


def read_out_by_id(
    db: sqlite3.Connection, keys: Keys, device: str, reason: str, now_ms: int, by: str | None
) -> UnlockCode:
    """`read_out` by a phone's id. ProblemError not-found too."""
    found = devices.by_id(db, device)
    if found is None or not found.is_phone:
        raise ProblemError("not-found")
    return read_out(db, keys, found, reason, now_ms, by)


def shown(code: str) -> str:
    """In fours: XXXX-XXXX-XXXX-XXXX."""
    return "-".join(code[at : at + GROUP] for at in range(0, CODE_LENGTH, GROUP))


def _code_of(keys: Keys, device: Device, sealed: bytes) -> str:
    """The 16 characters (Crockford's base32) behind this device's id. SealError or ValueError for anything else."""
    plain = keys.unseal(sealed).decode("ascii")
    code = plain.removeprefix(device.id)
    if len(plain) != len(device.id) + CODE_LENGTH or not _CODE.fullmatch(code):
        raise ValueError("no code of this device")
    return code
