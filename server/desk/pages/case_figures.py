"""`/desk/t/<town or city>/cases`, `/desk/v/<village>/case-figures`: cases in figures, the stuck ones, and each of them.

A clerk's figures and lists end at the own departments. Nobody's name stands here: whoever may read the case itself
goes on to its own page.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from server.desk.data_reply import data_reply
from server.desk.desk import Context, Desk, DeskRequest
from server.desk.figure_rules import RULES, STUCK
from server.desk.navigation import address_of
from server.desk.places import short_name
from server.desk.views.case_figures import case_figures
from server.desk.views.case_lists import case_list, case_shown, choices, moves_of, wanted_cases
from server.desk.views.crumbs import figures_crumbs
from server.desk.views.months import month_given, month_of, months_to
from server.desk.views.published import catalogue_of
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account
from server.store.places import village_range, villages_in
from server.store.tally_keys import CASE_CAPTURED, CASE_DECIDED

VILLAGE_DIGITS = 12
ASKED = ("place", "department", "mode", "item", "state", "light", "open", "captured", "decided")


@get(["/t/{place:str}/cases", "/v/{place:str}/case-figures"], include_in_schema=False)
async def case_figures_page(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    month: FromQuery[str | None] = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        departments = departments_seen(visitor)
        of = month_given(month, visitor.today, desk.settings.month_closes_on_working_day)
        found = case_figures(db, desk.keys, place, visitor.today.isoformat(), of, departments)
        return {
            "found": found,
            "months": months_to(month_of(visitor.today)),
            "captured_rule": RULES[CASE_CAPTURED],
            "decided_rule": RULES[CASE_DECIDED],
            "stuck_rule": STUCK,
            "page": _page(place),
        }

    return await desk.show(request, account, place, "case_figures/page.html", read)


@get(["/t/{place:str}/cases/chart", "/v/{place:str}/case-figures/chart"], include_in_schema=False)
async def case_chart(
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    month: FromQuery[str | None] = None,
) -> Response[bytes]:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Any:
        departments = departments_seen(visitor)
        of = month_given(month, visitor.today, desk.settings.month_closes_on_working_day)
        return case_figures(db, desk.keys, place, visitor.today.isoformat(), of, departments).series

    return await data_reply(desk, account, place, read)


@get(["/t/{place:str}/cases/list", "/v/{place:str}/case-figures/list"], include_in_schema=False)
async def cases_behind(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    after: FromQuery[str | None] = None,
) -> Template:
    asked = {name: given for name in ASKED if (given := request.query_params.get(name))}

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        departments = departments_seen(visitor)
        for name in ("captured", "decided"):
            if name in asked:
                month_given(asked[name], visitor.today, desk.settings.month_closes_on_working_day)
        found = case_list(
            db, desk.keys, wanted_cases(place, asked, departments, visitor.today), visitor.today, after
        )
        below = [] if len(place) == VILLAGE_DIGITS else villages_in(db, village_range(place))
        return {
            "found": found,
            "asked": asked,
            "choices": choices(catalogue_of(db, desk.keys), departments),
            "places": [(code, short_name(db, desk.keys, code)) for code in below],
            "months": months_to(month_of(visitor.today)),
            "page": _page(place),
            "rule": STUCK,
            "crumbs": figures_crumbs(db, desk.keys, visitor),
            "case_address": _case_address(visitor),
        }

    return await desk.show(request, account, place, "case_figures/list.html", read)


@get(
    [
        "/t/{place:str}/cases/of/{village:str}/{case:str}",
        "/v/{place:str}/case-figures/of/{village:str}/{case:str}",
    ],
    include_in_schema=False,
)
async def case_without_names(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    village: FromPath[str],
    case: FromPath[str],
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        departments = departments_seen(visitor)
        shown = case_shown(db, desk.keys, place, village, case, visitor.today)
        if departments and shown.row.department not in departments:
            raise ProblemError("forbidden")
        return {
            "case": shown,
            "moves": moves_of(db, desk.keys, village, case),
            "rule": STUCK,
            "page": _page(place),
            "crumbs": figures_crumbs(db, desk.keys, visitor),
            "audit_subject": ("case", case),
        }

    return await desk.show(
        request, account, place, "case_figures/case.html", read, audit=Action.CASE_FIGURES_READ
    )


def departments_seen(visitor: Visitor) -> tuple[str, ...]:
    """A clerk's own departments; empty for whoever sees all. ProblemError forbidden for everybody else."""
    if visitor.may(Action.CASE_FIGURES_READ):
        return ()
    own = tuple(
        of for of in visitor.account.departments if visitor.may(Action.CASE_FIGURES_READ, department=of)
    )
    if not own:
        raise ProblemError("forbidden", action=Action.CASE_FIGURES_READ.value)
    return own


def _page(place: str) -> str:
    return address_of(place, "case-figures" if len(place) == VILLAGE_DIGITS else "cases")


def _case_address(visitor: Visitor) -> str:
    """Where a case of the list leads: `{village}` and `{case}` are put in. Its own page for whoever may read it."""
    if any(visitor.may(Action.CASE_READ, department=of) for of in visitor.account.departments):
        return address_of(visitor.place, "cases/{village}/{case}")
    if len(visitor.place) == VILLAGE_DIGITS and visitor.may(Action.CASE_READ):
        return address_of(visitor.place, "cases/{case}")
    return f"{_page(visitor.place)}/of/{{village}}/{{case}}"


case_figure_pages = [case_figures_page, case_chart, cases_behind, case_without_names]
