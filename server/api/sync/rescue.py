"""`POST /sync/v1/rescue`: a device's work as one sealed file, from itself or by whoever carries it.

Without a token where the device is known here: a locked-out or wiped phone has none to hand. The file proves whose it
is by its signature; who is answered learns counts, and nothing that is in it.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing
from typing import BinaryIO

from litestar import Response, post
from litestar.di import NamedDependency

from server.api.sync.wire import AnyRequest, SyncServer, caller, reply
from server.problem import ProblemError
from server.rescue import Carrier, Rescue
from server.rescue_receiving import LOOK_BYTES, chunks_of
from server.store import devices
from server.store.sessions import session_account
from sync.clock import moment
from sync.protocol import encode
from sync.rescue import HEADER_BYTES_MAX, MAGIC, RescueHeader, RescueUnreadable, read_header

OCTETS = "application/octet-stream"


@post(
    "/rescue",
    status_code=200,
    summary="交入救援文件",
    description="设备自己或由他人代交的密封文件；重复交入不改变任何内容；有审计记录。",
    request_max_body_size=None,
    security=[{}, {"bearer": []}],
)
async def post_rescue(
    request: AnyRequest, server: NamedDependency[SyncServer], rescue: NamedDependency[Rescue]
) -> Response[bytes]:
    bytes_max = server.settings.rescue_bytes_max
    if request.headers.get("content-type", OCTETS).partition(";")[0].strip() != OCTETS:
        raise ProblemError("unsupported-media", f"Content-Type: {OCTETS}")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ProblemError("unsupported-media", "Content-Encoding")
    if (request.content_length or 0) > bytes_max:
        raise ProblemError("rescue-too-large", rescue_bytes=bytes_max)
    carrier = await _carrier(request, server)
    await asyncio.to_thread(rescue.files.refuse_on_full_disk, request.content_length or bytes_max)
    with ExitStack() as until_taken:
        file = until_taken.enter_context(tempfile.TemporaryFile(dir=server.settings.data))
        size = await _received(request.stream(), file, bytes_max, rescue, carrier, until_taken)
        async with rescue.at_once:
            message = await asyncio.to_thread(rescue.take, file, size, carrier)
    return reply(request, encode(message))


async def _carrier(request: AnyRequest, server: SyncServer) -> Carrier | None:
    """The phone in standing, or the account at a desk, whose token came along; None where none did or it is over."""
    if "authorization" not in request.headers:
        return None
    hashed, now = caller(request), moment(server.clock())

    def read(db: sqlite3.Connection) -> Carrier | None:
        device = devices.by_token(db, hashed)
        if device is not None:
            if not device.in_standing or device.closed_ms is not None:
                return None
            return Carrier(account=device.worker, device=device.id, division=device.village)
        account = session_account(db, hashed, now)
        return None if account is None else Carrier(account=account.id, division=account.division)

    return await server.store.read(read)


async def _received(
    body: AsyncIterator[bytes],
    file: BinaryIO,
    bytes_max: int,
    rescue: Rescue,
    carrier: Carrier | None,
    until_taken: ExitStack,
) -> int:
    """Write the body into a file; its size. Whose it is, is asked as soon as its header is there."""
    size, begin, looked = 0, bytearray(), 0
    asked = False
    async with aclosing(chunks_of(body)) as chunks:
        async for chunk in chunks:
            size += len(chunk)
            if size > bytes_max:
                raise ProblemError("rescue-too-large", rescue_bytes=bytes_max)
            if not asked:
                begin += chunk
                header = _header(bytes(begin))
                if header is not None:
                    await asyncio.to_thread(rescue.admit, header, carrier)
                    by = None if carrier is None else carrier.account
                    until_taken.enter_context(rescue.under_way.one(by, header.device))
                    asked = True
            if size - looked > LOOK_BYTES:
                await asyncio.to_thread(rescue.files.refuse_on_full_disk, 0)
                looked = size
            await asyncio.to_thread(file.write, chunk)
    return size


def _header(begin: bytes) -> RescueHeader | None:
    """The header, once it is there. RescueUnreadable as soon as it cannot come any more."""
    if not MAGIC.startswith(begin[: len(MAGIC)]):
        raise RescueUnreadable("no rescue file")
    end = begin.find(b"\n", len(MAGIC))
    if end < 0:
        if len(begin) > len(MAGIC) + HEADER_BYTES_MAX:
            raise RescueUnreadable("no header")
        return None
    return read_header(begin[len(MAGIC) : end])
