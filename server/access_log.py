"""One line a request: which route, what status, how long. No addresses of people, no query, no body.

It stands outside of the framework and adds to every reply the request id under which the log tells of it.
"""

import secrets
import time

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from server.log import request_id

UNKNOWN_ROUTE = "?"


class AccessLog:
    """Wraps an ASGI application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = structlog.get_logger("access")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter_ns()
        identity = secrets.token_hex(8)
        status, method = 0, scope["method"]

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", identity.encode())]
            await send(message)

        token = request_id.set(identity)
        try:
            await self._app(scope, receive, send_and_note)
        finally:
            self._log.info(
                "request",
                method=method,
                route=scope.get("path_template") or UNKNOWN_ROUTE,
                status=status,
                ms=round((time.perf_counter_ns() - started) / 1e6, 2),
            )
            request_id.reset(token)
