"""One line a request: which route, what status, how long. No addresses of people, no query, no body.

It stands outside of the framework. Lines are gathered and written a few times a second, since a write for
every request would cost a busy server more than its routing does; a process that is killed loses the last
fraction of a second of this log (and nothing else). A reply that tells of an error carries `x-request-id`,
under which the log tells of it too.
"""

import asyncio
import itertools
import secrets
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from server.log import request_id

UNKNOWN_ROUTE = "?"
GATHERED_SECONDS = 0.25
GATHERED_LINES_MAX = 500


def _json_line(identity: str, method: str, route: str, status: int, took_ms: float) -> str:
    event = {
        "event": "request",
        "level": "info",
        "timestamp": datetime.now(UTC),
        "request": identity,
        "method": method,
        "route": route,
        "status": status,
        "ms": round(took_ms, 2),
    }
    return _encode(event).decode() + "\n"


def _console_line(identity: str, method: str, route: str, status: int, took_ms: float) -> str:
    return f"{datetime.now(UTC):%H:%M:%S} {status} {took_ms:8.2f} ms  {method} {route}  [{identity}]\n"


_encode = msgspec.json.Encoder().encode
_LINES = {"json": _json_line, "console": _console_line}


def _to_standard_error(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


class AccessLog:
    """Wraps an ASGI application.

    log_format  "json" or "console"; None writes nothing, and replies still get their request id
    write       gets the gathered lines
    """

    def __init__(
        self, app: ASGIApp, log_format: str | None, write: Callable[[str], None] = _to_standard_error
    ) -> None:
        self._app = app
        self._line = _LINES[log_format] if log_format else None
        self._write = write
        self._lines: list[str] = []
        self._process = secrets.token_hex(3)
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self._logged(scope, receive, send)
        else:  # the lifespan, which returns when the server stops
            await self._app(scope, receive, send)
            self.flush()

    async def _logged(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        started = time.perf_counter_ns()
        identity = f"{self._process}-{next(self._numbers):x}"
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if status >= 400:
                    message["headers"] = [*message["headers"], (b"x-request-id", identity.encode())]
            await send(message)

        token = request_id.set(identity)
        try:
            await self._app(scope, receive, send_and_note)
        finally:
            request_id.reset(token)
            if self._line:
                took_ms = (time.perf_counter_ns() - started) / 1e6
                route = scope.get("path_template") or UNKNOWN_ROUTE
                self._gather(self._line(identity, scope["method"], route, status, took_ms))

    def flush(self) -> None:
        """Write what was gathered."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._write("".join(lines))

    def _gather(self, line: str) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(GATHERED_SECONDS, self.flush)
        self._lines.append(line)
        if len(self._lines) >= GATHERED_LINES_MAX:
            self.flush()
