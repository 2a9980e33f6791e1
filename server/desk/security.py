"""What a page may do: run the server's own scripts and styles, send forms and ask the server. Nothing is kept."""

from __future__ import annotations

import hashlib

from litestar.config.csrf import CSRFConfig

from server.api.app import page_headers
from server.keys import Keys
from server.settings import Settings

CSRF_COOKIE, CSRF_HEADER = "allpost_csrf", "x-csrf-token"
OTHER_PATHS = ["^/$", "^/sync/", "^/api/", "^/app", "^/health", "^/ready", "^/schema"]
"""Forms are the desk's; every other call names its token in a header, so no other page can send it."""


def security_headers(settings: Settings) -> dict[str, str]:
    """The headers of every page of the desk."""
    headers = dict(page_headers(settings.tile_url))
    headers["content-security-policy"] = headers["content-security-policy"].replace(
        "form-action 'none'", "form-action 'self'"
    )
    headers["referrer-policy"] = "same-origin"
    headers["permissions-policy"] = "geolocation=(), camera=(), microphone=(), payment=(), usb=()"
    headers["cache-control"] = "no-store"
    return headers


def csrf_config(settings: Settings, keys: Keys) -> CSRFConfig:
    """A token in a cookie and in each form (litestar's own), signed with a key that only this server can make."""
    secret = hashlib.sha256(b"allpost-desk-csrf" + keys.lookup_hash("desk-csrf")).hexdigest()
    return CSRFConfig(
        secret=secret,
        cookie_name=CSRF_COOKIE,
        cookie_path="/desk",
        header_name=CSRF_HEADER,
        cookie_httponly=True,
        cookie_samesite="lax",
        cookie_secure=settings.certificate is not None,
        exclude=OTHER_PATHS,
    )
