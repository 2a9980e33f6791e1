"""What a page may do: run the server's own scripts and styles, send forms and ask the server. Nothing is kept."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from litestar import Request
from litestar.config.csrf import CSRFConfig
from litestar.middleware.csrf import CSRF_SECRET_LENGTH, generate_csrf_hash

from server.api.app import page_headers
from server.keys import Keys
from server.problem import ProblemError
from server.settings import Settings

OWN_SITES = frozenset({"same-origin", "none"})
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
    headers["cross-origin-resource-policy"] = "same-origin"
    return headers


def refuse_foreign(request: Request[Any, Any, Any]) -> None:
    """A form that another site's page sends is refused by what the browser says of it, whatever token it has.

    Browsers that say nothing are left to the token. Raises ProblemError("page-expired").
    """
    if request.method == "POST" and request.headers.get("sec-fetch-site", "none") not in OWN_SITES:
        raise ProblemError("page-expired")


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


def token_holds(token: str, secret: str) -> bool:
    """Whether a token of a cookie is one that this server made."""
    made_for, signature = token[:CSRF_SECRET_LENGTH], token[CSRF_SECRET_LENGTH:]
    return hmac.compare_digest(signature.encode(), generate_csrf_hash(made_for, secret).encode())
