"""`/api/v1/villages/{village}`: tallies, each with the rule that counted it, and the households that are overdue."""

from __future__ import annotations

import re
import sqlite3
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, Parameter

from forms.problem import Problem
from grid_map.counting_rules import HOUSEHOLD_DAY, CountingRule
from server.api.desk import actor_at, day_given, read_audited, village_code
from server.api.sync.wire import SyncServer
from server.clock import Clock
from server.problem import ProblemError
from server.roles import Action, Role, may, require
from server.store.accounts import Account
from server.store.figures import Figure, Overdue, figures_of, overdue_households
from server.tally_rules import TALLY_RULES

COUNTED = frozenset({Role.WORKER, Role.VILLAGE_LEAD})
"""Whose own figures there are."""
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


class Tallies(msgspec.Struct, frozen=True):
    """A month's numbers, and in words how each of them was counted."""

    village: str
    month: str
    rules: list[CountingRule]
    figures: list[Figure]


@get(
    "/{village:str}/tallies",
    summary="统计数",
    description="某月的统计数；每个数都注明计数规则。工作者本人看自己的，村社负责人看本村社每人的，其他岗位不分人。",
)
async def get_tallies(
    village: FromPath[str],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
    month: FromQuery[str],
    rule: FromQuery[str | None] = None,
) -> Tallies:
    now_ms, of = clock(), village_code(village)
    _check(month, rule)

    def read(db: sqlite3.Connection) -> Tallies:
        actor = actor_at(db, account, of, now_ms)
        own = None
        if not may(actor, Action.TALLIES_READ, of):
            owners = [account.id] if account.role in COUNTED else []
            require(actor, Action.WORKER_FIGURES_READ, of, owners=owners)
            own = account.id
        by_worker = own is not None or may(actor, Action.WORKER_FIGURES_READ, of)
        found = figures_of(db, of, month, rule, own, by_worker)
        named = {figure.rule for figure in found} | ({rule} if rule is not None else set())
        return Tallies(of, month, [TALLY_RULES[key] for key in sorted(named)], found)

    return await read_audited(server, read, account, Action.TALLIES_READ, of, now_ms)


@get(
    "/{village:str}/overdue",
    summary="逾期未走访",
    description="到期而未走访的户，逾期最久的在前。`day` 缺省为今天。",
)
async def get_overdue(
    village: FromPath[str],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
    day: FromQuery[str | None] = None,
    limit: FromQuery[Annotated[int, Parameter(ge=1, le=1000)]] = 200,
) -> Overdue:
    now_ms, of = clock(), village_code(village)
    on = day_given(day, now_ms).isoformat()

    def read(db: sqlite3.Connection) -> Overdue:
        require(actor_at(db, account, of, now_ms), Action.COVERAGE_READ, of)
        total, households = overdue_households(db, of, on, limit)
        return Overdue(of, on, HOUSEHOLD_DAY.key, total, households)

    return await read_audited(server, read, account, Action.COVERAGE_READ, of, now_ms)


def _check(month: str, rule: str | None) -> None:
    problems = []
    if not _MONTH.fullmatch(month):
        problems.append(
            Problem(
                pointer="/month",
                code="month",
                message="月份应写作2026-11",
                message_en="a month is written as 2026-11",
            )
        )
    if rule is not None and rule not in TALLY_RULES:
        problems.append(
            Problem(
                pointer="/rule",
                code="unknown-rule",
                message=f"没有这个计数规则，可选：{'、'.join(TALLY_RULES)}",
                message_en="no such counting rule",
            )
        )
    if problems:
        raise ProblemError("request-invalid", problems=problems)
