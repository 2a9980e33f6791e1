"""Real pictures for tests of files, and the upload calls as any client of tus makes them."""

from __future__ import annotations

import base64
import hashlib
import io
import random
from typing import Any

import httpx
from PIL import Image

from tests.server.sync_device import SyncDevice

UPLOADS = "/sync/v1/files"
TUS = {"tus-resumable": "1.0.0"}
OCTETS = "application/offset+octet-stream"


def picture(seed: int = 0, side: int = 64, form: str = "JPEG", **saving: Any) -> bytes:
    """A picture of noise, so that it does not compress: at quality 95 about a byte a pixel."""
    noise = random.Random(seed).randbytes(side * side * 3)
    made = io.BytesIO()
    Image.frombytes("RGB", (side, side), noise).save(made, form, **({"quality": 95} | saving))
    return made.getvalue()


def digest_of(plain: bytes) -> str:
    return hashlib.sha256(plain).hexdigest()


def metadata(**pairs: str) -> str:
    """`Upload-Metadata`."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def call(device: SyncDevice, method: str, path: str, **more: Any) -> httpx.Response:
    """A call as the device, whatever its answer."""
    headers = {"authorization": f"Bearer {device.token}"} | TUS | more.pop("headers", {})
    return device.client.request(method, path, headers=headers, **more)


def begin(device: SyncDevice, plain: bytes, **headers: str) -> httpx.Response:
    """Begin an upload of these bytes."""
    named = {
        "upload-length": str(len(plain)),
        "upload-metadata": metadata(digest=digest_of(plain), type="image/jpeg"),
    }
    return call(device, "POST", UPLOADS, headers=named | headers)


def add(device: SyncDevice, where: str, offset: int, piece: bytes, **headers: str) -> httpx.Response:
    """Send a piece from an offset on."""
    given = {"content-type": OCTETS, "upload-offset": str(offset)}
    return call(device, "PATCH", where, content=piece, headers=given | headers)


def upload(device: SyncDevice, plain: bytes) -> httpx.Response:
    """A whole upload in one piece; what the piece was answered with."""
    return add(device, begin(device, plain).headers["location"], 0, plain)


def known(device: SyncDevice, *digests: str) -> list[str]:
    """Which of them the server has durably."""
    reply = call(device, "POST", f"{UPLOADS}/known", json={"digests": list(digests)})
    durable: list[str] = reply.json()["durable"]
    return durable
