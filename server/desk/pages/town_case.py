"""`/desk/t/<town>/cases/<village>/<id>`: one case at the town: 受理, 补正, 决定, 出件, 反馈."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from server.casework.deciding import (
    CaseKey,
    Decision,
    accept,
    decide,
    issue,
    refuse_acceptance,
    report_back,
    return_for_supplement,
    town_case,
)
from server.desk.desk import Context, Desk, DeskRequest, Gone
from server.desk.navigation import address_of
from server.desk.pages.acting import Form, done_or_shown, told
from server.desk.views.town_case import town_case_view
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account

CASE = "/t/{town:str}/cases/{village:str}/{case:str}"
Act = Callable[[Desk, sqlite3.Connection, Visitor, CaseKey, Form], None]


def _accept(desk: Desk, db: sqlite3.Connection, visitor: Visitor, key: CaseKey, form: Form) -> None:
    accept(desk.intake, desk.keys, db, visitor, [key], form("department_number"))


def _refuse(desk: Desk, db: sqlite3.Connection, visitor: Visitor, key: CaseKey, form: Form) -> None:
    refuse_acceptance(desk.intake, desk.keys, db, visitor, key, form("reason"))


def _supplement(desk: Desk, db: sqlite3.Connection, visitor: Visitor, key: CaseKey, form: Form) -> None:
    return_for_supplement(desk.intake, desk.keys, db, visitor, key, form.all("material"), form("words"))


def _decide(desk: Desk, db: sqlite3.Connection, visitor: Visitor, key: CaseKey, form: Form) -> None:
    decision = Decision(
        to=form("to"),
        result=form("result"),
        reason=form("reason"),
        department_number=form("department_number"),
    )
    decide(desk.intake, desk.keys, db, visitor, key, decision)


def _issue(desk: Desk, db: sqlite3.Connection, visitor: Visitor, key: CaseKey, form: Form) -> None:
    issue(desk.intake, desk.keys, db, visitor, [key])


def _report_back(desk: Desk, db: sqlite3.Connection, visitor: Visitor, key: CaseKey, form: Form) -> None:
    report_back(desk.intake, desk.keys, db, visitor, key, form("result"))


ACTS: dict[str, Act] = {
    "accept": _accept,
    "refuse": _refuse,
    "supplement": _supplement,
    "decide": _decide,
    "issue": _issue,
    "report-back": _report_back,
}


@get(CASE, include_in_schema=False)
async def town_case_page(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    town: FromPath[str],
    village: FromPath[str],
    case: FromPath[str],
) -> Template:
    return await _shown(request, desk, account, town, CaseKey(village, case))


@post(CASE + "/{act:str}", include_in_schema=False)
async def post_town_act(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    town: FromPath[str],
    village: FromPath[str],
    case: FromPath[str],
    act: FromPath[str],
) -> Template | Gone:
    """Do one of `ACTS`; a refusal that can be mended shows the case as it is now, with everything that was typed."""
    form, doing = Form(request), ACTS.get(act)
    if doing is None:
        raise ProblemError("not-found")
    key = CaseKey(village, case, form("seen"))

    async def again(error: ProblemError) -> Template:
        return await _shown(request, desk, account, town, key, error, act)

    address = address_of(town, f"cases/{village}/{case}")
    return await done_or_shown(
        request,
        desk,
        account,
        town,
        lambda db, visitor: doing(desk, db, visitor, key, form),
        address,
        again,
    )


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    town: str,
    key: CaseKey,
    error: ProblemError | None = None,
    act: str = "",
) -> Template:
    form = Form(request)

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        record, item = town_case(db, desk.keys, visitor, key, Action.CASE_READ)
        return {
            "of": town_case_view(db, desk.keys, visitor, record, item),
            "base": address_of(town, "queue"),
            "under": address_of(town, "queue"),
            "address": address_of(town, f"cases/{record.village}/{record.id}"),
            "files_at": f"/desk/v/{record.village}/cases/{record.id}",
            "typed": form,
            "act": act,
            "problems_found": told(error),
            "audit_subject": ("case", record.id),
        }

    status = 200 if error is None else error.code.status
    return await desk.show(
        request, account, town, "town/case.html", read, audit=Action.CASE_READ, status=status
    )
