"""`POST /sync/v1/orders`: a phone whose vault is closed asks what it is to do, signed by its own key, without a token.

A phone that is not known and one whose signature does not hold get the same answer.
"""

from __future__ import annotations

import base64
import binascii
import sqlite3

from litestar import Response, post
from litestar.di import NamedDependency

from forms.problem import Problem
from server.api.sync.wire import AnyRequest, SyncServer, body_of, decoded, heading, reply
from server.problem import ProblemError
from server.store import devices, standing
from server.store.audit import Entry, record
from server.store.devices import Device
from sync.clock import moment, moment_ms
from sync.protocol import OrdersReply, OrdersRequest, encode, orders_message
from sync.sealing import verify

BODY_BYTES_MAX = 4096
TIME_OFF_MS_MAX = 24 * 3600 * 1000
WIPED = "device.wiped"


@post(
    "/orders",
    status_code=200,
    summary="询问指令",
    description="锁着的设备凭自己的签名询问指令；清除后告知已清除。",
    security=[{}],
)
async def post_orders(request: AnyRequest, server: NamedDependency[SyncServer]) -> Response[bytes]:
    now_ms = server.clock()
    asked = decoded(await body_of(request, BODY_BYTES_MAX), OrdersRequest)
    device = await server.store.read(lambda db: devices.by_id(db, asked.device))
    if device is None or not device.is_phone or not _signed(asked, device):
        raise ProblemError("unknown-device")
    _check_time(asked.time, now_ms)

    def write(db: sqlite3.Connection) -> bytes:
        found = devices.by_id(db, asked.device) or device
        devices.set_contact(db, found.id, now_ms)
        standing.note_told(db, found.id, found.orders, now_ms)
        if asked.wiped and standing.note_wiped(db, found.id, now_ms):
            record(db, Entry(time=moment(now_ms), action=WIPED, device=found.id, village=found.village))
        return encode(
            OrdersReply(
                **heading(db, now_ms),
                orders=found.orders,
                acknowledged=found.acknowledged,
                digest=found.digest,
            )
        )

    return reply(request, await server.store.write(write))


def _signed(asked: OrdersRequest, device: Device) -> bool:
    try:
        point = base64.b64decode(device.signing_key, validate=True)
        signature = base64.b64decode(asked.signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return verify(point, signature, orders_message(asked.device, asked.time, asked.wiped))


def _check_time(time: str, now_ms: int) -> None:
    """An old request, kept by somebody, asks nothing and tells of no wipe. The problem carries the server's time."""
    try:
        off_ms = abs(moment_ms(time) - now_ms)
    except ValueError:
        off_ms = TIME_OFF_MS_MAX + 1
    if off_ms > TIME_OFF_MS_MAX:
        found = Problem(
            pointer="/time",
            code="time-off",
            message="时间与服务器相差一天以上",
            message_en="the time is more than a day from the server's",
        )
        raise ProblemError("request-invalid", problems=[found], time=moment(now_ms))
