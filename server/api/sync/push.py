"""`POST /sync/v1/push`: operations of one device, in order; an empty push asks how far the server has it."""

from __future__ import annotations

import sqlite3

from litestar import Response, post
from litestar.di import NamedDependency

from server import epochs
from server.api.sync.wire import AnyRequest, SyncServer, body_of, caller, device_of, heading, reply
from server.push_body import read_push
from server.receipts import signed_receipt
from sync.protocol import PushReply, encode


@post(
    "/push",
    status_code=200,
    summary="上报操作",
    description="按顺序上报一台设备的操作，答复已收到哪里、每条结果如何。",
)
async def post_push(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
) -> Response[bytes]:
    hashed, settings = caller(request), server.settings
    body = await body_of(request, settings.batch_bytes_max)
    pushed = read_push(body, settings.batch_operations_max)
    now_ms = server.clock()

    def take(db: sqlite3.Connection) -> tuple[str, PushReply]:
        device = device_of(db, hashed, handing_over=True)
        began = epochs.began_by(db, server.keys, device, pushed.receipt, now_ms)
        # in a new epoch the device compares its history first, so what it sent is left to its next push
        arrived = [] if began else pushed.operations
        taken = server.intake.take(db, device, arrived, pushed.outcomes_after, now_ms)
        scope = db.execute("SELECT number FROM scopes WHERE worker = ?", (device.worker,)).fetchone()
        return device.id, PushReply(
            **heading(db, now_ms),
            acknowledged=taken.acknowledged,
            digest=taken.digest,
            outcomes=[*taken.outcomes, *taken.changed],
            outcomes_cursor=taken.outcomes_cursor,
            scope=scope[0] if scope else 0,
        )

    device, message = await server.store.write(take)
    message.receipt = signed_receipt(
        server.keys, device, message.acknowledged, message.digest, message.epoch, message.time
    )
    return reply(request, encode(message))
