"""`/desk/v/<village>/rejected`: what was not accepted; mended and applied, sent back, or given up for a reason."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from server.casework.sending_back import give_up, send_back
from server.desk.desk import Context, Desk, DeskRequest, Gone, go_to
from server.desk.navigation import address_of
from server.desk.views.rejected import found_at, request_of, rows_of, to_mend
from server.desk.visitor import Visitor
from server.mending import mend
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account

Typed = Callable[[str], list[str]]


@get("/v/{village:str}/rejected", include_in_schema=False)
async def rejected(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    done: FromQuery[str | None] = None,
) -> Template:
    """`done`: what was just done with one of them."""

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        return {"rows": rows_of(db, desk.keys, visitor), "one": None, "wrong": None, "done": done}

    return await desk.show(request, account, village, "rejected/page.html", read, audit=Action.OPERATION_MEND)


@get("/v/{village:str}/rejected/{device:str}/{counter:int}", include_in_schema=False)
async def one_rejected(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    device: FromPath[str],
    counter: FromPath[int],
    kind: FromQuery[str | None] = None,
) -> Template:
    return await _shown(request, desk, account, village, (device, counter), kind=kind)


@post("/v/{village:str}/rejected/{device:str}/{counter:int}/mend", include_in_schema=False)
async def post_mend(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    device: FromPath[str],
    counter: FromPath[int],
) -> Template | Gone:
    """Apply it with what was changed in the form; what is still wrong is shown beside everything typed."""
    typed = await _typed(request)

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        wanted = request_of(db, desk.keys, visitor, device, counter, typed)
        mend(desk.intake, desk.keys, db, visitor.account, device, counter, wanted, visitor.now_ms)

    return await _done(request, desk, account, village, (device, counter), write, typed, "mended")


@post("/v/{village:str}/rejected/{device:str}/{counter:int}/send-back", include_in_schema=False)
async def post_send_back(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    device: FromPath[str],
    counter: FromPath[int],
) -> Template | Gone:
    """A task for its worker, with a message."""
    typed = await _typed(request)
    message = (typed("message") or [""])[0]

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        found_at(db, desk.keys, visitor, device, counter)
        send_back(desk.intake, desk.keys, db, visitor.account, device, counter, message, visitor.now_ms)

    return await _done(request, desk, account, village, (device, counter), write, typed, "sent-back")


@post("/v/{village:str}/rejected/{device:str}/{counter:int}/give-up", include_in_schema=False)
async def post_give_up(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    device: FromPath[str],
    counter: FromPath[int],
) -> Template | Gone:
    """Nothing more is done about it; its worker is told why."""
    typed = await _typed(request)
    reason = (typed("because") or [""])[0]

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        found_at(db, desk.keys, visitor, device, counter)
        give_up(desk.intake, desk.keys, db, visitor.account, device, counter, reason, visitor.now_ms)

    return await _done(request, desk, account, village, (device, counter), write, typed, "given-up")


async def _typed(request: DeskRequest) -> Typed:
    form = await request.form()

    def typed(name: str) -> list[str]:
        return [text for text in form.getall(name, []) if isinstance(text, str)]

    return typed


async def _done(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    where: tuple[str, int],
    write: Callable[[sqlite3.Connection, Visitor], Any],
    typed: Typed,
    done: str,
) -> Template | Gone:
    try:
        await desk.act(account, village, write)
    except ProblemError as error:
        if error.code.code != "request-invalid":
            raise
        return await _shown(request, desk, account, village, where, wrong=error, typed=typed)
    return go_to(request, address_of(village, f"rejected?done={done}"))


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    where: tuple[str, int],
    *,
    kind: str | None = None,
    wrong: ProblemError | None = None,
    typed: Typed | None = None,
) -> Template:
    """One of them beside the list; the mistakes of a refused form of mending stand at their fields."""
    mending = typed is not None and bool(typed("mending"))

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        found = to_mend(
            db,
            desk.keys,
            visitor,
            *where,
            kind=kind or (next(iter(typed("kind")), None) if typed is not None else None),
            problems=wrong.problems if wrong is not None and mending else (),
            typed=typed if mending else None,
        )
        return {
            "rows": rows_of(db, desk.keys, visitor),
            "one": found,
            "wrong": wrong,
            "typed": typed or (lambda name: []),
            "mending": mending,
            "done": None,
            "audit_subject": ("operation", f"{where[0]} {where[1]}"),
        }

    status = 200 if wrong is None else wrong.code.status
    return await desk.show(
        request,
        account,
        village,
        "rejected/page.html",
        read,
        audit=Action.OPERATION_MEND,
        status=status,
    )


rejected_pages = [rejected, one_rejected, post_mend, post_send_back, post_give_up]
