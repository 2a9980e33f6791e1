"""`/desk/v/<village>/reconciliation`: a day's rows, what lies behind each number, and both signatures."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import date, timedelta

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from forms.problem import Problem
from server import signing
from server.api.desk import day_given
from server.desk.desk import Context, Desk, DeskRequest, Gone, go_to
from server.desk.navigation import address_of
from server.desk.problems_told import problems_told
from server.desk.views.device_operations import Which, gaps_of, late_lines, lines_of
from server.desk.views.reconciliation import (
    DaySheet,
    day_sheet,
    history,
    own_open_day,
    require_look,
    seen_of,
    waiting_days,
)
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account

REASON = "reason."
SHOWN_AGAIN = frozenset({"day-unexplained", "request-invalid", "already-signed", "day-to-come"})
SHOWS: dict[str, Which] = {
    "day": "day",
    "captured": "arrived",
    "arrived": "arrived",
    "in_transit": "missing",
    "missing": "missing",
    "unsettled": "unsettled",
    "late": "late",
}


class FiguresChanged(Exception):
    """Something arrived or was settled between showing the figures and signing them."""


@get("/v/{village:str}/reconciliation", include_in_schema=False)
async def reconciliation(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    day: FromQuery[str | None] = None,
) -> Template:
    asked = None if day is None else day_given(day, desk.clock())
    return await _shown(request, desk, account, village, asked)


@post("/v/{village:str}/reconciliation/sign", include_in_schema=False)
async def post_sign(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template | Gone:
    """The outgoing person's signature; a refusal shows the page again with every reason that was typed."""
    form = {name: str(text) for name, text in (await request.form()).items()}
    day = day_given(form.get("day"), desk.clock())
    reasons = {name.removeprefix(REASON): text for name, text in form.items() if name.startswith(REASON)}

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        of, now_ms = _signing(desk), visitor.now_ms
        now = signing.reconciliation_of(db, of.keys, of.report_after, village, day, now_ms)
        if now.signature is None and seen_of(now) != form.get("seen"):
            raise FiguresChanged
        wanted = {device: text for device, text in reasons.items() if device in now.unexplained}
        signing.sign_day(of, db, account, village, day, wanted, now_ms)

    try:
        await desk.act(account, village, write)
    except FiguresChanged:
        return await _shown(request, desk, account, village, day, reasons, _CHANGED, 409)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _shown(
            request, desk, account, village, day, reasons, problems_told(error), error.code.status
        )
    return go_to(request, _address(village, day))


@post("/v/{village:str}/reconciliation/countersign", include_in_schema=False)
async def post_countersign(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template | Gone:
    """The incoming person's signature."""
    form = await request.form()
    day = day_given(str(form.get("day", "")), desk.clock())

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        signing.countersign_day(_signing(desk), db, account, village, day, visitor.now_ms)

    try:
        await desk.act(account, village, write)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _shown(request, desk, account, village, day, {}, problems_told(error), error.code.status)
    return go_to(request, _address(village, day))


@get("/v/{village:str}/reconciliation/history", include_in_schema=False)
async def reconciliation_history(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    last: FromQuery[str | None] = None,
) -> Template:
    until = None if last is None else day_given(last, desk.clock())

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.RECONCILIATION_READ)
        shown = history(db, desk.keys, visitor, min(until or visitor.today, visitor.today))
        return {"history": shown}

    return await desk.show(request, account, village, "reconciliation/history.html", read)


@get("/v/{village:str}/reconciliation/{day:str}/devices/{device:str}", include_in_schema=False)
async def behind_a_number(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    day: FromPath[str],
    device: FromPath[str],
    show: FromQuery[str] = "day",
    before: FromQuery[int | None] = None,
) -> Template:
    on, which = day_given(day, desk.clock()), SHOWS.get(show, "day")

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        require_look(db, visitor, on)
        sheet = day_sheet(db, desk.keys, visitor, on, report_after=desk.settings.report_after)
        row = next((one for one in sheet.rows if one.row.device == device), None)
        if row is None:
            raise ProblemError("not-found")
        found = lines_of(db, desk.keys, village, device, on, which, before)
        if which == "late":
            found = late_lines(db, desk.keys, device, _late_counters(sheet, device))
        gaps = gaps_of(db, device, row.row.captured, row.row.missing)
        return {"sheet": sheet, "row": row, "show": show, "which": which, "found": found, "gaps": gaps}

    return await desk.show(
        request, account, village, "reconciliation/device.html", read, audit=Action.RECONCILIATION_READ
    )


_CHANGED = [
    Problem(
        pointer="/seen",
        code="changed-meanwhile",
        message="您填写时数字有了变化。请看过现在的数字再签字，您写的原因还在。",
        message_en="The figures changed while you were writing. Look at them once more; your reasons are kept.",
    )
]


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    asked: date | None,
    typed: Mapping[str, str] | None = None,
    problems: list[Problem] | None = None,
    status: int = 200,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        day = asked or own_open_day(db, visitor) or visitor.today
        sheet = day_sheet(db, desk.keys, visitor, day, report_after=desk.settings.report_after)
        return {
            "sheet": sheet,
            "waiting": waiting_days(db, visitor, day),
            "day_before": day - timedelta(days=1),
            "day_after": day + timedelta(days=1) if day < visitor.today else None,
            "typed": dict(typed or {}),
            "problems_found": problems or [],
        }

    return await desk.show(
        request,
        account,
        village,
        "reconciliation/page.html",
        read,
        audit=Action.RECONCILIATION_READ,
        status=status,
    )


def _late_counters(sheet: DaySheet, device: str) -> list[int]:
    return [] if sheet.late is None else [one.counter for one in sheet.late.listed if one.device == device]


def _signing(desk: Desk) -> signing.Desk:
    return signing.Desk(desk.intake, desk.keys, desk.settings.report_after)


def _address(village: str, day: date) -> str:
    return f"{address_of(village, 'reconciliation')}?day={day.isoformat()}"


reconciliation_pages = [
    reconciliation,
    reconciliation_history,
    behind_a_number,
    post_sign,
    post_countersign,
]
