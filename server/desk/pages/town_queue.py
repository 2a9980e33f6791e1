"""`/desk/t/<town>/queue`: what villages handed up to the clerk's departments, by stage; several accepted, issued."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from server.casework.deciding import CaseKey, accept, issue
from server.desk.desk import Context, Desk, DeskRequest, Gone
from server.desk.navigation import address_of
from server.desk.pages.acting import Form, done_or_shown, told, with_query
from server.desk.pages.proxy import LIGHTS
from server.desk.places import place_name
from server.desk.views.batches import batch_view
from server.desk.views.published import catalogue_of
from server.desk.views.stages import TOWN_TABS, stage, tab_named
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action, Role, require
from server.store.accounts import Account
from server.store.places import village_range, villages_in
from server.store.stage_list import StageFilter

QUEUE = "/t/{town:str}/queue"


@get(["/t/{town:str}/queue"], include_in_schema=False)
async def town_queue(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    town: FromPath[str],
    tab: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
) -> Template:
    return await _shown(request, desk, account, town, tab, after)


@post(QUEUE + "/accept", include_in_schema=False)
async def post_accept_several(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    town: FromPath[str],
) -> Template | Gone:
    cases = chosen(Form(request))
    return await _acted(
        request,
        desk,
        account,
        town,
        "arrived",
        lambda db, visitor: accept(desk.intake, desk.keys, db, visitor, cases),
    )


@post(QUEUE + "/issue", include_in_schema=False)
async def post_issue_several(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    town: FromPath[str],
) -> Template | Gone:
    cases = chosen(Form(request))
    return await _acted(
        request,
        desk,
        account,
        town,
        "issue",
        lambda db, visitor: issue(desk.intake, desk.keys, db, visitor, cases),
    )


@get("/t/{town:str}/batches/{village:str}/{batch:str}", include_in_schema=False)
async def town_batch(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    town: FromPath[str],
    village: FromPath[str],
    batch: FromPath[str],
) -> Template:
    """A batch with its cover list; of cases of other departments only that they are on it."""

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        own = own_departments(visitor)
        if not village.startswith(town) or len(village) != 12:
            raise ProblemError("not-found")
        require(visitor.actor, Action.CASE_DECIDE, village, department=own[0])
        return {
            "batch": batch_view(db, desk.keys, village, batch, visitor.today),
            "own": set(own),
            "village_name": place_name(db, desk.keys, village),
            "base": address_of(town, "queue"),
            "under": address_of(town, "queue"),
            "audit_subject": ("hand-up", batch),
        }

    return await desk.show(request, account, town, "town/batch.html", read, audit=Action.CASE_READ)


def chosen(form: Form) -> list[CaseKey]:
    """The cases that were ticked: `<village>/<id>` each."""
    keys = (value.partition("/") for value in form.all("case"))
    return [CaseKey(village, case) for village, _, case in keys]


def own_departments(visitor: Visitor) -> tuple[str, ...]:
    """The clerk's departments. ProblemError forbidden for whoever works for none, or is no clerk."""
    departments = visitor.account.departments
    if visitor.account.role is not Role.TOWN_CLERK or not departments:
        raise ProblemError("forbidden", action=Action.CASE_DECIDE.value)
    for department in departments:
        visitor.require(Action.CASE_DECIDE, department=department)
    return departments


async def _acted(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    town: str,
    tab: str,
    write: Callable[[sqlite3.Connection, Visitor], object],
) -> Template | Gone:
    async def again(error: ProblemError) -> Template:
        return await _shown(request, desk, account, town, tab, None, error)

    address = with_query(address_of(town, "queue"), tab=tab)
    return await done_or_shown(request, desk, account, town, write, address, again)


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    town: str,
    tab: str | None,
    after: str | None,
    error: ProblemError | None = None,
) -> Template:
    query = request.query_params
    village, department = query.get("village") or "", query.get("department") or ""
    light, item = query.get("light"), query.get("item")

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        own = own_departments(visitor)
        everywhere = village_range(town)
        inside = village if len(village) == 12 and village.startswith(town) else ""
        only = department if department in own else ""
        of = StageFilter(
            villages=village_range(inside) if inside else everywhere,
            states=(),
            departments=(only,) if only else own,
            item=item or None,
            light=light if light in LIGHTS else None,
        )
        named = {one.key: one.name for one in catalogue_of(db, desk.keys).departments}
        return {
            "stage": stage(db, desk.keys, visitor.today, TOWN_TABS, tab_named(TOWN_TABS, tab), of, after),
            "base": address_of(town, "queue"),
            "filters": {"village": inside, "department": only, "item": of.item, "light": of.light},
            "villages": [(code, place_name(db, desk.keys, code)) for code in villages_in(db, everywhere)],
            "departments": [(key, named.get(key, key)) for key in own],
            "chosen": set(Form(request).all("case")),
            "problems_found": told(error),
            "with_query": with_query,
        }

    status = 200 if error is None else error.code.status
    return await desk.show(
        request, account, town, "town/queue.html", read, audit=Action.CASE_READ, status=status
    )
