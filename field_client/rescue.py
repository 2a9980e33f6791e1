"""Rescue files: a device's sealed rows as one signed file, sent by itself or carried by a colleague's device.

A file that was handed in is kept for 30 days and handed in again in a new epoch: a server that was set back gets it
again. It is encrypted already, so it lies as it is (`wiping.carried_folder`).
"""

from __future__ import annotations

import base64
import hashlib
import io
from pathlib import Path

import msgspec

from field_client.errors import FieldError, Mistyped
from field_client.exchange import Exchange
from field_client.head import Head, Standing
from field_client.outbox import KEPT_MS
from field_client.store import Store
from field_client.transport import Transport
from field_client.wiping import carried_folder
from sync.protocol import RescueReply
from sync.rescue import RescueHeader, RescueUnreadable, check_rescue, rescue_file
from sync.sealing import PrivateKey, point_of

_CARRIED = "carried"


class Carried(msgspec.Struct, frozen=True):
    """A file that was handed in here: its SHA-256, when, and in which epoch the server took it last."""

    digest: str
    handed_ms: int
    epoch: str


def made_file(head: Head, standing: Standing, key: PrivateKey, worker: str, made_at: str) -> bytes:
    """The rescue file of what is kept. `worker` is empty where the vault is closed. FieldError if it is too large."""
    rows = head.kept()
    header = head.header
    assert header is not None
    told = RescueHeader(
        device=standing.device,
        worker=worker,
        made_at=made_at,
        epoch=standing.epoch,
        cipher=header.cipher,
        sealing_key=standing.sealing_key,
        sealed_data_key=base64.b64encode(standing.sealed_data_key).decode(),
        signing_key=base64.b64encode(point_of(key)).decode(),
        rows=len(rows),
        unsent=sum(row.unsent for row in rows),
    )
    content = rescue_file(told, ((row.place, row.sealed) for row in rows), key)
    if len(content) > standing.rescue_bytes:
        raise FieldError(
            "未上报的内容太多，一个救援文件装不下，请尽快联网同步",
            "what waits is more than one rescue file holds; sync instead",
        )
    return content


def send_file(transport: Transport, content: bytes, token: str | None) -> RescueReply:
    """Hand a file in. `token`: the carrier's, where it is not the device's own file."""
    return transport.post("/rescue", content, RescueReply, token, "application/octet-stream")


def hand_in(exchange: Exchange, file: Path, server_ms: int) -> RescueReply:
    """Hand a colleague's file in as its carrier, and keep it. Mistyped for what is no rescue file."""
    content = file.read_bytes()
    try:
        check_rescue(io.BytesIO(content).read, len(content))
    except RescueUnreadable as error:
        raise Mistyped(
            f"{file} 不是完整的救援文件", f"{file} is no whole rescue file: {error}",
            "请对方重新生成：allpost-field rescue make", "have it made again: allpost-field rescue make",
        ) from error  # fmt: skip
    reply = exchange.call(lambda: send_file(exchange.transport, content, exchange.identity.token))
    digest = hashlib.sha256(content).hexdigest()
    folder = carried_folder(exchange.store.path)
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / digest).write_bytes(content)
    kept = [one for one in carried(exchange.store) if one.digest != digest]
    exchange.store.set_meta(_CARRIED, [*kept, Carried(digest, server_ms, reply.epoch)])
    return reply


def carried(store: Store) -> list[Carried]:
    """The colleagues' files that are kept."""
    return store.meta(_CARRIED, list[Carried]) or []


def hand_in_again(exchange: Exchange, server_ms: int) -> int:
    """Hand carried files in again where the server is in another epoch, forget those of 30 days ago; how many again."""
    store, epoch, again = exchange.store, exchange.identity.epoch, 0
    before, kept = carried(exchange.store), []
    for one in before:
        file = carried_folder(store.path) / one.digest
        if not file.exists():
            continue
        if one.epoch != epoch:
            _send_again(exchange, file.read_bytes())
            again += 1
        if one.handed_ms < server_ms - KEPT_MS:
            file.unlink()
        else:
            kept.append(msgspec.structs.replace(one, epoch=epoch))
    if kept != before:
        store.set_meta(_CARRIED, kept)
    return again


def _send_again(exchange: Exchange, content: bytes) -> None:
    exchange.call(lambda: send_file(exchange.transport, content, exchange.identity.token))
