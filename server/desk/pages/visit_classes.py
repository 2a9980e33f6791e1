"""`/desk/v/<village>/grids/households`: visit classes of households, for the lead alone; each look is audited."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from server.casework.visit_class import EVENTS, ClassChange, change_class, note_event
from server.desk.desk import Context, Desk, DeskRequest, Gone, go_to
from server.desk.navigation import address_of
from server.desk.problems_told import problems_told
from server.desk.views.visit_classes import class_labels, household_class, household_page
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account

SHOWN_AGAIN = frozenset({"request-invalid", "already-settled"})
HOUSEHOLDS = "/v/{village:str}/grids/households"


@get(HOUSEHOLDS, include_in_schema=False)
async def class_list(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    grid: FromQuery[str | None] = None,
    visit_class: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        found = household_page(db, desk.keys, visitor, grid or None, visit_class or None, after)
        return {"found": found, "grid": grid or "", "visit_class": visit_class or "", "first": after is None}

    return await desk.show(
        request, account, village, "grids/households.html", read, audit=Action.VISIT_CLASS_WRITE
    )


@get(HOUSEHOLDS + "/{household:str}", include_in_schema=False)
async def class_of_household(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    household: FromPath[str],
    done: FromQuery[str | None] = None,
) -> Template:
    return await _shown(request, desk, account, village, household, {}, done=done)


@post(HOUSEHOLDS + "/{household:str}/class", include_in_schema=False)
async def post_class(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    household: FromPath[str],
) -> Template | Gone:
    typed = {name: str(text) for name, text in (await request.form()).items()}
    wanted = ClassChange(typed.get("visit_class", ""), typed.get("reason", ""), typed.get("seen", ""))

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        change_class(desk.intake, desk.keys, db, visitor, household, wanted)

    return await _done(request, desk, account, village, household, typed, write)


@post(HOUSEHOLDS + "/{household:str}/event", include_in_schema=False)
async def post_event(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    household: FromPath[str],
) -> Template | Gone:
    typed = {name: str(text) for name, text in (await request.form()).items()}

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        event, at = typed.get("event", ""), typed.get("at", "")
        note_event(desk.intake, desk.keys, db, visitor, household, event, at)

    return await _done(request, desk, account, village, household, typed, write)


async def _done(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    household: str,
    typed: Mapping[str, str],
    write: Callable[[sqlite3.Connection, Visitor], None],
) -> Template | Gone:
    try:
        await desk.act(account, village, write)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _shown(request, desk, account, village, household, typed, error)
    return go_to(request, f"{address_of(village, 'grids/households')}/{household}?done=1")


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    household: str,
    typed: Mapping[str, str],
    error: ProblemError | None = None,
    done: str | None = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        return {
            "one": household_class(db, desk.keys, visitor, household),
            "classes": class_labels(),
            "events": {key: {"zh": zh, "en": en} for key, (zh, en) in EVENTS.items()},
            "typed": typed,
            "done": done,
            "problems_found": problems_told(error),
            "audit_subject": ("household", household),
        }

    status = 200 if error is None else error.code.status
    return await desk.show(
        request, account, village, "grids/household.html", read, audit=Action.VISIT_CLASS_WRITE, status=status
    )


visit_class_pages = [class_list, class_of_household, post_class, post_event]
