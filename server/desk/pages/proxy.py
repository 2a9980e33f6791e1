"""`/desk/v/<village>/proxy`: proxy cases by the stage of their way; several received, handed up, archived."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from server.casework.delivering import archive
from server.casework.handing_up import hand_up, receive
from server.desk.desk import Context, Desk, DeskRequest, Gone, go_to
from server.desk.navigation import address_of
from server.desk.pages.acting import SHOWN_AGAIN, Form, done_or_shown, told, with_query
from server.desk.views.stages import VILLAGE_TABS, stage, tab_named
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account
from server.store.places import village_range
from server.store.stage_list import StageFilter

LIGHTS = frozenset({"late", "near"})
PROXY = "/v/{village:str}/proxy"


@get(PROXY, include_in_schema=False)
async def proxy(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    tab: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
) -> Template:
    return await _shown(request, desk, account, village, tab, after)


@post(PROXY + "/receive", include_in_schema=False)
async def post_receive(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template | Gone:
    cases = Form(request).all("case")
    return await _acted(
        request,
        desk,
        account,
        village,
        "receive",
        lambda db, visitor: receive(desk.intake, desk.keys, db, visitor, cases),
    )


@post(PROXY + "/hand-up", include_in_schema=False)
async def post_hand_up(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template | Gone:
    """Hand several up as one batch, then on to its cover list."""
    form = Form(request)

    def write(db: sqlite3.Connection, visitor: Visitor) -> str:
        return hand_up(desk.intake, desk.keys, db, visitor, form.all("case"), form("note"))

    try:
        batch = await desk.act(account, village, write)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _shown(request, desk, account, village, "hand-up", None, error)
    return go_to(request, address_of(village, f"proxy/batches/{batch}"))


@post(PROXY + "/archive", include_in_schema=False)
async def post_archive(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template | Gone:
    cases = Form(request).all("case")
    return await _acted(
        request,
        desk,
        account,
        village,
        "archive",
        lambda db, visitor: archive(desk.intake, desk.keys, db, visitor, cases),
    )


async def _acted(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    tab: str,
    write: Callable[[sqlite3.Connection, Visitor], object],
) -> Template | Gone:
    address = with_query(address_of(village, "proxy"), tab=tab)

    async def again(error: ProblemError) -> Template:
        return await _shown(request, desk, account, village, tab, None, error)

    return await done_or_shown(request, desk, account, village, write, address, again)


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    tab: str | None,
    after: str | None,
    error: ProblemError | None = None,
) -> Template:
    query = request.query_params
    light, item = query.get("light"), query.get("item")
    form = Form(request)

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.CASE_ADVANCE)
        of = StageFilter(
            villages=village_range(village),
            states=(),
            item=item or None,
            light=light if light in LIGHTS else None,
        )
        shown = stage(db, desk.keys, visitor.today, VILLAGE_TABS, tab_named(VILLAGE_TABS, tab), of, after)
        return {
            "stage": shown,
            "base": address_of(village, "proxy"),
            "filters": {"item": of.item, "light": of.light},
            "chosen": set(form.all("case")),
            "typed_note": form("note"),
            "problems_found": told(error),
            "with_query": with_query,
        }

    status = 200 if error is None else error.code.status
    return await desk.show(
        request, account, village, "proxy/page.html", read, audit=Action.CASE_READ, status=status
    )
