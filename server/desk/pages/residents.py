"""`/desk/v/<village>/residents`: looking a resident up; what is looked for comes with a form, never in an address."""

from __future__ import annotations

import sqlite3

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from forms.problem import Problem
from server.desk.desk import Context, Desk, DeskRequest
from server.desk.resident_index import ResidentIndex
from server.desk.views.residents import resident_record, resident_shown, search
from server.desk.visitor import Visitor
from server.desk_writing import write_as
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account
from server.store.audit import Entry, record

TEXT_MAX, REASON_MAX = 100, 200
NO_REASON = Problem(
    pointer="/reason",
    code="required",
    message="请写明为什么要看完整证件号，最多200字",
    message_en="say why the number is needed in full, at most 200 characters",
)
NO_NUMBER = Problem(
    pointer="/number",
    code="required",
    message="这位居民没有登记证件号",
    message_en="no number is written down",
)


@get("/v/{village:str}/residents", include_in_schema=False)
async def residents(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.RESIDENT_READ)
        return {"text": "", "found": None, "more": False}

    return await desk.show(request, account, village, "residents/page.html", read)


@post("/v/{village:str}/residents", include_in_schema=False)
async def post_search(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    resident_index: NamedDependency[ResidentIndex],
    village: FromPath[str],
) -> Template:
    """By name, phone, address or a whole identity number; masked."""
    text = str((await request.form()).get("text", "")).strip()[:TEXT_MAX]

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        found, more = search(db, desk.keys, resident_index, visitor, text)
        return {"text": text, "found": found if text else None, "more": more}

    return await desk.show(request, account, village, "residents/page.html", read, audit=Action.RESIDENT_READ)


@get("/v/{village:str}/residents/{resident:str}", include_in_schema=False)
async def resident(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    resident: FromPath[str],
) -> Template:
    return await _shown(request, desk, account, village, resident)


@post("/v/{village:str}/residents/{resident:str}/identity-number", include_in_schema=False)
async def post_identity_number(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    resident: FromPath[str],
) -> Template:
    """The number in full, once, after the reading was written down: who, when, why."""
    reason = str((await request.form()).get("reason", "")).strip()

    def write(db: sqlite3.Connection, visitor: Visitor) -> str:
        return _read_number(desk, db, visitor, resident, reason)

    try:
        number = await desk.act(account, village, write)
    except ProblemError as error:
        if error.code.code != "request-invalid":
            raise
        return await _shown(request, desk, account, village, resident, wrong=error, reason=reason)
    return await _shown(request, desk, account, village, resident, number=number)


def _read_number(desk: Desk, db: sqlite3.Connection, visitor: Visitor, resident: str, reason: str) -> str:
    """A record of the reading, as a phone makes one, and a line of the audit log; then the number."""
    visitor.require(Action.IDENTITY_NUMBER_READ)
    found = resident_record(db, desk.keys, visitor, resident)
    number = found.values.get("identity_number")
    if not 1 <= len(reason) <= REASON_MAX:
        raise ProblemError("request-invalid", problems=[NO_REASON])
    if not number:
        raise ProblemError("request-invalid", problems=[NO_NUMBER])
    fields = {
        "subject": resident,
        "field": "identity_number",
        "reason": reason,
        "worker": visitor.account.id,
        "read_at": visitor.now,
    }
    draft = Draft(kind="reading", village=visitor.place, fields=fields)
    write_as(desk.intake, db, visitor.account, visitor.place, [draft], visitor.now_ms)
    entry = Entry(
        time=visitor.now,
        action=Action.IDENTITY_NUMBER_READ,
        account=visitor.account.id,
        subject_kind="resident",
        subject=resident,
        village=visitor.place,
    )
    record(db, entry)
    return str(number)


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    resident: str,
    *,
    number: str | None = None,
    wrong: ProblemError | None = None,
    reason: str = "",
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        return {
            "one": resident_shown(db, desk.keys, visitor, resident),
            "number": number,
            "wrong": wrong,
            "reason": reason,
            "audit_subject": ("resident", resident),
        }

    return await desk.show(
        request,
        account,
        village,
        "residents/one.html",
        read,
        audit=Action.RESIDENT_READ,
        status=200 if wrong is None else wrong.code.status,
    )


resident_pages = [residents, post_search, resident, post_identity_number]
