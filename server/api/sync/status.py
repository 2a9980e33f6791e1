"""`POST /sync/v1/status`: how a device stands, answered with its scope and orders."""

from __future__ import annotations

import sqlite3

from litestar import Response, post
from litestar.di import NamedDependency

from grid_map.days import count_day
from server import epochs
from server.api.sync.wire import (
    AnyRequest,
    SyncServer,
    asked_of_clients,
    body_of,
    caller,
    decoded,
    device_of,
    heading,
    renewed_scope,
    reply,
)
from server.store import batches, devices, standing
from server.store.audit import Entry, record
from server.unlock_code import keep_recovery
from sync.clock import moment
from sync.protocol import StatusReply, StatusRequest, encode


@post(
    "/status",
    status_code=200,
    summary="设备状态",
    description="设备上报最后一条操作和待传数量，答复范围与指令。",
)
async def post_status(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
) -> Response[bytes]:
    hashed, now_ms = caller(request), server.clock()
    report = decoded(await body_of(request, server.settings.batch_bytes_max), StatusRequest)
    today = count_day(now_ms)

    def take(db: sqlite3.Connection) -> bytes:
        device = device_of(db, hashed, handing_over=True)
        epochs.began_by(db, server.keys, device, report.receipt, now_ms)
        told = report.counter, report.digest, report.pending_operations, report.oldest_pending
        devices.report_status(db, device.id, today.isoformat(), now_ms, told)
        standing.note_status(db, device.id, report.sealing_key, report.pending_files)
        standing.note_told(db, device.id, device.orders, now_ms)
        if report.recovery is not None:
            keep_recovery(db, server.keys, device, report.recovery, now_ms)
        if report.diverged_parts:
            detail = {"parts": " ".join(report.diverged_parts)}
            record(
                db,
                Entry(time=moment(now_ms), action="device.diverged", device=device.id, village=device.village,
                      detail=detail),
            )  # fmt: skip
        where, most = (device.village, device.id), server.settings.outcomes_page_max
        changed = batches.changed_outcomes(db, server.keys, *where, report.outcomes_after, most)
        return encode(
            StatusReply(
                **heading(db, now_ms),
                acknowledged=device.acknowledged,
                digest=device.digest,
                scope=renewed_scope(server, db, device, now_ms),
                orders=device.orders,
                outcomes=changed,
                outcomes_cursor=(changed[-1].cursor or 0) if changed else report.outcomes_after,
                **asked_of_clients(server),
            )
        )

    return reply(request, await server.store.write(take))
