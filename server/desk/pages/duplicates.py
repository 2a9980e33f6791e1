"""`/desk/v/<village>/duplicates`: two cases that look like one matter, side by side; linked or kept apart."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from forms.problem import Problem
from server.desk.desk import Context, Desk, DeskRequest, Gone, go_to
from server.desk.navigation import address_of
from server.desk.views.conflicts import Settling
from server.desk.views.duplicates import pair_of
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.settling import DecisionRequest, decide_duplicate, reopen_duplicate
from server.store.accounts import Account
from server.store.records import record_in

SHOWN_AGAIN = frozenset({"already-settled", "already-signed", "request-invalid"})
REASON = Problem(
    pointer="/reason", code="required", message="请写明依据，如“同一次住院”", message_en="say on what grounds"
)
CHOICE = Problem(
    pointer="/decision",
    code="required",
    message="请选“是同一件”或“是两件”",
    message_en="choose one of the two",
)


@get("/v/{village:str}/duplicates", include_in_schema=False)
async def duplicates(account: NamedDependency[Account], village: FromPath[str]) -> Redirect:
    """Both lists are one page."""
    return Redirect(address_of(village, "conflicts"), status_code=303)


@get("/v/{village:str}/duplicates/{duplicate:str}", include_in_schema=False)
async def duplicate(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    duplicate: FromPath[str],
) -> Template:
    return await _shown(request, desk, account, village, duplicate)


@post("/v/{village:str}/duplicates/{duplicate:str}", include_in_schema=False)
async def post_decision(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    duplicate: FromPath[str],
) -> Template | Gone:
    """Link, separate, or take the decision back until its day is signed."""
    form = await request.form()
    typed = {name: str(text) for name, text in form.items() if isinstance(text, str)}

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        _decide(desk, db, visitor, duplicate, typed)

    try:
        await desk.act(account, village, write)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _shown(request, desk, account, village, duplicate, error, typed)
    return go_to(request, address_of(village, f"duplicates/{duplicate}"))


def _decide(
    desk: Desk, db: sqlite3.Connection, visitor: Visitor, identifier: str, typed: Mapping[str, str]
) -> None:
    decision, reason = typed.get("decision", ""), typed.get("reason", "").strip()
    seen, village, now_ms = typed.get("seen") or None, visitor.place, visitor.now_ms
    account = visitor.account
    if decision == "undo" and seen is not None:
        reopen_duplicate(desk.intake, desk.keys, db, account, identifier, seen, village, now_ms)
        return
    if decision not in ("linked", "separate") or not reason:
        wrong = [] if reason else [REASON]
        raise ProblemError(
            "request-invalid", problems=wrong if decision in ("linked", "separate") else [CHOICE, *wrong]
        )
    wanted = "linked" if decision == "linked" else "separate"
    request = DecisionRequest(decision=wanted, reason=reason, seen=seen, village=village)  # type: ignore[arg-type]
    decide_duplicate(desk.intake, desk.keys, db, account, identifier, request, now_ms)


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    identifier: str,
    wrong: ProblemError | None = None,
    typed: Mapping[str, str] | None = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.DUPLICATE_SETTLE)
        settling = Settling(db, desk.keys, visitor)
        record = record_in(db, desk.keys, village, identifier)
        found = record if record is not None and record.kind == "duplicate" else None
        return {
            "listed": settling.listed(),
            "case": None,
            "gone": found is None,
            "pair": None if found is None else pair_of(settling, found, visitor.today),
            "wrong": wrong,
            "typed": typed or {},
            "audit_subject": ("duplicate", identifier),
        }

    status = 200 if wrong is None else wrong.code.status
    return await desk.show(
        request,
        account,
        village,
        "conflicts/page.html",
        read,
        audit=Action.DUPLICATE_SETTLE,
        status=status,
    )


duplicate_pages = [duplicates, duplicate, post_decision]
