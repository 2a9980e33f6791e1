"""`POST /sync/v1/unlock`: a forgotten PIN. The account opens the data key that the device had sealed to the server."""

from __future__ import annotations

import base64

from litestar import Response, post
from litestar.di import NamedDependency

from server.api.sync.wire import AnyRequest, SyncServer, body_of, caller, decoded, device_of, heading, reply
from server.auth import SignIn, address_of, check_password
from server.keys import Keys
from server.passwords import Passwords
from server.problem import ProblemError
from server.roles import Action
from server.store.audit import Entry, record
from sync.clock import moment
from sync.protocol import UnlockReply, UnlockRequest, encode
from sync.sealing import SealError

DATA_KEY_BYTES = 32


@post(
    "/unlock",
    status_code=200,
    summary="解锁设备",
    description="忘记口令时，用账号取回设备数据密钥；有审计记录。",
)
async def post_unlock(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
    passwords: NamedDependency[Passwords],
) -> Response[bytes]:
    hashed, now_ms = caller(request), server.clock()
    wanted = decoded(await body_of(request, server.settings.batch_bytes_max), UnlockRequest)
    given = SignIn(wanted.username, wanted.password)
    account = await check_password(
        server.store, passwords, server.settings, now_ms, given, address_of(request)
    )
    device = await server.store.read(lambda db: device_of(db, hashed))
    if device.worker != account.id:
        raise ProblemError("forbidden")
    data_key = _data_key(server.keys, wanted.sealed_data_key, device.id)
    entry = Entry(time=moment(now_ms), action=Action.DEVICE_UNLOCK, account=account.id, device=device.id,
                  village=device.village)  # fmt: skip
    await server.store.write(lambda db: record(db, entry))
    head = await server.store.read(lambda db: heading(db, now_ms))
    return reply(request, encode(UnlockReply(**head, data_key=base64.b64encode(data_key).decode())))


def _data_key(keys: Keys, sealed: str, device: str) -> bytes:
    """The data key that this very device sealed. ProblemError request-invalid for anything else.

    What is sealed begins with the device's id, or whoever finds a colleague's phone, or a rescue file, could have it
    opened here in his own name.
    """
    try:
        plain = keys.unseal(base64.b64decode(sealed, validate=True))
    except (SealError, ValueError) as error:
        raise ProblemError(
            "request-invalid", "数据密钥不是封给本服务器的 / not sealed to this server"
        ) from error
    data_key = plain.removeprefix(device.encode())
    if len(plain) != len(device) + DATA_KEY_BYTES or len(data_key) != DATA_KEY_BYTES:
        raise ProblemError("request-invalid", "数据密钥不是这台设备封的 / not sealed by this device")
    return data_key
