"""`/desk/v/<village>/conflicts`: what differs, field by field, and one click each."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from server.desk.desk import Context, Desk, DeskRequest, Gone, go_to
from server.desk.navigation import address_of
from server.desk.views.conflicts import BOTH, OTHER, Settling, seen_choice
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.settling import ChoiceRequest, settle_conflict
from server.store.accounts import Account
from server.store.records import record_in

SHOWN_AGAIN = frozenset({"already-settled", "already-signed", "request-invalid"})


@get("/v/{village:str}/conflicts", include_in_schema=False)
async def conflicts(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template:
    return await _shown(request, desk, account, village, None)


@get("/v/{village:str}/conflicts/{subject:str}", include_in_schema=False)
async def conflict(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    subject: FromPath[str],
) -> Template:
    return await _shown(request, desk, account, village, subject)


@post("/v/{village:str}/conflicts/{subject:str}", include_in_schema=False)
async def post_choice(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    subject: FromPath[str],
) -> Template | Gone:
    """Choose a value of one field. Whoever was first stands: the page says who, with what was typed still there."""
    form = await request.form()
    typed = {name: str(text) for name, text in form.items() if isinstance(text, str)}
    given = [str(one) for one in form.getall("value", [])]

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        _settle(desk, db, visitor, typed, given)

    try:
        await desk.act(account, village, write)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _shown(request, desk, account, village, subject, error, {**typed, "value": given})
    return go_to(request, address_of(village, f"conflicts/{subject}"))


def _settle(
    desk: Desk, db: sqlite3.Connection, visitor: Visitor, typed: Mapping[str, str], given: list[str]
) -> None:
    """The form as a choice: `take` names a version, `both` or `other`; `seen` the choice that was shown."""
    village, identifier, take = visitor.place, typed.get("conflict", ""), typed.get("take", "")
    found = record_in(db, desk.keys, village, identifier)
    if found is None or found.kind != "conflict":
        raise ProblemError("not-found")
    if seen_choice(found) != typed.get("seen", ""):
        raise ProblemError("already-settled")
    request = ChoiceRequest(seen=found.values.get("choice"), village=village)
    if note := typed.get("note", "").strip():
        request.note = note
    if take in (BOTH, OTHER):
        try:
            request.value = Settling(db, desk.keys, visitor).value_of(found, take, given)
        except LookupError:
            raise ProblemError("request-invalid") from None
    else:
        request.take = take
    settle_conflict(desk.intake, desk.keys, db, visitor.account, identifier, request, visitor.now_ms)


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    subject: str | None,
    wrong: ProblemError | None = None,
    typed: Mapping[str, Any] | None = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        settling = Settling(db, desk.keys, visitor)
        listed = settling.listed()
        found = None if subject is None else settling.case(subject)
        return {
            "listed": listed,
            "case": found,
            "gone": subject is not None and found is None,
            "pair": None,
            "wrong": wrong,
            "typed": typed or {},
            "audit_subject": (None if found is None else "conflict", subject),
        }

    status = 200 if wrong is None else wrong.code.status
    return await desk.show(
        request,
        account,
        village,
        "conflicts/page.html",
        read,
        audit=Action.CONFLICT_SETTLE,
        status=status,
    )


conflict_pages = [conflicts, conflict, post_choice]
