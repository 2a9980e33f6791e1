"""`/desk/v/<village>/coverage/…`: a grid, and the households, visits and rounds behind its numbers.

For the village lead and the town's supervisor; a visit and a round also for the worker whose own they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from grid_map.counting_rules import HOUSEHOLD_DAY, ROUND_ATTEMPTED
from server.desk.desk import Context, Desk, DeskRequest
from server.desk.figure_rules import OVERDUE, RULES
from server.desk.views.coverage import RULES_TO_CHOOSE
from server.desk.views.coverage_households import household_view, overdue_lines
from server.desk.views.crumbs import coverage_crumbs
from server.desk.views.months import month_given, month_of, months_to
from server.desk.views.shower import Shower
from server.desk.views.visit_receipts import (
    RoundLine,
    VisitLine,
    page_of,
    rounds_of,
    visit_view,
    visits_of_grid,
    visits_of_round,
)
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account
from server.store.overview import counted, overdue_by
from server.store.places import village_range
from server.store.records import record_in
from sync.counting_facts import occurred_ms


@get("/v/{place:str}/coverage/grids/{grid:str}", include_in_schema=False)
async def coverage_grid(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    grid: FromPath[str],
    month: FromQuery[str | None] = None,
    rule: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
    behind: FromQuery[str] = "",
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.COVERAGE_READ)
        shower = Shower(db, desk.keys, desk.settings, visitor)
        names = shower.grid_names(place)
        due = overdue_by(db, village_range(place), visitor.today.isoformat(), "grid")
        if grid not in names and grid not in due:
            raise ProblemError("not-found")
        of = month_given(month, visitor.today, desk.settings.month_closes_on_working_day)
        by = rule if rule in RULES_TO_CHOOSE else HOUSEHOLD_DAY.key
        figures = counted(db, village_range(place), [of.key], by, ("grid",), grid=grid)
        lines, more = overdue_lines(shower, place, visitor.today, visitor.today, names, grid, after)
        of_rounds = by == ROUND_ATTEMPTED.key
        every: Sequence[RoundLine | VisitLine] = (
            rounds_of(shower, place, of, grid=grid)
            if of_rounds
            else visits_of_grid(shower, place, grid, of, by)
        )
        receipts, page_behind = page_of(every, behind)
        return {
            "grid": grid,
            "grid_name": names.get(grid, grid),
            "due": due.get(grid),
            "lines": lines,
            "more": more,
            "month": of,
            "months": months_to(month_of(visitor.today)),
            "by": by,
            "rules": {key: RULES[key] for key in RULES_TO_CHOOSE},
            "number": figures[0] if figures else None,
            "listed": receipts,
            "next_page": page_behind,
            "counted_number": sum(line.counted for line in every),
            "of_all": len(every),
            "of_rounds": of_rounds,
            "overdue_rule": OVERDUE,
            "crumbs": coverage_crumbs(db, desk.keys, visitor),
        }

    return await desk.show(request, account, place, "coverage/grid.html", read, audit=Action.COVERAGE_READ)


@get("/v/{place:str}/coverage/households/{household:str}", include_in_schema=False)
async def coverage_household(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    household: FromPath[str],
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.COVERAGE_READ)
        shower = Shower(db, desk.keys, desk.settings, visitor)
        return {
            "view": household_view(shower, place, household, visitor.today),
            "rule": HOUSEHOLD_DAY,
            "overdue_rule": OVERDUE,
            "crumbs": coverage_crumbs(db, desk.keys, visitor),
            "audit_subject": ("household", household),
        }

    return await desk.show(
        request, account, place, "coverage/household.html", read, audit=Action.COVERAGE_READ
    )


@get("/v/{place:str}/coverage/visits/{visit:str}", include_in_schema=False)
async def coverage_visit(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    visit: FromPath[str],
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        own = _own_or_coverage(desk, db, visitor, visit, "visit")
        shower = Shower(db, desk.keys, desk.settings, visitor, own=own)
        return {
            "view": visit_view(shower, place, visit),
            "rule": HOUSEHOLD_DAY,
            "crumbs": [] if own else coverage_crumbs(db, desk.keys, visitor),
            "audit_subject": ("visit", visit),
            "reads_visits": shower.reads_visits,
            "own": own,
        }

    return await desk.show(request, account, place, "coverage/visit.html", read, audit=Action.VISIT_READ)


@get("/v/{place:str}/coverage/rounds/{round_id:str}", include_in_schema=False)
async def coverage_round(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    round_id: FromPath[str],
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        own = _own_or_coverage(desk, db, visitor, round_id, "round")
        shower = Shower(db, desk.keys, desk.settings, visitor, own=own)
        record, visits = visits_of_round(shower, place, round_id)
        return {
            "record": record,
            "started_ms": occurred_ms(record),
            "worker": shower.person(record.values["worker"]),
            "grid_name": shower.grid_names(place).get(record.grid or "", record.grid or ""),
            "visits": visits,
            "rule": ROUND_ATTEMPTED,
            "crumbs": [] if own else coverage_crumbs(db, desk.keys, visitor),
            "audit_subject": ("round", round_id),
            "own": own,
        }

    return await desk.show(request, account, place, "coverage/round.html", read, audit=Action.VISIT_READ)


def _own_or_coverage(
    desk: Desk, db: sqlite3.Connection, visitor: Visitor, identifier: str, kind: str
) -> bool:
    """Whether it is looked at as one's own, by right of `visit.read`; else `coverage.read` is asked for."""
    if visitor.may(Action.COVERAGE_READ):
        return False
    record = record_in(db, desk.keys, visitor.place, identifier)
    owners = []
    if record is not None and record.kind == kind:
        owners = [record.values["worker"], *(record.values.get("companions") or ())]
    visitor.require(Action.VISIT_READ, owners=owners)
    return True


coverage_record_pages = [coverage_grid, coverage_household, coverage_visit, coverage_round]
