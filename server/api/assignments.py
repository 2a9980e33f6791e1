"""`/api/v1/villages/{village}/assignments`: who has which grid, written by the village lead."""

from __future__ import annotations

import sqlite3

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from grid_map.days import count_day
from server.api.desk import actor_at, read_audited, village_code
from server.api.sync.wire import SyncServer
from server.assignment_writing import AssignmentRequest, EndRequest, assign, end
from server.clock import Clock
from server.roles import Action, require
from server.store import assignments
from server.store.accounts import Account
from server.store.assignments import Assignment


@get("/{village:str}/assignments", summary="网格分工", description="现行和以后的网格分工，按网格排列。")
async def get_assignments(
    village: FromPath[str],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> list[Assignment]:
    now_ms, of = clock(), village_code(village)

    def read(db: sqlite3.Connection) -> list[Assignment]:
        require(actor_at(db, account, of, now_ms), Action.ROTA_READ, of)
        return assignments.of_village(db, of, count_day(now_ms).isoformat())

    return await read_audited(server, read, account, Action.ROTA_READ, of, now_ms)


@post(
    "/{village:str}/assignments",
    summary="分配网格",
    description="由村社负责人分配网格，或安排代管（到期自动结束）。",
)
async def post_assignment(
    village: FromPath[str],
    data: JSONBody[AssignmentRequest],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> Assignment:
    now_ms, of = clock(), village_code(village)
    return await server.store.write(lambda db: assign(server.intake, db, account, of, data, now_ms))


@post("/{village:str}/assignments/{assignment:str}/end", summary="结束分工", description="写明最后一天。")
async def post_assignment_end(
    village: FromPath[str],
    assignment: FromPath[str],
    data: JSONBody[EndRequest],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> Assignment:
    now_ms, of = clock(), village_code(village)
    return await server.store.write(lambda db: end(server.intake, db, account, of, assignment, data, now_ms))
