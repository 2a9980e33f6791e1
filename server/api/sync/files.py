"""`/sync/v1/files/known` and `/sync/v1/files/<digest>`: what is durable here, and a file for whoever may see it."""

from __future__ import annotations

import asyncio
import sqlite3

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.api.sync.wire import (
    AnyRequest,
    SyncServer,
    body_of,
    caller,
    decoded,
    device_of,
    heading,
    renewed_scope,
    reply,
)
from server.files.rights import file_for_device
from server.files.serving import file_reply
from server.files.uploads import Uploads
from server.problem import ProblemError
from server.store.audit import Entry, record
from server.store.files import File
from sync.clock import moment
from sync.protocol import FilesKnownReply, FilesKnownRequest, encode


@post(
    "/files/known",
    status_code=200,
    summary="哪些文件已存妥",
    description="所问的摘要中，哪些文件已完整、核对过并存妥；设备据此才可删除本机的副本。",
)
async def post_files_known(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
    uploads: NamedDependency[Uploads],
) -> Response[bytes]:
    hashed, now_ms = caller(request), server.clock()
    asked = decoded(await body_of(request, server.settings.batch_bytes_max), FilesKnownRequest)

    def read(db: sqlite3.Connection) -> FilesKnownReply:
        device_of(db, hashed, handing_over=True)
        return FilesKnownReply(**heading(db, now_ms), durable=[])

    told = await server.store.read(read)
    told.durable = await asyncio.to_thread(uploads.files.durable, asked.digests)
    return reply(request, encode(told))


@get(
    "/files/{digest:str}",
    summary="一个文件",
    description="范围内的记录提到的、或本人上传的文件，以附件下载；每次都记入审计。",
)
async def get_file(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
    uploads: NamedDependency[Uploads],
    digest: FromPath[str],
) -> Response[bytes]:
    hashed, now_ms = caller(request), server.clock()

    def look(db: sqlite3.Connection) -> File:
        device = device_of(db, hashed)
        found = file_for_device(db, device, renewed_scope(server, db, device, now_ms), digest)
        if found is None:
            raise ProblemError("not-found")
        file, village = found
        entry = Entry(
            time=moment(now_ms), action="file.read", account=device.worker, device=device.id,
            subject_kind="file", subject=digest, village=village,
        )  # fmt: skip
        record(db, entry)
        return file

    return await file_reply(uploads.files.folder, await server.store.write(look))
