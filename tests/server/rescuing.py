"""Rescue files of the phones that tests play: what lies on such a phone, sealed as a real one would."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from sync.cipher import AES_256_GCM, cipher_of
from sync.rescue import RescueHeader, rescue_file
from sync.sealing import SEAL_RANDOM_BYTES, PrivateKey, key_id, point_of, seal
from tests.server.sync_device import API, SyncDevice

DATA_KEY = bytes(range(32))


def rescue_of(
    phone: SyncDevice,
    counters: Sequence[int] | None = None,
    *,
    files: Sequence[bytes] = (),
    cipher: str = AES_256_GCM,
    signing: PrivateKey | None = None,
    sealed_as: str | None = None,
    places: dict[str, str] | None = None,
    more: Sequence[tuple[str, bytes]] = (),
    **header: Any,
) -> bytes:
    """The file of these operations (all of them by default) and files, by the phone's own keys.

    signing, sealed_as, places, header: where a test lies about who signs, whose data key it is, and what is where
    """
    work = cipher_of(cipher, DATA_KEY)
    which = range(1, len(phone.captured) + 1) if counters is None else counters
    plain = {
        f"outbox:{counter}:open": msgspec.json.encode(
            {"counter": counter, "exact": phone.captured[counter - 1].decode(), "kind": "more than asked for"}
        )
        for counter in which
    }
    plain |= {f"files:{hashlib.sha256(file).hexdigest()}": file for file in files}
    rows = [
        ((places or {}).get(place, place), work.seal(what, place.encode(), os.urandom(work.nonce_bytes)))
        for place, what in plain.items()
    ] + list(more)
    sealed = seal(
        phone.sealing_point, (sealed_as or phone.device).encode() + DATA_KEY, os.urandom(SEAL_RANDOM_BYTES)
    )
    told: dict[str, Any] = {
        "device": phone.device,
        "worker": phone.worker["name"],
        "made_at": "2026-11-23T08:00:00.000Z",
        "epoch": phone.epoch,
        "cipher": cipher,
        "sealing_key": key_id(phone.sealing_point),
        "sealed_data_key": base64.b64encode(sealed).decode(),
        "signing_key": base64.b64encode(point_of(phone.signing_key)).decode(),
        "rows": len(rows),
        "unsent": len(plain),
    }
    return rescue_file(RescueHeader(**(told | header)), rows, signing or phone.signing_key)


def hand_in(client: httpx.Client, file: bytes, token: str | None = None) -> httpx.Response:
    """Hand a file in, with or without a carrier's token."""
    headers = {"content-type": "application/octet-stream"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    return client.post(f"{API}/rescue", content=file, headers=headers)


def handed_in(client: httpx.Client, file: bytes, token: str | None = None) -> dict[str, Any]:
    """The reply to a file that is taken."""
    reply = hand_in(client, file, token)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())
