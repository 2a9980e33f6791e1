"""`/desk/v/<village>/proxy/<case>`: one proxy case at the window, with what its stage asks for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from forms.handling.rating import RATING_LABELS
from server.casework.case_access import case_for
from server.casework.delivering import add_delivery, deliver, follow_up
from server.casework.handing_up import take_back_case
from server.casework.supplements import answer
from server.desk.desk import Context, Desk, DeskRequest, Gone
from server.desk.navigation import address_of
from server.desk.pages.acting import Form, done_or_shown, told
from server.desk.views.proxy_case import proxy_case
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account

CASE = "/v/{village:str}/proxy/cases/{case:str}"
Write = Callable[[sqlite3.Connection, Visitor], object]


@get(CASE, include_in_schema=False)
async def proxy_case_page(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Template:
    return await _shown(request, desk, account, village, case)


@post(CASE + "/take-back", include_in_schema=False)
async def post_take_back(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Template | Gone:
    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        take_back_case(desk.intake, desk.keys, db, visitor, case)

    return await _acted(request, desk, account, village, case, write)


@post(CASE + "/supplement", include_in_schema=False)
async def post_supplement(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Template | Gone:
    form = Form(request)

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        brought = form.family("material.")
        answer(desk.intake, desk.keys, db, visitor, case, brought, form("note"))

    return await _acted(request, desk, account, village, case, write)


@post(CASE + "/delivery-task", include_in_schema=False)
async def post_delivery_task(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Template | Gone:
    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        add_delivery(desk.intake, desk.keys, db, visitor, case)

    return await _acted(request, desk, account, village, case, write)


@post(CASE + "/deliver", include_in_schema=False)
async def post_deliver(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Template | Gone:
    form = Form(request)

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        at, to, seen = form("delivered_at"), form("delivered_to"), form("seen")
        deliver(desk.intake, desk.keys, db, visitor, case, at, to, seen)

    return await _acted(request, desk, account, village, case, write)


@post(CASE + "/follow-up", include_in_schema=False)
async def post_follow_up(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Template | Gone:
    form = Form(request)

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        follow_up(desk.intake, desk.keys, db, visitor, case, form("follow_up"), form("level"))

    return await _acted(request, desk, account, village, case, write)


async def _acted(
    request: DeskRequest, desk: Desk, account: Account, village: str, case: str, write: Write
) -> Template | Gone:
    async def again(error: ProblemError) -> Template:
        return await _shown(request, desk, account, village, case, error)

    address = address_of(village, f"proxy/cases/{case}")
    return await done_or_shown(request, desk, account, village, write, address, again)


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    case: str,
    error: ProblemError | None = None,
) -> Template:
    form = Form(request)

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        record = case_for(db, desk.keys, visitor, case, Action.CASE_ADVANCE)
        return {
            "of": proxy_case(db, desk.keys, visitor, record),
            "base": address_of(village, "proxy"),
            "address": address_of(village, f"proxy/cases/{record.id}"),
            "levels": RATING_LABELS,
            "typed": form,
            "problems_found": told(error),
            "audit_subject": ("case", record.id),
        }

    status = 200 if error is None else error.code.status
    return await desk.show(
        request, account, village, "proxy/case.html", read, audit=Action.CASE_READ, status=status
    )
