"""`/desk/v/<village>/cases/<id>`: one case beside the list that it was chosen from, and its photos."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from server.casework.case_access import case_for
from server.casework.identity_numbers import REASONS
from server.desk.desk import Context, Desk, DeskRequest
from server.desk.pages.inbox import list_context
from server.desk.problems_told import problems_told
from server.desk.typed import typed_fields
from server.desk.views.case_page import case_page
from server.desk.views.inbox import asked_for
from server.desk.visitor import Visitor, visitor_at
from server.files.serving import GUARDS
from server.problem import ProblemError
from server.roles import Action
from server.store import files
from server.store.accounts import Account
from server.store.audit import Entry
from server.store.audit import record as audit
from server.store.files import File
from sync.files import files_named


@get("/v/{village:str}/cases/{case:str}", include_in_schema=False)
async def case(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Template:
    return await show_case(request, desk, account, village, case)


async def show_case(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    case: str,
    *,
    error: ProblemError | None = None,
    revealed: dict[str, str] | None = None,
) -> Template:
    """The page of a case; after a refusal with what is wrong and everything that was typed."""
    asked = asked_for(request.query_params)
    pane = bool(request.htmx and request.htmx.target == "detail")

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        record = case_for(db, desk.keys, visitor, case, Action.CASE_READ)
        shown = {} if pane else list_context(db, desk.keys, visitor, asked)
        return shown | {
            "asked": asked,
            "page": case_page(db, desk.keys, visitor, record),
            "address": f"/desk/v/{village}/cases/{record.id}",
            "chosen": record.id,
            "told": problems_told(error),
            "typed": {field.name: field.text for field in typed_fields(request)} if error else {},
            "revealed": revealed or {},
            "reasons": REASONS,
            "audit_subject": ("case", record.id),
        }

    template = "cases/_case.html" if pane else "inbox/page.html"
    status = 200 if error is None else error.code.status
    return await desk.show(request, account, village, template, read, audit=Action.CASE_READ, status=status)


@get("/v/{village:str}/cases/{case:str}/files/{digest:str}", include_in_schema=False)
async def case_file(
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
    digest: FromPath[str],
) -> Response[Any]:
    """A picture of the case for the page itself: by the right to the case, in the audit log, nothing a browser runs."""
    now_ms = desk.clock()

    def look(db: sqlite3.Connection) -> File:
        visitor = visitor_at(db, account, village, now_ms)
        record = case_for(db, desk.keys, visitor, case, Action.CASE_READ)
        found = files.file_of(db, digest) if digest in files_named("case", record.values) else None
        if found is None:
            raise ProblemError("not-found")
        detail = {"read": True, "file": digest}
        entry = Entry(
            time=visitor.now,
            action=Action.CASE_READ,
            account=account.id,
            subject_kind="case",
            subject=record.id,
            village=village,
            detail=detail,
        )
        audit(db, entry)
        return found

    found = await desk.store.write(look)
    plain = await asyncio.to_thread(desk.files.folder.read, found.digest)
    if plain is None:
        raise ProblemError("not-found")
    return Response(plain, media_type=found.type, headers={**GUARDS, "content-disposition": "inline"})
