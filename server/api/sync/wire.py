"""What the calls of the sync have in common: whose device calls, bodies, and replies that nobody caches."""

from __future__ import annotations

import gzip
import io
import sqlite3
from typing import Any, TypedDict, TypeVar

import msgspec
import zstandard
from litestar import Request, Response

from grid_map.days import count_day
from server.auth import bearer_token, token_hash
from server.clock import Clock
from server.intake import Intake
from server.keys import Keys
from server.problem import ProblemError
from server.settings import Settings
from server.store import confirmations, devices, scopes
from server.store.changes import epoch_of
from server.store.devices import Device
from server.store.engine import Store
from server.store.feeds import flush, send_again
from server.store.standing import NO_ORDERS
from server.store.world import StoreWorld
from sync.clock import moment
from sync.operation import OPERATION_BYTES_MAX
from sync.protocol import Limits, PublicKey
from sync.scope import Scope

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")
COMPRESS_BYTES_MIN = 1024
_NO_STORE = {"cache-control": "no-store"}


class SyncServer:
    """What the sync's handlers work with: the store, what a push needs beside it, and the time.

    One value, as the framework starts a task for each that a handler asks for.
    """

    def __init__(self, store: Store, keys: Keys, settings: Settings, intake: Intake, clock: Clock) -> None:
        self.store = store
        self.keys = keys
        self.settings = settings
        self.intake = intake
        self.clock = clock


def device_of(db: sqlite3.Connection, hashed: bytes, *, handing_over: bool = False) -> Device:
    """The calling device. A revoked one, or one of a closed account, may only hand over its work.

    So may one that another identity continues: whoever still uses it is a clone, which has to enrol anew to read.
    One under the order `lock` may do the same, whatever its program makes of the order.
    Raises ProblemError: unknown-device, device-revoked, device-locked, device-unconfirmed.
    """
    device = devices.by_token(db, hashed)
    if device is None or (device.closed_ms is not None and not handing_over):
        raise ProblemError("unknown-device")
    if not handing_over and not device.in_standing:
        raise ProblemError("device-revoked")
    if not handing_over and device.orders != NO_ORDERS:
        raise ProblemError("device-locked")
    if not handing_over and not confirmations.is_confirmed(db, device.id):
        raise ProblemError("device-unconfirmed")
    return device


def caller(request: AnyRequest) -> bytes:
    """The hash of the caller's token."""
    return token_hash(bearer_token(request.scope))


async def body_of(request: AnyRequest, bytes_max: int) -> bytes:
    """The request's body, decompressed to at most `bytes_max` bytes. ProblemError if it is larger or damaged."""
    body = await request.body()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    try:
        if encoding == "zstd":
            with zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(body) as reader:
                body = reader.read(bytes_max + 1)
        elif encoding == "gzip":
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as reader:
                body = reader.read(bytes_max + 1)
        elif encoding != "identity":
            raise ProblemError("unsupported-media", f"Content-Encoding: {encoding}")
    except (zstandard.ZstdError, OSError, EOFError, ValueError) as error:
        raise ProblemError("bad-encoding") from error
    if len(body) > bytes_max:
        raise ProblemError("decompression-too-large" if encoding != "identity" else "batch-too-large")
    return body


def decoded(body: bytes, kind: type[T]) -> T:
    """A request's message. ProblemError if it is not one."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError("unreadable-body", str(error)) from error


def reply(request: AnyRequest, body: bytes) -> Response[bytes]:
    """A JSON reply, compressed as the client accepts it where that is worth it."""
    headers = _NO_STORE
    if len(body) >= COMPRESS_BYTES_MIN:
        accepted = request.headers.get("accept-encoding", "")
        if "zstd" in accepted:
            body, headers = (
                zstandard.ZstdCompressor(level=3).compress(body),
                {**_NO_STORE, "content-encoding": "zstd"},
            )
        elif "gzip" in accepted:
            body, headers = gzip.compress(body, 5), {**_NO_STORE, "content-encoding": "gzip"}
    return Response(body, media_type="application/json", headers=headers)


class Heading(TypedDict):
    """What every reply carries: the epoch and the server's time."""

    epoch: str
    time: str


def heading(db: sqlite3.Connection, now_ms: int) -> Heading:
    """The epoch, and the server's time."""
    return Heading(epoch=epoch_of(db), time=moment(now_ms))


class Asked(TypedDict):
    """What the server asks of every client: limits, and the keys that receipts and sealed keys are under now."""

    limits: Limits
    signing: PublicKey
    sealing: PublicKey


def asked_of_clients(server: SyncServer) -> Asked:
    """The limits and public keys of this server, as they are now."""
    settings, signing, sealing = server.settings, server.keys.signing[-1], server.keys.sealing[-1]
    return Asked(
        limits=Limits(
            batch_operations=settings.batch_operations_max,
            batch_bytes=settings.batch_bytes_max,
            operation_bytes=OPERATION_BYTES_MAX,
            page_records=settings.changes_page_records_max,
            lease_working_days=settings.lease_working_days,
            file_bytes=settings.file_bytes_max,
            rescue_bytes=settings.rescue_bytes_max,
            cipher=settings.cipher,
        ),
        signing=PublicKey(signing.id, signing.public),
        sealing=PublicKey(sealing.id, sealing.public),
    )


async def scope_for(server: SyncServer, device: Device, now_ms: int) -> Scope:
    """The device's scope today, worked out anew where the day or the assignments have changed."""
    today = count_day(now_ms)
    found = await server.store.read(lambda db: scopes.current(db, device.worker, today))
    if found is not None:
        return found
    return await server.store.write(lambda db: renewed_scope(server, db, device, now_ms))


def renewed_scope(server: SyncServer, db: sqlite3.Connection, device: Device, now_ms: int) -> Scope:
    """Work a scope out in a write; what the worker's cases need from grids that left it is sent again."""
    knowledge = server.intake.knowledge
    before = scopes.stored(db, device.worker)
    scope = scopes.refresh(db, knowledge, device.worker, device.division, count_day(now_ms))
    if before is not None and before.number != scope.number:
        world = StoreWorld(db, server.keys, knowledge, now_ms)
        for of in scope.villages:
            lost = before.grids(of.village).difference(of.grids)
            if lost:
                send_again(world, of.village, device.worker, sorted(lost))
        flush(world)
    return scope
