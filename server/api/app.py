"""`/app/`: the phone app as it was built, and what a phone has to know before anybody signs in.

The files are a folder (the setting `app`); nothing of the app's code is known here. Files named after their content
are kept by browsers for a year, everything else is asked for anew each time, so that an update is found.
"""

import asyncio
import gzip
import html
import importlib.metadata
import mimetypes
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.status_codes import (
    HTTP_304_NOT_MODIFIED,
    HTTP_308_PERMANENT_REDIRECT,
    HTTP_503_SERVICE_UNAVAILABLE,
)

from server.problem import ProblemError
from server.settings import Settings
from server.store.accounts import demonstration_exists
from server.store.engine import Store

BESIDE_THE_PACKAGES = Path(__file__).parents[2] / "field_client" / "app" / "dist"
HASHED = "assets/"
FOREVER = "public, max-age=31536000, immutable"
COMPRESSED_FROM_BYTES = 1024
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
PACKED_ALREADY = frozenset({".png", ".woff2", ".jpg", ".webp"})

MISSING = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>全岗通</title>
<h1>手机应用还没有构建</h1><p>请在服务器的源代码文件夹里运行 <code>make app</code>，再刷新本页。</p>
<p lang="en">The phone app is not built yet: run <code>make app</code> in the source folder, then load
this page again.</p>
<p><small>{folder}</small></p></html>"""


@get(["/app", "/app/{path:path}"], include_in_schema=False)
async def app_file(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], path: FromPath[str] = ""
) -> Response[Any]:
    """A file of the built app; its first page for `/app/`."""
    if request.scope["raw_path"] == b"/app":  # the router cuts the last slash off `path`
        return Redirect("/app/", status_code=HTTP_308_PERMANENT_REDIRECT)
    return await asyncio.to_thread(_file, request, settings, path.lstrip("/") or "index.html")


def _file(request: Request[Any, Any, Any], settings: Settings, name: str) -> Response[Any]:
    folder = (settings.app or BESIDE_THE_PACKAGES).resolve()
    headers = page_headers(settings.tile_url)
    if not (folder / "index.html").is_file():
        return _not_built(folder, headers)
    file = (folder / name).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        raise ProblemError("not-found")
    return _reply(request, file, name, headers)


@get("/app/settings.json", include_in_schema=False)
async def app_settings(
    settings: NamedDependency[Settings], store: NamedDependency[Store]
) -> Response[dict[str, Any]]:
    """Where a map's tiles come from, if anywhere; the server's version; whether people here are made up."""
    tiles = None
    if settings.tile_url is not None:
        tiles = {
            "url": settings.tile_url,
            "attribution": settings.tile_attribution or "",
            "system": settings.tile_system,
        }
    told = {
        "tiles": tiles,
        "version": importlib.metadata.version("allpost"),
        "demonstration": await store.read(demonstration_exists),
    }
    return Response(told, headers={"cache-control": "no-store", "x-content-type-options": "nosniff"})


@lru_cache(maxsize=8)
def page_headers(tile_url: str | None) -> dict[str, str]:
    """What a page of the app may do: run its own code, call its own server, show map tiles of one origin."""
    images = " ".join(["'self'", "data:", "blob:", *_origin(tile_url)])
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; font-src 'self' data:;"
        " media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
    }


def _origin(tile_url: str | None) -> list[str]:
    """The origin of a tile address as a policy writes it; `{s}` in its first label stands for any."""
    parts = urlsplit(tile_url or "")
    if not parts.netloc:
        return []
    first, dot, rest = parts.netloc.partition(".")
    return [f"{parts.scheme}://{'*' if '{' in first else first}{dot}{rest}"]


def _not_built(folder: Path, headers: dict[str, str]) -> Response[str]:
    page = MISSING.format(folder=html.escape(str(folder)))
    headers = {**headers, "cache-control": "no-store"}
    return Response(
        page, media_type=MediaType.HTML, status_code=HTTP_503_SERVICE_UNAVAILABLE, headers=headers
    )


def _reply(
    request: Request[Any, Any, Any], file: Path, name: str, headers: dict[str, str]
) -> Response[bytes]:
    changed_ns = file.stat().st_mtime_ns
    packed = "gzip" in request.headers.get("accept-encoding", "") and file.suffix not in PACKED_ALREADY
    body, tag, is_packed = _content(file, changed_ns, packed)
    headers = {
        **headers,
        "cache-control": FOREVER if name.startswith(HASHED) else "no-cache",
        "vary": "accept-encoding",
        "etag": tag,
    }
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=HTTP_304_NOT_MODIFIED, headers=headers)
    if is_packed:
        headers["content-encoding"] = "gzip"
    return Response(body, media_type=_type_of(file), headers=headers)


@lru_cache(maxsize=256)
def _content(file: Path, changed_ns: int, packed: bool) -> tuple[bytes, str, bool]:
    """Bytes to send, their tag, and whether they are compressed; `changed_ns` makes a new build a new entry."""
    body = file.read_bytes()
    tag = sha256(body).hexdigest()[:20]
    if packed and len(body) >= COMPRESSED_FROM_BYTES:
        return gzip.compress(body, 9, mtime=0), f'"{tag}-gzip"', True
    return body, f'"{tag}"', False


def _type_of(file: Path) -> str:
    return TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
