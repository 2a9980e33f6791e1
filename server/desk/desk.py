"""What every page does: read on a snapshot and show, or act inside one write and go on to another page.

Invariants: rights are asked inside the read or write that they guard; a page that reads residents' data is audited
once its content is known and before it is sent; a refused form is shown again with everything that was typed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from litestar import Request
from litestar.plugins.htmx import ClientRedirect, HTMXRequest
from litestar.response import Redirect, Template

from server.clock import Clock
from server.desk.frame import frame_of
from server.desk.language import language_of
from server.desk.visitor import Visitor, visitor_at
from server.files.keeping import Files
from server.intake import Intake
from server.keys import Keys
from server.roles import Action
from server.settings import Settings
from server.store.accounts import Account
from server.store.audit import Entry, record
from server.store.engine import Store
from sync.clock import moment

T = TypeVar("T")
Context = dict[str, Any]
DeskRequest = HTMXRequest
Shown = Template
Gone = Redirect | ClientRedirect


class Desk:
    """What the pages work with. One value, made by the composition root."""

    def __init__(
        self, store: Store, keys: Keys, settings: Settings, intake: Intake, files: Files, clock: Clock
    ) -> None:
        self.store = store
        self.keys = keys
        self.settings = settings
        self.intake = intake
        self.files = files
        self.clock = clock

    async def show(
        self,
        request: Request[Any, Any, Any],
        account: Account,
        place: str,
        template: str,
        read: Callable[[sqlite3.Connection, Visitor], Context],
        *,
        audit: Action | None = None,
        status: int = 200,
    ) -> Template:
        """A page: `read(db, visitor)` gives what the template needs beside the frame, and asks for its rights first.

        `audit`: the page shows residents' data, and the log says under which right. `read` may name one record as
        `audit_subject`: (kind, id).
        """
        now_ms = self.clock()

        def looked(db: sqlite3.Connection) -> Context:
            visitor = visitor_at(db, account, place, now_ms)
            content = read(db, visitor)
            return {**frame_of(db, self, request, visitor), **content, "visitor": visitor}

        context = await self.store.read(looked)
        if audit is not None:
            await self._audit(account, place, audit, context, now_ms)
        return Template(
            template_name=template,
            context={**context, "lang": language_of(request)},
            status_code=status,
        )

    async def act(self, account: Account, place: str, write: Callable[[sqlite3.Connection, Visitor], T]) -> T:
        """Do something: `write(db, visitor)` asks for its rights, and is durable when this returns."""
        now_ms = self.clock()
        return await self.store.write(lambda db: write(db, visitor_at(db, account, place, now_ms)))

    async def _audit(
        self, account: Account, place: str, action: Action, context: Mapping[str, Any], now_ms: int
    ) -> None:
        kind, subject = context.get("audit_subject", (None, None))
        entry = Entry(
            time=moment(now_ms),
            action=action,
            account=account.id,
            subject_kind=kind,
            subject=subject,
            village=place,
            detail={"read": True},
        )
        await self.store.write(lambda db: record(db, entry))


def go_to(request: HTMXRequest, address: str) -> Redirect | ClientRedirect:
    """On to another page of the desk after something was done; `address` begins with `/desk/`."""
    if request.htmx:
        return ClientRedirect(address)
    return Redirect(address, status_code=303)
