"""Bytes of a file as a reply: always an attachment of its stored type, which no browser renders or runs."""

from __future__ import annotations

import asyncio

from litestar import Response

from server.files.folder import FileFolder
from server.files.picture import EXTENSIONS
from server.problem import ProblemError
from server.store.files import File

GUARDS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}


async def file_reply(folder: FileFolder, file: File) -> Response[bytes]:
    """The file, under a name made of its digest. ProblemError not-found where its bytes are not on the disk."""
    plain = await asyncio.to_thread(folder.read, file.digest)
    if plain is None:
        raise ProblemError("not-found")
    name = f"{file.digest[:16]}.{EXTENSIONS[file.type]}"
    headers = {**GUARDS, "content-disposition": f'attachment; filename="{name}"'}
    return Response(plain, media_type=file.type, headers=headers)
