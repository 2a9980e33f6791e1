"""`/sync/v1/files` and `/sync/v1/files/uploads/<id>`: resumable uploads after tus 1.0 (tus.io).

Core with the extensions creation, checksum, expiration and termination. Every reply carries `Tus-Resumable`, refusals
too. A device that may only hand over its work may hand over its files as well.
"""

from __future__ import annotations

import base64
import binascii
import os
import sqlite3
from email.utils import formatdate
from typing import Any

from litestar import HttpMethod, Request, Response, Router, delete, head, patch, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath

from forms.problem import Problem
from server.api.sync.wire import AnyRequest, SyncServer, caller, device_of
from server.files.checksum import ALGORITHMS, Checksum
from server.files.picture import EXTENSIONS
from server.files.uploads import HOUR_MS, Uploads
from server.problem import ProblemError, render_error
from server.store import uploads as rows
from server.store.uploads import Upload
from sync.files import is_digest
from sync.ids import uuid7

VERSION = "1.0.0"
OCTETS = "application/offset+octet-stream"
NUMBER_DIGITS_MAX = 15
_EVERY = {"tus-resumable": VERSION, "cache-control": "no-store"}


@route("/files", http_method=[HttpMethod.OPTIONS], status_code=204, include_in_schema=False)
async def tus_options(server: NamedDependency[SyncServer]) -> Response[None]:
    """What this server can; it needs no token."""
    headers = {
        **_EVERY,
        "tus-version": VERSION,
        "tus-max-size": str(server.settings.file_bytes_max),
        "tus-extension": "creation,checksum,expiration,termination",
        "tus-checksum-algorithm": ",".join(ALGORITHMS),
    }
    return Response(None, status_code=204, headers=headers)


@post("/files", status_code=201, include_in_schema=False)
async def post_upload(
    request: AnyRequest, server: NamedDependency[SyncServer], uploads: NamedDependency[Uploads]
) -> Response[bytes]:
    """Begin an upload of `Upload-Length` bytes; `Upload-Metadata` has the file's `digest` and `type`."""
    _check_version(request)
    hashed, now_ms, settings = caller(request), server.clock(), server.settings
    device = await server.store.read(lambda db: device_of(db, hashed, handing_over=True))
    length = _number(request, "upload-length")
    if length > settings.file_bytes_max:
        raise ProblemError(
            "file-too-large",
            headers={"tus-max-size": str(settings.file_bytes_max)},
            file_bytes=settings.file_bytes_max,
        )
    digest, told_type = _metadata(request)
    if length == 0 or told_type not in EXTENSIONS:
        raise ProblemError("file-type-refused")
    upload = Upload(
        id=uuid7(now_ms, os.urandom(10)),
        device=device.id,
        digest=digest,
        length=length,
        received=0,
        stored=0,
        state=rows.OPEN,
        expires_ms=now_ms + settings.upload_hours * HOUR_MS,
    )
    await uploads.begin(upload)
    headers = {"location": f"/sync/v1/files/uploads/{upload.id}", **_headers(upload)}
    return Response(b"", status_code=201, headers=headers)


@head("/files/uploads/{upload:str}", include_in_schema=False)
async def head_upload(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
    uploads: NamedDependency[Uploads],
    upload: FromPath[str],
) -> Response[None]:
    """How far an upload is: what is durable, once whoever is at it has left."""
    _check_version(request)
    async with uploads.alone(upload):
        found = await _standing(request, server, upload)
        headers = {"upload-length": str(found.length), **_headers(found)}
        return Response(None, status_code=200, headers=headers)


@patch("/files/uploads/{upload:str}", status_code=204, request_max_body_size=None, include_in_schema=False)
async def patch_upload(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
    uploads: NamedDependency[Uploads],
    upload: FromPath[str],
) -> Response[None]:
    """More bytes from `Upload-Offset` on; with the last of them the file is checked and kept."""
    _check_version(request)
    if request.headers.get("content-type") != OCTETS or "content-encoding" in request.headers:
        raise ProblemError("unsupported-media", f"Content-Type: {OCTETS}")
    offset, announced = _number(request, "upload-offset"), request.headers.get("upload-checksum")
    checksum = None if announced is None else Checksum(announced)
    async with uploads.alone(upload) as stop:
        found = await _standing(request, server, upload)
        if offset != found.received:
            raise ProblemError("upload-offset", headers={"upload-offset": str(found.received)})
        if (request.content_length or 0) > found.length - offset:
            raise ProblemError("file-too-large", "比所报长度更长 / longer than its length")
        if found.state == rows.OPEN:
            found = await uploads.take(found, request.stream(), checksum, stop)
        return Response(None, status_code=204, headers=_headers(found))


@delete("/files/uploads/{upload:str}", status_code=204, include_in_schema=False)
async def delete_upload(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
    uploads: NamedDependency[Uploads],
    upload: FromPath[str],
) -> Response[None]:
    """Give an upload up; a file that is whole by then stays."""
    _check_version(request)
    async with uploads.alone(upload):
        await uploads.end(await _standing(request, server, upload))
        return Response(None, status_code=204, headers=_EVERY)


async def _standing(request: AnyRequest, server: SyncServer, upload: str) -> Upload:
    """The caller's upload, open or done. ProblemError: not-found for another's, upload-gone for one that is over."""
    hashed, now_ms = caller(request), server.clock()

    def read(db: sqlite3.Connection) -> Upload | None:
        device = device_of(db, hashed, handing_over=True)
        return rows.upload_of(db, device.id, upload)

    found = await server.store.read(read)
    if found is None:
        raise ProblemError("not-found")
    if found.state == rows.ENDED or found.expires_ms <= now_ms:
        raise ProblemError("upload-gone")
    return found


def _headers(upload: Upload) -> dict[str, str]:
    expires = formatdate(upload.expires_ms / 1000, usegmt=True)
    return {**_EVERY, "upload-offset": str(upload.received), "upload-expires": expires}


def _check_version(request: AnyRequest) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise ProblemError("tus-version", headers={"tus-version": VERSION})


def _number(request: AnyRequest, name: str) -> int:
    """A header that is a whole number, not negative."""
    text = request.headers.get(name, "")
    if text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX:
        return int(text)
    raise _invalid(name, "应为不小于零的整数", "a whole number from 0 on")


def _metadata(request: AnyRequest) -> tuple[str, str]:
    """`digest` and `type` of `Upload-Metadata`: pairs of a key and its value in Base64; other keys are not read."""
    found: dict[str, str] = {}
    for pair in request.headers.get("upload-metadata", "").split(","):
        key, _, encoded = pair.strip().partition(" ")
        if key in ("digest", "type"):
            try:
                found[key] = base64.b64decode(encoded, validate=True).decode("ascii")
            except (binascii.Error, ValueError) as error:
                raise _invalid("upload-metadata", f"{key} 无法读取", f"{key} cannot be read") from error
    if not is_digest(found.get("digest", "")):
        raise _invalid(
            "upload-metadata", "digest 应为64位小写十六进制", "digest: 64 lower-case hexadecimal digits"
        )
    return found["digest"], found.get("type", "")


def _invalid(name: str, message: str, message_en: str) -> ProblemError:
    problem = Problem(pointer=f"/{name}", code="invalid-header", message=message, message_en=message_en)
    return ProblemError("request-invalid", problems=[problem])


def _refused(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A refusal that a client of tus reads too."""
    response = render_error(request, error)
    response.headers.setdefault("tus-resumable", VERSION)
    return response


tus = Router(
    "/",
    route_handlers=[tus_options, post_upload, head_upload, patch_upload, delete_upload],
    exception_handlers={Exception: _refused},
)
