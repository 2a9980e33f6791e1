"""`/desk/v/<village>/inbox`: what came in from the field, a list with the chosen case beside it."""

from __future__ import annotations

import sqlite3

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from forms.handling.states import STATE_LABELS
from server.desk.desk import Context, Desk, DeskRequest
from server.desk.navigation import address_of
from server.desk.views.case_words import AWAITED, MODES
from server.desk.views.inbox import Asked, asked_for, inbox_of, just_handed
from server.desk.views.people import colleagues
from server.desk.views.published import catalogue_of
from server.desk.visitor import Visitor
from server.keys import Keys
from server.roles import Action
from server.store.accounts import Account


@get(["/v/{village:str}", "/v/{village:str}/inbox"], include_in_schema=False)
async def inbox(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template:
    asked = asked_for(request.query_params)

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        handed = request.query_params.get("handed", "")
        undone = {"handed": just_handed(db, desk.keys, visitor, handed), "handed_case": handed}
        return list_context(db, desk.keys, visitor, asked) | undone | {"page": None}

    template = "inbox/_list.html" if request.htmx and request.htmx.target == "list" else "inbox/page.html"
    return await desk.show(request, account, village, template, read, audit=Action.CASE_READ)


def list_context(db: sqlite3.Connection, keys: Keys, visitor: Visitor, asked: Asked) -> Context:
    """The list and its filters, with no case chosen. ProblemError forbidden for who may see no cases here."""
    found = inbox_of(db, keys, visitor, asked)
    catalogue = catalogue_of(db, keys)
    return {
        "asked": asked,
        "found": found,
        "base": address_of(visitor.place, "cases"),
        "chosen": None,
        "handed": None,
        "people": [] if found.own_only else colleagues(db, visitor.place),
        "items": catalogue.in_force(visitor.today),
        "modes": MODES,
        "states": STATE_LABELS,
        "awaited": AWAITED,
    }
