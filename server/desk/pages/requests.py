"""`/desk/v/<village>/requests/new`: what is asked for and not in the catalogue."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from forms.problem import Problem
from server.casework.requesting import write_request
from server.desk.desk import Context, Desk, DeskRequest, Gone, go_to
from server.desk.navigation import address_of
from server.desk.uploading import typed_and_uploads
from server.desk.views.applicants import applicant_at, applicants_matching
from server.desk.views.typed_answers import first
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account
from server.store.records import record_in
from sync.ids import uuid7


@get("/v/{village:str}/requests/new", include_in_schema=False)
async def new_request(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template:
    return await _shown(request, desk, account, village, {})


@post("/v/{village:str}/requests/new", include_in_schema=False)
async def post_request(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template | Gone:
    """Write it down, or look for who asks; what was typed comes back."""
    typed, _ = typed_and_uploads(await request.form())
    does, _, of = first(typed, "do").partition(":")
    if does == "save":
        try:
            await desk.act(
                account,
                village,
                lambda db, visitor: write_request(
                    desk.intake,
                    db,
                    visitor,
                    record=first(typed, "record"),
                    text=first(typed, "text"),
                    note=first(typed, "note"),
                    resident=first(typed, "resident"),
                ),
            )
        except ProblemError as error:
            if not error.problems:
                raise
            return await _shown(request, desk, account, village, typed, error.problems)
        return go_to(request, address_of(village, f"requests/{first(typed, 'record')}"))
    if does in ("choose", "drop"):
        typed["resident"] = [of] if does == "choose" else []
        typed["find"] = []
    return await _shown(request, desk, account, village, typed)


@get("/v/{village:str}/requests/{record:str}", include_in_schema=False)
async def one_request(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    record: FromPath[str],
) -> Template:
    """What was written down."""

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.CASE_READ)
        found = record_in(db, desk.keys, village, record)
        if found is None or found.kind != "request":
            raise ProblemError("not-found")
        return {"written": found.values, "audit_subject": ("request", record)}

    return await desk.show(
        request, account, village, "capture/request_saved.html", read, audit=Action.CASE_READ
    )


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    typed: dict[str, list[str]],
    wrong: Sequence[Problem] = (),
) -> Template:
    find, resident = first(typed, "find").strip(), first(typed, "resident")

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.CASE_ADVANCE)
        found = applicants_matching(db, desk.keys, village, find)[0] if find and not resident else None
        return {
            "record": first(typed, "record") or uuid7(visitor.now_ms, os.urandom(10)),
            "text": first(typed, "text"),
            "note": first(typed, "note"),
            "find": find,
            "found": found,
            "applicant": applicant_at(db, desk.keys, village, resident),
            "wrong": {one.pointer: one for one in wrong},
        }

    return await desk.show(
        request,
        account,
        village,
        "capture/request.html",
        read,
        audit=Action.RESIDENT_READ if find or resident else None,
        status=422 if wrong else 200,
    )


request_pages = [new_request, post_request, one_request]
"""All handlers of this file."""
