"""`GET /sync/v1/segments`: what a first sync fetches, part by part."""

from __future__ import annotations

import sqlite3

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from grid_map.days import count_day
from server.api.sync.wire import AnyRequest, SyncServer, caller, device_of, heading, renewed_scope, reply
from server.problem import ProblemError
from server.store import scopes
from server.store.changes import Feed, versions_of
from server.store.segments import listed, segment_bytes
from sync.cursor import cursor_text
from sync.protocol import SegmentList, encode
from sync.statehash import hash_text


@get(
    "/segments",
    summary="首次同步的分段",
    description="一个村社在范围内的各分段，以及不晚于其中任何一个的游标。",
)
async def get_segments(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
    village: FromQuery[str],
) -> Response[bytes]:
    hashed, now_ms = caller(request), server.clock()

    def make(db: sqlite3.Connection) -> bytes:
        device = device_of(db, hashed)
        scope = renewed_scope(server, db, device, now_ms)
        if not scopes.follows(scope, village):
            raise ProblemError("forbidden")
        head = heading(db, now_ms)
        entries, version = listed(db, server.keys, scope, village)
        cursor, hashes = cursor_text(head["epoch"], version), None
        if version == versions_of(db, village)[0]:
            found = Feed(db, server.keys, scope, village).hashes()
            hashes = {part: hash_text(value) for part, value in found.items()}
        return encode(SegmentList(**head, scope=scope.number, segments=entries, cursor=cursor, hashes=hashes))

    return reply(request, await server.store.write(make))


@get("/segments/{digest:str}", summary="一个分段", description="zstd 压缩的 JSON 行；可用 Range 断点续传。")
async def get_segment(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
    digest: FromPath[str],
) -> Response[bytes]:
    hashed, today = caller(request), count_day(server.clock())

    def read(db: sqlite3.Connection) -> bytes | None:
        device = device_of(db, hashed)
        scope = scopes.current(db, device.worker, today)
        return None if scope is None else segment_bytes(db, server.keys, scope, digest)

    body = await server.store.read(read)
    if body is None:
        raise ProblemError("not-found")
    return _ranged(request, body)


def _ranged(request: AnyRequest, body: bytes) -> Response[bytes]:
    """The whole segment, or what is left of it from `Range: bytes=N-` on (RFC 9110, section 14)."""
    headers = {"cache-control": "no-store", "accept-ranges": "bytes"}
    unit, _, wanted = request.headers.get("range", "").partition("=")
    start = wanted.removesuffix("-")
    if (
        unit == "bytes"
        and wanted.endswith("-")
        and start.isdecimal()
        and len(start) < 16
        and int(start) < len(body)
    ):
        headers["content-range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return Response(body[int(start) :], status_code=206, media_type="application/zstd", headers=headers)
    return Response(body, media_type="application/zstd", headers=headers)
