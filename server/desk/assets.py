"""`/desk/assets/…`: the desk's own styles and scripts, and the libraries that npm brought. Nothing else is served."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from server.problem import ProblemError

STATIC = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
COMPRESSED = frozenset({".css", ".js", ".svg", ".json"})


@get("/assets/{path:path}", include_in_schema=False)
async def asset(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
    """A file of `static/`, kept by browsers for ever: its address changes with its content."""
    name = path.lstrip("/")
    packed = "gzip" in request.headers.get("accept-encoding", "")
    found = _content(name, packed)
    if found is None:
        raise ProblemError("not-found")
    body, encoding = found
    headers = {
        "cache-control": FOREVER,
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
    }
    if encoding:
        headers["content-encoding"] = encoding
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
    return Response(body, media_type=kind or "application/octet-stream", headers=headers)


def asset_address(name: str) -> str:
    """The address of a file of `static/`, for templates: `{{ asset("desk.css") }}`."""
    return f"/desk/assets/{name}?v={_digest(name)}"


@lru_cache(maxsize=64)
def _digest(name: str) -> str:
    file = _file(name)
    return "missing" if file is None else hashlib.sha256(file.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=128)
def _content(name: str, packed: bool) -> tuple[bytes, str] | None:
    file = _file(name)
    if file is None:
        return None
    body = file.read_bytes()
    if packed and file.suffix in COMPRESSED:
        return gzip.compress(body, 9, mtime=0), "gzip"
    return body, ""


def _file(name: str) -> Path | None:
    file = (STATIC / name).resolve()
    return file if file.is_relative_to(STATIC) and file.is_file() else None
