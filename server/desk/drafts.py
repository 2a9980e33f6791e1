"""Keeping what is typed: which forms are kept, and that a form which was sent is kept no longer."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from server.auth import token_hash
from server.desk.session import COOKIE
from server.desk.typed import DRAFT, Typed, own_fields
from server.problem import ProblemError
from server.store.drafts import remove_draft
from server.store.engine import Store
from server.store.sessions import account_id_of

FORM_CHARACTERS_MAX = 200
TEXT_CHARACTERS_MAX = 64 * 1024
LED_ON = frozenset({302, 303})
_PLACE = re.compile(r"/desk/[vt]/(\d{6,12})(?:/|$)")


def form_key(given: str) -> str:
    """The name of a form as its page gives it. Raises ProblemError("request-invalid")."""
    if not given or len(given) > FORM_CHARACTERS_MAX or not given.isprintable():
        raise ProblemError("request-invalid")
    return given


def kept_fields(typed: list[Typed]) -> list[tuple[str, str]]:
    """What is kept of a form. Raises ProblemError("batch-too-large") past TEXT_CHARACTERS_MAX."""
    fields = [(name, text) for name, text in typed if not name.startswith("_")]
    if sum(len(name) + len(text) for name, text in fields) > TEXT_CHARACTERS_MAX:
        raise ProblemError("batch-too-large")
    return fields


def place_of_page(address: str) -> str:
    """The village, town or city of a page's address; empty for none."""
    found = _PLACE.match(address)
    return found.group(1) if found else ""


class SentFormsForgotten(ASGIMiddleware):
    """A form that was taken (its reply leads on) is a draft no longer, before its sender hears of it."""

    scopes = (ScopeType.HTTP,)

    def __deepcopy__(self, memo: dict[int, Any]) -> SentFormsForgotten:
        return self  # litestar copies a router with all that hangs on it; there is one store

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Look at the reply's head; nothing is buffered."""

        async def looked(message: Message) -> None:
            if message["type"] == "http.response.start" and _led_on(message):
                await self._forget(Request[Any, Any, Any](scope))
            await send(message)

        await next_app(scope, receive, looked if scope["method"] == "POST" else send)  # type: ignore[typeddict-item]

    async def _forget(self, request: Request[Any, Any, Any]) -> None:
        form, token = own_fields(request).get(DRAFT), request.cookies.get(COOKIE)
        if not form or not token:
            return
        hashed = token_hash(token)

        def forget(db: sqlite3.Connection) -> None:
            account = account_id_of(db, hashed)
            if account is not None:
                remove_draft(db, account, form)

        store: Store = request.app.state.store
        await store.write(forget)


def _led_on(message: HTTPResponseStartEvent) -> bool:
    return message["status"] in LED_ON or any(
        name.lower() == b"hx-redirect" for name, _ in message["headers"]
    )
