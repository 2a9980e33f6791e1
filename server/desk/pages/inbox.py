"""`/desk/v/<village>/inbox`: what came in from the field."""

from __future__ import annotations

import sqlite3

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from server.desk.desk import Context, Desk, DeskRequest
from server.desk.visitor import Visitor
from server.roles import Action
from server.store.accounts import Account


@get(["/v/{village:str}", "/v/{village:str}/inbox"], include_in_schema=False)
async def inbox(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.CASE_READ, owners=[account.id])
        return {}

    return await desk.show(request, account, village, "inbox/page.html", read, audit=Action.CASE_READ)
