"""`POST /sync/v1/unlock`: a forgotten PIN. The account opens the data key that the device had sealed to the server.

Without a token, which lies behind the forgotten PIN itself (docs/decisions/0016): the device is the one whose id is
sealed with the key, so only that device's worker is answered, whoever asks.
"""

from __future__ import annotations

import base64
import sqlite3

from litestar import Response, post
from litestar.di import NamedDependency

from server.api.sync.wire import (
    AnyRequest,
    SyncServer,
    body_of,
    caller,
    decoded,
    device_of,
    heading,
    reply,
)
from server.auth import SignIn, address_of, check_password
from server.keys import Keys
from server.passwords import Passwords
from server.problem import ProblemError
from server.roles import Action
from server.store import confirmations, devices
from server.store.audit import Entry, record
from server.store.devices import Device
from server.store.standing import WIPE
from sync.clock import moment
from sync.ids import is_uuid
from sync.protocol import UnlockReply, UnlockRequest, encode
from sync.sealing import SealError

DATA_KEY_BYTES = 32
_NOT_ITS_OWN = "数据密钥不是这台设备封的 / not sealed by this device"


@post(
    "/unlock",
    status_code=200,
    summary="解锁设备",
    description="忘记口令时，用账号取回设备数据密钥；无需设备凭证；有审计记录。",
    security=[{}, {"bearer": []}],
)
async def post_unlock(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
    passwords: NamedDependency[Passwords],
) -> Response[bytes]:
    hashed, now_ms = _token_of(request), server.clock()
    wanted = decoded(await body_of(request, server.settings.batch_bytes_max), UnlockRequest)
    given = SignIn(wanted.username, wanted.password)
    account = await check_password(
        server.store, passwords, server.settings, now_ms, given, address_of(request)
    )
    identifier, data_key = _unsealed(server.keys, wanted.sealed_data_key)
    device = await server.store.read(lambda db: _named(db, identifier, hashed))
    if device.worker != account.id:
        raise ProblemError("forbidden")
    entry = Entry(time=moment(now_ms), action=Action.DEVICE_UNLOCK, account=account.id, device=device.id,
                  village=device.village)  # fmt: skip
    await server.store.write(lambda db: record(db, entry))
    head = await server.store.read(lambda db: heading(db, now_ms))
    return reply(request, encode(UnlockReply(**head, data_key=base64.b64encode(data_key).decode())))


def _token_of(request: AnyRequest) -> bytes | None:
    """The hash of the token, where one was sent."""
    return caller(request) if "authorization" in request.headers else None


def _unsealed(keys: Keys, sealed: str) -> tuple[str, bytes]:
    """The id of the device that sealed its data key, and the key. ProblemError request-invalid for anything else.

    What is sealed begins with the device's id, or whoever finds a colleague's phone, or a rescue file, could have it
    opened here in his own name.
    """
    try:
        plain = keys.unseal(base64.b64decode(sealed, validate=True))
        identifier, data_key = plain[:-DATA_KEY_BYTES].decode("ascii"), plain[-DATA_KEY_BYTES:]
    except (SealError, ValueError) as error:
        raise ProblemError(
            "request-invalid", "数据密钥不是封给本服务器的 / not sealed to this server"
        ) from error
    if not is_uuid(identifier):
        raise ProblemError("request-invalid", _NOT_ITS_OWN)
    return identifier, data_key


def _named(db: sqlite3.Connection, identifier: str, hashed: bytes | None) -> Device:
    """The device that sealed the key, not revoked; where a token was sent, it is that device's.

    One that is only locked is answered: a mislaid phone that was found, and whose PIN is gone, opens by its account.

    One that another identity continues is answered too: it may hold work that is not handed over.
    """
    if hashed is not None and device_of(db, hashed, handing_over=True).id != identifier:
        raise ProblemError("request-invalid", _NOT_ITS_OWN)
    device = devices.by_id(db, identifier)
    if device is None:
        raise ProblemError("unknown-device")
    if not device.in_standing or device.orders == WIPE:
        raise ProblemError("device-revoked")
    if not confirmations.is_confirmed(db, device.id):
        raise ProblemError("device-unconfirmed")
    return device
