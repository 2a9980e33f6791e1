"""`/`: what a person sees who opens the server's address in a browser."""

from __future__ import annotations

import html
from functools import lru_cache
from importlib import resources
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency

from server.store.accounts import demonstration_exists
from server.store.engine import Store

DEMONSTRATION = (
    '<section><span class="badge">演示</span> 这里的居民、办件和账号都是演示数据，事项为演示目录，时限为演示时限，'
    '位置为演示位置。<br><span lang="en">All people, cases and accounts here are demonstration data.</span></section>'
)
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@get("/", include_in_schema=False)
async def front(request: Request[Any, Any, Any], store: NamedDependency[Store]) -> Response[str]:
    """The page, with the address under which it was asked for."""
    demonstration = await store.read(demonstration_exists)
    address = html.escape(str(request.base_url).rstrip("/"))
    page = (
        _page()
        .replace("{demonstration}", DEMONSTRATION if demonstration else "")
        .replace("{address}", address)
    )
    return Response(page, media_type=MediaType.HTML, headers=HEADERS)


@lru_cache(maxsize=1)
def _page() -> str:
    return (resources.files("server.api") / "front.html").read_text(encoding="utf-8")
