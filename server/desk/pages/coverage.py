"""`/desk/t/<town or city>/coverage`, `/desk/v/<village>/coverage`: who was not visited, what is stuck, which phones are
silent; then by place, by class and by month, each leading to what stands behind it.
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Any, get_args

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from server.desk.data_reply import data_reply
from server.desk.desk import Context, Desk, DeskRequest
from server.desk.figure_rules import DUE_THIS_MONTH, OVERDUE, PACE, RULES, SILENT, STUCK, UNSIGNED
from server.desk.navigation import address_of
from server.desk.places import short_name
from server.desk.views.coverage import (
    RULES_TO_CHOOSE,
    VILLAGE_DIGITS,
    Coverage,
    Sort,
    coverage_of,
    month_rows,
    place_rows,
)
from server.desk.views.coverage_households import overdue_lines
from server.desk.views.coverage_map import coverage_map
from server.desk.views.crumbs import coverage_crumbs
from server.desk.views.months import month_given, month_of
from server.desk.views.shower import Shower
from server.desk.visitor import Visitor
from server.roles import Action
from server.store.accounts import Account
from server.store.places import village_range, villages_in
from server.store.signed_days import unsigned_between


@get(["/t/{place:str}/coverage", "/v/{place:str}/coverage"], include_in_schema=False)
async def coverage(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    month: FromQuery[str | None] = None,
    rule: FromQuery[str | None] = None,
    sort: FromQuery[str | None] = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.COVERAGE_READ)
        found = _read(desk, db, visitor, month, rule, sort)
        return {
            "found": found,
            "sort": sort if sort in get_args(Sort) else "place",
            "rules": {key: RULES[key] for key in RULES_TO_CHOOSE},
            "counted_by": RULES[found.rule],
            "how_rules": {
                "due": DUE_THIS_MONTH,
                "overdue": OVERDUE,
                "stuck": STUCK,
                "silent": SILENT,
                "unsigned": UNSIGNED,
                "pace": PACE,
            },
            "addresses": {row.code: _address(place, row.code) for row in found.rows},
            "cases_address": address_of(place, _cases_page(place)),
            "crumbs": coverage_crumbs(db, desk.keys, visitor),
            "pace_rounds": desk.settings.pace_rounds_a_year,
        }

    return await desk.show(request, account, place, "coverage/page.html", read)


@get(["/t/{place:str}/coverage/chart", "/v/{place:str}/coverage/chart"], include_in_schema=False)
async def coverage_chart(
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    month: FromQuery[str | None] = None,
    rule: FromQuery[str | None] = None,
) -> Response[bytes]:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Any:
        visitor.require(Action.COVERAGE_READ)
        of = month_given(month, visitor.today, desk.settings.month_closes_on_working_day)
        return month_rows(db, village_range(place), of, _rule(rule))

    return await data_reply(desk, account, place, read)


@get(["/t/{place:str}/coverage/map", "/v/{place:str}/coverage/map"], include_in_schema=False)
async def coverage_map_data(
    desk: NamedDependency[Desk], account: NamedDependency[Account], place: FromPath[str]
) -> Response[bytes]:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Any:
        visitor.require(Action.COVERAGE_READ)
        of = month_given(None, visitor.today, desk.settings.month_closes_on_working_day)
        now = visitor.today, visitor.now_ms
        rows = place_rows(db, desk.keys, desk.settings, place, now, of, _rule(None))
        addresses = {row.code: _address(place, row.code) for row in rows}
        return coverage_map(db, desk.keys, desk.settings, place, rows, addresses)

    return await data_reply(desk, account, place, read)


@get(["/t/{place:str}/coverage/overdue", "/v/{place:str}/coverage/overdue"], include_in_schema=False)
async def overdue(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    which: FromQuery[str] = "overdue",
    after: FromQuery[str | None] = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.COVERAGE_READ)
        shower = Shower(db, desk.keys, desk.settings, visitor)
        of_month, today = which == "month", visitor.today
        next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        names = shower.grid_names(place)
        names |= {of: short_name(db, desk.keys, of) for of in villages_in(db, village_range(place))}
        before = next_month if of_month else today
        lines, more = overdue_lines(shower, place, before, today, names, None, after)
        return {
            "lines": lines,
            "more": more,
            "which": "month" if of_month else "overdue",
            "rule": DUE_THIS_MONTH if of_month else OVERDUE,
            "crumbs": coverage_crumbs(db, desk.keys, visitor),
        }

    return await desk.show(request, account, place, "coverage/overdue.html", read, audit=Action.COVERAGE_READ)


@get(["/t/{place:str}/coverage/unsigned", "/v/{place:str}/coverage/unsigned"], include_in_schema=False)
async def unsigned(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    month: FromQuery[str | None] = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.COVERAGE_READ)
        of = month_given(month, visitor.today, desk.settings.month_closes_on_working_day)
        last = min(of.last, visitor.today - timedelta(days=1)).isoformat()
        days = unsigned_between(db, village_range(place), of.first.isoformat(), last)
        return {
            "month": of,
            "days": days,
            "names": {one.village: short_name(db, desk.keys, one.village) for one in days},
            "may_open": len(place) == VILLAGE_DIGITS and visitor.may(Action.RECONCILIATION_READ),
            "rule": UNSIGNED,
            "crumbs": coverage_crumbs(db, desk.keys, visitor),
            "current": month_of(visitor.today),
        }

    return await desk.show(request, account, place, "coverage/unsigned.html", read)


def _read(
    desk: Desk,
    db: sqlite3.Connection,
    visitor: Visitor,
    month: str | None,
    rule: str | None,
    sort: str | None,
) -> Coverage:
    of = month_given(month, visitor.today, desk.settings.month_closes_on_working_day)
    order: Sort = next((one for one in get_args(Sort) if one == sort), "place")
    now = visitor.today, visitor.now_ms
    return coverage_of(db, desk.keys, desk.settings, visitor.place, now, of, _rule(rule), order)


def _rule(rule: str | None) -> str:
    """The chosen rule; coverage where none or an unknown one was."""
    return rule if rule in RULES_TO_CHOOSE else RULES_TO_CHOOSE[0]


def _address(place: str, code: str) -> str:
    """Where a place of the table leads: from the city to a town, to a village, to a grid."""
    if len(place) == VILLAGE_DIGITS:
        return address_of(place, f"coverage/grids/{code}") if code else ""
    return address_of(code, "coverage")


def _cases_page(place: str) -> str:
    return "case-figures" if len(place) == VILLAGE_DIGITS else "cases"


coverage_pages = [coverage, coverage_chart, coverage_map_data, overdue, unsigned]
