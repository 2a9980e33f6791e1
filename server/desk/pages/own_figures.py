"""`/desk/mine`, `/desk/v/<village>/mine`: one's own figures. `/desk/v/<village>/workers`: those of each worker, for the
village lead, in the order of names and no other.
"""

from __future__ import annotations

import sqlite3

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from grid_map.counting_rules import ROUND_ATTEMPTED
from server.desk.desk import Context, Desk, DeskRequest
from server.desk.figure_rules import PACE, RULES
from server.desk.navigation import address_of
from server.desk.views.months import month_given, month_of, months_to
from server.desk.views.own_figures import own_figures, worker_rows
from server.desk.views.shower import Shower
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action, Role
from server.store.accounts import Account, account_by_id
from server.store.receipts_of_figures import villages_worked_in
from server.store.tally_keys import CASE_CAPTURED, VISIT_RECORDED

COUNTED = frozenset({Role.WORKER, Role.VILLAGE_LEAD})
"""Whose own figures there are."""


@get("/mine", include_in_schema=False)
async def mine(account: NamedDependency[Account]) -> Redirect:
    own = account.role in COUNTED
    return Redirect(address_of(account.division, "mine") if own else "/desk/", status_code=303)


@get("/v/{place:str}/mine", include_in_schema=False)
async def mine_in_village(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    month: FromQuery[str | None] = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        owners = [account.id] if account.role in COUNTED else []
        visitor.require(Action.WORKER_FIGURES_READ, owners=owners)
        return _figures(desk, db, visitor, account.id, month) | {"own": True}

    return await desk.show(
        request, account, place, "own_figures/page.html", read, audit=Action.WORKER_FIGURES_READ
    )


@get("/v/{place:str}/workers", include_in_schema=False)
async def workers(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    month: FromQuery[str | None] = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.WORKER_FIGURES_READ)
        of = month_given(month, visitor.today, desk.settings.month_closes_on_working_day)
        return {
            "rows": worker_rows(db, desk.settings, place, visitor.today, of),
            "month": of,
            "months": months_to(month_of(visitor.today)),
            "how": _how(desk),
        }

    return await desk.show(
        request, account, place, "own_figures/workers.html", read, audit=Action.WORKER_FIGURES_READ
    )


@get("/v/{place:str}/workers/{worker:str}", include_in_schema=False)
async def worker_figures(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    worker: FromPath[str],
    month: FromQuery[str | None] = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.WORKER_FIGURES_READ)
        of = account_by_id(db, worker)
        if of is None or (of.division != place and place not in villages_worked_in(db, worker)):
            raise ProblemError("not-found")
        found = _figures(desk, db, visitor, worker, month)
        return found | {"own": False, "audit_subject": ("worker", worker)}

    return await desk.show(
        request, account, place, "own_figures/page.html", read, audit=Action.WORKER_FIGURES_READ
    )


def _figures(desk: Desk, db: sqlite3.Connection, visitor: Visitor, worker: str, month: str | None) -> Context:
    of = month_given(month, visitor.today, desk.settings.month_closes_on_working_day)
    shower = Shower(db, desk.keys, desk.settings, visitor, own=worker == visitor.account.id)
    return {
        "found": own_figures(shower, desk.settings, worker, visitor.today, of),
        "how": _how(desk),
        "links_cases": visitor.may(Action.CASE_READ, owners=[worker]),
    }


def _how(desk: Desk) -> Context:
    """The rules of the four figures, and the target that the pace is of."""
    return {
        "rounds": RULES[ROUND_ATTEMPTED.key],
        "visits": RULES[VISIT_RECORDED],
        "cases": RULES[CASE_CAPTURED],
        "pace": PACE,
        "target": desk.settings.pace_rounds_a_year,
    }


own_figure_pages = [mine, mine_in_village, workers, worker_figures]
