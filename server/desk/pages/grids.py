"""`/desk/v/<village>/grids`: who has which grid; a change is shown with all that it touches before it is confirmed."""

from __future__ import annotations

import sqlite3
from datetime import date
from urllib.parse import urlencode

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from server.api.desk import day_given
from server.casework.grid_changes import (
    WAYS,
    Done,
    Ended,
    GridChange,
    change_grid,
    end_assignment,
    problems_of,
    undo_change,
)
from server.desk.desk import Context, Desk, DeskRequest, Gone, go_to
from server.desk.navigation import address_of
from server.desk.problems_told import problems_told
from server.desk.views.grids import grids_shown, preview_of, preview_of_end
from server.desk.views.people import colleagues, person
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account

SHOWN_AGAIN = frozenset({"request-invalid", "already-settled"})
GRIDS = "/v/{village:str}/grids"


@get(GRIDS, include_in_schema=False)
async def grids(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    made: FromQuery[str | None] = None,
    ended: FromQuery[list[str] | None] = None,
) -> Template:
    """The grids; after a change, with the way to take it back."""
    undo = made is not None or bool(ended)
    return await _shown(request, desk, account, village, made=made, ended=ended or [], undo=undo)


@post(GRIDS + "/preview", include_in_schema=False)
async def post_preview(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template:
    """What a change would touch; nothing is written."""
    form = await request.form()
    if _text(form, "assignment"):
        return await _end_preview(request, desk, account, village, form)
    return await _change_preview(request, desk, account, village, form)


@post(GRIDS + "/change", include_in_schema=False)
async def post_change(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template | Gone:
    """The change that was shown is confirmed."""
    form = await request.form()
    change = _change(form, desk.clock())

    def write(db: sqlite3.Connection, visitor: Visitor) -> Done:
        return change_grid(desk.intake, db, visitor, change, _texts(form, "seen"))

    try:
        done = await desk.act(account, village, write)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _change_preview(request, desk, account, village, form, error)
    return go_to(request, _address(village, done))


@post(GRIDS + "/end", include_in_schema=False)
async def post_end(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template | Gone:
    """The last day that was shown is confirmed; an empty one lets the assignment go on."""
    form = await request.form()
    last = _day_or_none(form, "to_day", desk.clock())

    def write(db: sqlite3.Connection, visitor: Visitor) -> Done:
        return end_assignment(desk.intake, db, visitor, _text(form, "assignment"), last, _text(form, "seen"))

    try:
        done = await desk.act(account, village, write)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _end_preview(request, desk, account, village, form, error)
    return go_to(request, _address(village, done))


@post(GRIDS + "/undo", include_in_schema=False)
async def post_undo(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
) -> Template | Gone:
    """The last change is taken back, whole."""
    form = await request.form()
    ended = []
    for one in _texts(form, "ended"):
        identifier, _, was = one.partition(":")
        ended.append(Ended(identifier, day_given(was, desk.clock()).isoformat() if was else None))
    done = Done(_text(form, "made") or None, ended)
    try:
        await desk.act(
            account, village, lambda db, visitor: undo_change(desk.intake, desk.keys, db, visitor, done)
        )
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _shown(request, desk, account, village, error=error)
    return go_to(request, address_of(village, "grids"))


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    *,
    made: str | None = None,
    ended: list[str] | None = None,
    undo: bool = False,
    error: ProblemError | None = None,
    typed: dict[str, str] | None = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        return {
            "grids": grids_shown(db, desk.keys, visitor),
            "people": colleagues(db, village),
            "made": made,
            "ended": ended or [],
            "undo": undo,
            "typed": typed or {},
            "problems_found": problems_told(error),
        }

    status = 200 if error is None else error.code.status
    return await desk.show(request, account, village, "grids/page.html", read, status=status)


async def _change_preview(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    form: FormMultiDict,
    error: ProblemError | None = None,
) -> Template:
    try:
        change = _change(form, desk.clock())
    except ProblemError as wrong:
        return await _shown(request, desk, account, village, error=wrong, typed=_typed(form))

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.ASSIGNMENT_WRITE)
        found = preview_of(db, desk.keys, visitor, change)
        if found is None:
            raise ProblemError("not-found")
        problems = problems_of(db, visitor, change)
        return {
            "preview": found,
            "change": change,
            "people": colleagues(db, village),
            "problems_found": problems_told(error) or problems,
            "blocked": bool(problems),
            "to": person(db, change.worker),
        }

    status = 200 if error is None else error.code.status
    return await desk.show(request, account, village, "grids/change.html", read, status=status)


async def _end_preview(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    form: FormMultiDict,
    error: ProblemError | None = None,
) -> Template:
    last, assignment = _day_or_none(form, "to_day", desk.clock()), _text(form, "assignment")

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        found = preview_of_end(db, desk.keys, visitor, assignment, last)
        if found is None:
            raise ProblemError("not-found")
        problems = problems_told(error)
        return {"preview": found, "last": last, "assignment": assignment, "problems_found": problems}

    status = 200 if error is None else error.code.status
    return await desk.show(request, account, village, "grids/end.html", read, status=status)


def _change(form: FormMultiDict, now_ms: int) -> GridChange:
    """What was chosen. ProblemError request-invalid for what is no day."""
    way = _text(form, "way")
    return GridChange(
        grid=_text(form, "grid"),
        worker=_text(form, "worker"),
        way=way if way in WAYS else "hand_over",
        from_day=day_given(_text(form, "from_day"), now_ms),
        to_day=_day_or_none(form, "to_day", now_ms),
        reason=_text(form, "reason").strip(),
    )


def _day_or_none(form: FormMultiDict, name: str, now_ms: int) -> date | None:
    text = _text(form, name)
    return day_given(text, now_ms) if text else None


def _typed(form: FormMultiDict) -> dict[str, str]:
    return {name: str(text) for name, text in form.items()}


def _text(form: FormMultiDict, name: str) -> str:
    return str(form.get(name) or "")


def _texts(form: FormMultiDict, name: str) -> list[str]:
    return [str(one) for one in form.getall(name, [])]


def _address(village: str, done: Done) -> str:
    """The grids, with what takes the change back."""
    ended = [("ended", f"{one.assignment}:{one.was or ''}") for one in done.ended]
    query = urlencode([*([("made", done.made)] if done.made else []), *ended])
    return f"{address_of(village, 'grids')}?{query}"


grid_pages = [grids, post_preview, post_change, post_end, post_undo]
