"""What is done on the page of a case: moving it, the department's number, a number in full, a task."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from server.casework.department_number import enter_department_number
from server.casework.identity_numbers import identity_number_in_full
from server.casework.moving import MoveRequest, move_case
from server.casework.tasks import TaskRequest, add_task
from server.desk.desk import Desk, DeskRequest, Gone, go_to
from server.desk.pages.cases import show_case
from server.desk.views.inbox import asked_for
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.store.accounts import Account

SHOWN_AGAIN = frozenset({"case-changed", "request-invalid"})
"""Refusals after which the case is shown as it is now, with everything that was typed."""

CASE = "/v/{village:str}/cases/{case:str}"


async def typed(request: DeskRequest) -> Callable[[str], str]:
    """A function that gives a field of the form that was sent, without space around it; empty where it has none."""
    form = await request.form()
    return lambda name: str(form.get(name, "")).strip()


async def done_or_shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    case: str,
    write: Callable[[sqlite3.Connection, Visitor], object],
) -> Redirect | Template | Gone:
    """Act, then on to the case beside its list; a refusal that a person can mend is shown on the same page."""
    try:
        await desk.act(account, village, write)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await show_case(request, desk, account, village, case, error=error)
    query = asked_for(request.query_params).query
    return go_to(request, f"/desk/v/{village}/cases/{case}" + (f"?{query}" if query else ""))


@post(CASE + "/move", include_in_schema=False)
async def post_move(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Redirect | Template | Gone:
    of = await typed(request)
    wanted = MoveRequest(
        to=of("to"),
        seen=of("seen_state"),
        reason=of("reason"),
        result=of("result"),
        department_number=of("department_number"),
        no_number=bool(of("no_number")),
    )
    return await done_or_shown(
        request,
        desk,
        account,
        village,
        case,
        lambda db, visitor: move_case(desk.intake, desk.keys, db, visitor, case, wanted),
    )


@post(CASE + "/department-number", include_in_schema=False)
async def post_department_number(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Redirect | Template | Gone:
    of = await typed(request)
    number, seen = of("number"), of("seen_number")
    return await done_or_shown(
        request,
        desk,
        account,
        village,
        case,
        lambda db, visitor: enter_department_number(desk.intake, desk.keys, db, visitor, case, number, seen),
    )


@post(CASE + "/task", include_in_schema=False)
async def post_task(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Redirect | Template | Gone:
    of = await typed(request)
    wanted = TaskRequest(type=of("type"), holder=of("task_holder"), due=of("due"), note=of("task_note"))
    return await done_or_shown(
        request,
        desk,
        account,
        village,
        case,
        lambda db, visitor: add_task(desk.intake, desk.keys, db, visitor, case, wanted),
    )


@post(CASE + "/identity-number", status_code=200, include_in_schema=False)
async def post_identity_number(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Template:
    """The page with one number in full: it is in this reply only, in no address and in nothing that is kept."""
    of = await typed(request)
    field, reason = of("field"), of("why")
    try:
        number = await desk.act(
            account,
            village,
            lambda db, visitor: identity_number_in_full(
                desk.intake, desk.keys, db, visitor, case, field, reason
            ),
        )
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await show_case(request, desk, account, village, case, error=error)
    return await show_case(request, desk, account, village, case, revealed={field: number})
