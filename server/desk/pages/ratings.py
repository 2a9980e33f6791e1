"""`/desk/v/<village>/ratings`: how residents rated handlings, for the lead, but for those that the lead handled."""

from __future__ import annotations

import sqlite3

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from server.desk.desk import Context, Desk, DeskRequest
from server.desk.navigation import address_of
from server.desk.views.ratings import ratings_shown
from server.desk.visitor import Visitor
from server.roles import Action
from server.store.accounts import Account


@get("/v/{village:str}/ratings", include_in_schema=False)
async def ratings(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.RATING_READ)
        shown, hidden = ratings_shown(db, desk.keys, visitor)
        return {"ratings": shown, "hidden": hidden, "cases_at": address_of(village, "cases")}

    return await desk.show(request, account, village, "proxy/ratings.html", read, audit=Action.RATING_READ)
