"""`/desk/v/<village>/proxy/batches`: the batches that were handed up, each with its cover list; taken back whole."""

from __future__ import annotations

import sqlite3

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from server.casework.handing_up import take_back_batch
from server.desk.desk import Context, Desk, DeskRequest, Gone
from server.desk.navigation import address_of
from server.desk.pages.acting import done_or_shown, told
from server.desk.views.batches import batch_view, batches_of
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account

BATCHES = "/v/{village:str}/proxy/batches"


@get(BATCHES, include_in_schema=False)
async def batches(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    before: FromQuery[int | None] = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.CASE_ADVANCE)
        listed, further = batches_of(db, village, before)
        return {"batches": listed, "before": further, "base": address_of(village, "proxy")}

    return await desk.show(request, account, village, "proxy/batches.html", read)


@get(BATCHES + "/{batch:str}", include_in_schema=False)
async def batch_page(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    batch: FromPath[str],
) -> Template:
    return await _shown(request, desk, account, village, batch)


@post(BATCHES + "/{batch:str}/take-back", include_in_schema=False)
async def post_take_back_batch(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    batch: FromPath[str],
) -> Template | Gone:
    async def again(error: ProblemError) -> Template:
        return await _shown(request, desk, account, village, batch, error)

    def write(db: sqlite3.Connection, visitor: Visitor) -> None:
        take_back_batch(desk.intake, desk.keys, db, visitor, batch)

    address = address_of(village, f"proxy/batches/{batch}")
    return await done_or_shown(request, desk, account, village, write, address, again)


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    batch: str,
    error: ProblemError | None = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.CASE_ADVANCE)
        return {
            "batch": batch_view(db, desk.keys, village, batch, visitor.today),
            "base": address_of(village, "proxy"),
            "problems_found": told(error),
            "audit_subject": ("hand-up", batch),
        }

    status = 200 if error is None else error.code.status
    return await desk.show(
        request, account, village, "proxy/batch.html", read, audit=Action.CASE_READ, status=status
    )
