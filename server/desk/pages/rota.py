"""`/desk/v/<village>/rota`: the month for everybody of the village; its lead changes days and draws months."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from forms.problem import Problem
from grid_map.days import count_day
from server.api.desk import day_given
from server.casework.rota_changes import (
    RotaDesk,
    Turn,
    cover,
    end_leave,
    grant_leave,
    require_seen,
    rota_seen,
    swap,
    write_plan,
)
from server.desk.desk import Context, Desk, DeskRequest, Gone, go_to
from server.desk.navigation import address_of
from server.desk.problems_told import problems_told
from server.desk.views.published import calendar
from server.desk.views.reconciliation import own_days
from server.desk.views.rota import drawn_month, month_given, month_last, month_of, plan_of
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.store import rota
from server.store.accounts import Account
from server.store.rota import Duty

SHOWN_AGAIN = frozenset({"request-invalid", "already-settled"})
OWN_DAYS_SHOWN_MAX = 2
_PLANNED = re.compile(r"plan\.(\d{4}-\d{2}-\d{2})", re.ASCII)
Changed = Callable[[RotaDesk, sqlite3.Connection], None]


@get("/v/{village:str}/rota", include_in_schema=False)
async def rota_month(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    month: FromQuery[str | None] = None,
    done: FromQuery[str | None] = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        found = month_of(db, visitor, month_given(month, visitor.today))
        mine = own_days(db, visitor)[:OWN_DAYS_SHOWN_MAX]
        return {"month": found, "done": done, "to_sign": mine, "may_write": visitor.may(Action.ROTA_WRITE)}

    return await desk.show(request, account, village, "rota/page.html", read)


@get("/v/{village:str}/rota/days/{day:str}", include_in_schema=False)
async def rota_day(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    day: FromPath[str],
) -> Template:
    return await _day_shown(request, desk, account, village, day_given(day, desk.clock()))


@post("/v/{village:str}/rota/days/{day:str}", include_in_schema=False)
async def post_rota_day(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    day: FromPath[str],
) -> Template | Gone:
    """A day as the lead ticked it."""
    form, on = await request.form(), day_given(day, desk.clock())
    wanted = Duty(frozenset(_texts(form, "window")), frozenset(_texts(form, "leave")))

    def change(of: RotaDesk, db: sqlite3.Connection) -> None:
        write_plan(of, db, {on: wanted}, on, on, _text(form, "seen"))

    try:
        await _changed(desk, account, village, change)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _day_shown(request, desk, account, village, on, wanted, error)
    return go_to(request, _address(village, on, "day"))


@get("/v/{village:str}/rota/change", include_in_schema=False)
async def rota_change(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    month: FromQuery[str | None] = None,
) -> Template:
    return await _change_shown(request, desk, account, village, month, {})


@post("/v/{village:str}/rota/change", include_in_schema=False)
async def post_rota_change(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template | Gone:
    """Two people swap, one covers another, somebody is on leave or is not after all."""
    form = await request.form()
    typed = {name: str(text) for name, text in form.items()}
    month = _text(form, "month")
    try:
        first = month_given(month, count_day(desk.clock()))
        step, days = _step(form, desk.clock())

        def change(of: RotaDesk, db: sqlite3.Connection) -> None:
            require_seen(db, village, first, _seen_to(first), _text(form, "seen"))
            step(of, db)

        await _changed(desk, account, village, change)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _change_shown(request, desk, account, village, month, typed, error)
    return go_to(request, _address(village, days, typed.get("what", "swap")))


@get("/v/{village:str}/rota/draw", include_in_schema=False)
async def rota_draw(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    month: FromQuery[str | None] = None,
    who: FromQuery[list[str] | None] = None,
    keep: FromQuery[str | None] = None,
    variant: FromQuery[int] = 0,
) -> Template:
    """A month drawn by the rule, to be looked at; nothing is written."""

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.ROTA_WRITE)
        first = month_given(month, (visitor.today.replace(day=1) + timedelta(days=31)))
        first = first.replace(day=1)
        now = month_of(db, visitor, first)
        chosen = who if who is not None else [one.id for one in now.people if not one.lead]
        found = drawn_month(db, visitor, first, chosen, keep=bool(keep), variant=variant)
        plan = plan_of(found)
        return {
            "now": now,
            "month": found,
            "plan": plan,
            "chosen": frozenset(chosen),
            "keep": bool(keep),
            "variant": variant,
        }

    return await desk.show(request, account, village, "rota/draw.html", read)


@post("/v/{village:str}/rota/draw", include_in_schema=False)
async def post_rota_draw(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Gone:
    """The drawn month is written exactly as it was shown."""
    form = await request.form()
    first = month_given(_text(form, "month"), count_day(desk.clock()))
    plan = _planned(form)

    def change(of: RotaDesk, db: sqlite3.Connection) -> None:
        write_plan(of, db, plan, first, month_last(first), _text(form, "seen"))

    await _changed(desk, account, village, change)
    return go_to(request, _address(village, first, "draw"))


async def _changed(desk: Desk, account: Account, village: str, change: Changed) -> None:
    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        visitor.require(Action.ROTA_WRITE)
        visitor.require(Action.LEAVE_WRITE)
        change(RotaDesk(desk.intake, desk.keys, calendar(), account, village, visitor.now_ms), db)

    await desk.act(account, village, write)


def _step(form: FormMultiDict, now_ms: int) -> tuple[Changed, date]:
    """What is to be done, and a day of the month to look at afterwards."""
    match _text(form, "what"):
        case "swap":
            one, other = _turn(form, "one"), _turn(form, "other")
            return lambda of, db: swap(of, db, one, other), one.day
        case "cover":
            turn, by = _turn(form, "turn"), _text(form, "by")
            return lambda of, db: cover(of, db, turn, by, bool(_text(form, "on_leave"))), turn.day
        case "leave":
            first, last = _stretch(form, now_ms)
            worker, off = _text(form, "worker"), bool(_text(form, "leaves_window"))

            def leave(of: RotaDesk, db: sqlite3.Connection) -> None:
                grant_leave(of, db, worker, first, last, leaves_window=off)

            return leave, first
        case "end_leave":
            first, last = _stretch(form, now_ms)
            return lambda of, db: end_leave(of, db, _text(form, "worker"), first, last), first
    raise ProblemError("request-invalid")


def _stretch(form: FormMultiDict, now_ms: int) -> tuple[date, date]:
    first = day_given(_text(form, "first"), now_ms)
    return first, day_given(_text(form, "last") or first.isoformat(), now_ms)


def _turn(form: FormMultiDict, field: str) -> Turn:
    day, _, worker = _text(form, field).partition(" ")
    try:
        return Turn(date.fromisoformat(day), worker)
    except ValueError:
        problem = Problem(
            pointer=f"/{field}",
            code="required",
            message="请选日期和人",
            message_en="choose a day and a person",
        )
        raise ProblemError("request-invalid", problems=[problem]) from None


def _planned(form: FormMultiDict) -> dict[date, Duty]:
    """The days of a preview: `plan.<day>` names the day, `window.<day>` and `leave.<day>` its people."""
    plan = {}
    for name in form:
        if found := _PLANNED.fullmatch(name):
            day = found[1]
            on = day_given(day, 0)
            plan[on] = Duty(frozenset(_texts(form, f"window.{day}")), frozenset(_texts(form, f"leave.{day}")))
    return plan


async def _day_shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    day: date,
    typed: Duty | None = None,
    error: ProblemError | None = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.ROTA_WRITE)
        month = month_of(db, visitor, day.replace(day=1))
        found = month.days[day.day - 1]
        standing = Duty(frozenset(one.id for one in found.window), frozenset(one.id for one in found.leave))
        return {
            "month": month,
            "one": found,
            "chosen": typed or standing,
            "seen": _seen_of(db, village, day, day),
            "problems_found": problems_told(error),
        }

    status = 200 if error is None else error.code.status
    return await desk.show(request, account, village, "rota/day.html", read, status=status)


async def _change_shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    month: str | None,
    typed: Mapping[str, str],
    error: ProblemError | None = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.ROTA_WRITE)
        first = month_given(month, visitor.today)
        months = [month_of(db, visitor, first), month_of(db, visitor, month_last(first) + timedelta(days=1))]
        return {
            "month": months[0],
            "turns": [turn for one in months for turn in one.turns],
            "typed": typed,
            "seen": _seen_of(db, village, first, _seen_to(first)),
            "problems_found": problems_told(error),
        }

    status = 200 if error is None else error.code.status
    return await desk.show(request, account, village, "rota/change.html", read, status=status)


def _seen_to(first: date) -> date:
    """The turns of two months are offered for a swap."""
    return month_last(month_last(first) + timedelta(days=1))


def _seen_of(db: sqlite3.Connection, village: str, first: date, last: date) -> str:
    return rota_seen(rota.duties(db, village, first.isoformat(), last.isoformat()))


def _text(form: FormMultiDict, name: str) -> str:
    return str(form.get(name) or "")


def _texts(form: FormMultiDict, name: str) -> list[str]:
    found: list[Any] = form.getall(name, [])
    return [str(one) for one in found]


def _address(village: str, day: date, done: str) -> str:
    return f"{address_of(village, 'rota')}?month={day.isoformat()[:7]}&done={done}"


rota_pages = [
    rota_month,
    rota_day,
    post_rota_day,
    rota_change,
    post_rota_change,
    rota_draw,
    post_rota_draw,
]
