"""`/desk/` and `/desk/t/<place>`: where somebody lands; `…/home` of a village, `…/places` of a town and the city."""

from __future__ import annotations

import sqlite3

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from server.desk.desk import Context, Desk, DeskRequest
from server.desk.navigation import home_path
from server.desk.places import places_below
from server.desk.visitor import Visitor, visitor_at
from server.problem import ProblemError
from server.store.accounts import Account


@get("/", include_in_schema=False)
async def start(desk: NamedDependency[Desk], account: NamedDependency[Account]) -> Redirect:
    """To the first page of one's own place."""
    return await _first_page(desk, account, account.division)


@get("/t/{place:str}", include_in_schema=False)
async def town_start(
    desk: NamedDependency[Desk], account: NamedDependency[Account], place: FromPath[str]
) -> Redirect:
    return await _first_page(desk, account, place)


async def _first_page(desk: Desk, account: Account, place: str) -> Redirect:
    now_ms = desk.clock()
    path = await desk.store.read(lambda db: home_path(visitor_at(db, account, place, now_ms)))
    return Redirect(path, status_code=303)


@get("/v/{village:str}/home", include_in_schema=False)
async def village_home(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template:
    """For whom the rota does not put at the window today: who is there, and one's own cases and figures."""

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        return {}

    return await desk.show(request, account, village, "home/village.html", read)


@get("/t/{place:str}/places", include_in_schema=False)
async def places(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
) -> Template:
    """The towns and villages below: names only, each to be entered."""

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        if len(place) == 12:
            raise ProblemError("not-found")
        return {"towns": places_below(db, desk.keys, place, visitor.today)}

    return await desk.show(request, account, place, "home/places.html", read)
