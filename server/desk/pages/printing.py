"""`/desk/v/<village>/print/…`: papers on A4, by the browser's own printing."""

from __future__ import annotations

import io
import sqlite3
from typing import Any

import segno
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from forms.handling.receipt import compact, read_number
from server.api.desk import day_given
from server.casework.case_access import case_for
from server.casework.telling import tell_missing
from server.desk.desk import Context, Desk, DeskRequest, Gone, go_to
from server.desk.navigation import address_of
from server.desk.views.batches import batch_view
from server.desk.views.papers import TITLES, paper_of
from server.desk.views.reconciliation import day_sheet
from server.desk.visitor import Visitor, visitor_at
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account

QR_MODULE = 4
WITH_YEARS: Context = {"today": None}
"""Moments on paper carry their year, as it outlives the one in which it is printed."""


@get([f"/v/{{village:str}}/print/{kind}/{{case:str}}" for kind in TITLES], include_in_schema=False)
async def case_paper(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Template:
    """收件回执（代办）, 一次性告知书, 委托书 of a case."""
    kind = request.url.path.split("/")[-2]

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        record = case_for(db, desk.keys, visitor, case, Action.CASE_READ)
        paper = paper_of(db, desk.keys, record, kind, visitor.today)
        may_tell = visitor.may(Action.CASE_ADVANCE, owners=[record.holder or ""])
        return {
            "paper": paper,
            "titles": TITLES[kind],
            "may_tell": may_tell,
            **WITH_YEARS,
            "audit_subject": ("case", case),
        }

    return await desk.show(request, account, village, f"print/{kind}.html", read, audit=Action.CASE_READ)


@post("/v/{village:str}/print/notice/{case:str}", include_in_schema=False)
async def post_told(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Gone:
    """The notice was given."""
    await desk.act(
        account, village, lambda db, visitor: tell_missing(desk.intake, desk.keys, db, visitor, case)
    )
    return go_to(request, address_of(village, f"print/notice/{case}"))


@get("/v/{village:str}/print/cover/{batch:str}", include_in_schema=False)
async def print_cover(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    batch: FromPath[str],
) -> Template:
    """The cover list of a batch that is handed up."""

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.CASE_ADVANCE)
        shown = batch_view(db, desk.keys, village, batch, visitor.today)
        return {"batch": shown, "audit_subject": ("hand-up", batch), **WITH_YEARS}

    return await desk.show(request, account, village, "print/cover.html", read, audit=Action.CASE_READ)


@get("/v/{village:str}/print/day/{day:str}", include_in_schema=False)
async def print_day(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    day: FromPath[str],
) -> Template:
    """A day's reconciliation with its signatures."""
    on = day_given(day, desk.clock())

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        sheet = day_sheet(db, desk.keys, visitor, on, report_after=desk.settings.report_after)
        return {"sheet": sheet, **WITH_YEARS}

    return await desk.show(request, account, village, "print/day.html", read)


@get("/v/{village:str}/print/qr/{number:str}", include_in_schema=False)
async def receipt_code(
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    number: FromPath[str],
) -> Response[Any]:
    """A receipt number as a QR code, with nothing else in it: a picture of its own, as pages hold none inside."""
    now_ms = desk.clock()
    await desk.store.read(lambda db: visitor_at(db, account, village, now_ms))
    plain = compact(number)
    if read_number(plain) is None:
        raise ProblemError("not-found")
    drawn = io.BytesIO()
    segno.make(plain, error="m", micro=False).save(
        drawn, kind="svg", scale=QR_MODULE, border=4, xmldecl=False, svgns=True
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml")


printing_pages = [case_paper, post_told, print_cover, print_day, receipt_code]
"""All handlers of this file."""
