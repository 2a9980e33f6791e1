"""`/api/v1/…/conflicts` and `…/duplicates`: what differs, what may be one matter, and a person's word on it."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from server.api.desk import actor_at, masked, read_audited, village_code
from server.api.sync.wire import SyncServer
from server.clock import Clock
from server.roles import Action, may, require
from server.settling import ChoiceRequest, DecisionRequest, authors_of, decide_duplicate, settle_conflict
from server.store import matters
from server.store.accounts import Account, account_by_id
from server.store.records import record_in
from sync.record import Record


class Offered(msgspec.Struct, frozen=True):
    """A value with who set it, on which device and when; `operation` names the one that offered it."""

    value: Any
    worker: str
    worker_name: str
    device: str
    at: str
    operation: str | None = None


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """A field on which two people differ: what both saw before, what stands, what is offered, what was chosen."""

    id: str
    village: str
    grid: str | None
    subject: str
    subject_kind: str
    field: str
    seen: Any
    standing: Offered
    offered: list[Offered]
    choice: Any = None
    settled_by: str | None = None
    settled_at: str | None = None


class Duplicate(msgspec.Struct, frozen=True, kw_only=True):
    """Two open cases that look like one matter, and what was decided."""

    id: str
    village: str
    grid: str | None
    first: str
    second: str
    item: str
    workers: list[str]
    decision: str | None = None
    reason: str | None = None


@get(
    "/villages/{village:str}/conflicts",
    summary="不一致",
    description="尚待选择的不一致：原值、现值、每个人的修改；值班窗口看全部，当事人看自己的。证件号已遮盖。",
)
async def get_conflicts(
    village: FromPath[str],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> list[Conflict]:
    now_ms, of = clock(), village_code(village)

    def read(db: sqlite3.Connection) -> list[Conflict]:
        found = _open(db, server, of, matters.CONFLICT)
        actor = actor_at(db, account, of, now_ms)
        own = [record for record in found if account.id in authors_of(record)]
        if not may(actor, Action.CONFLICT_SETTLE, of):
            require(actor, Action.CONFLICT_SETTLE, of, owners=[account.id] if own else [])
            found = own
        return [_conflict(db, record) for record in found]

    return await read_audited(server, read, account, Action.CONFLICT_SETTLE, of, now_ms)


@post(
    "/conflicts/{conflict:str}/choice",
    summary="选择采用哪个值",
    description="`take` 为 `standing`（保留现值）或提出该值的操作编号；都不对时给出 `value`。",
)
async def post_choice(
    conflict: FromPath[str],
    data: JSONBody[ChoiceRequest],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> Conflict:
    now_ms = clock()

    def write(db: sqlite3.Connection) -> Conflict:
        settled = settle_conflict(server.intake, server.keys, db, account, conflict, data, now_ms)
        return _conflict(db, settled)

    return await server.store.write(write)


@get(
    "/villages/{village:str}/duplicates",
    summary="疑似重复",
    description="同一人同一事项的两件未办结办件，由人判断是否同一件事。",
)
async def get_duplicates(
    village: FromPath[str],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> list[Duplicate]:
    now_ms, of = clock(), village_code(village)

    def read(db: sqlite3.Connection) -> list[Duplicate]:
        require(actor_at(db, account, of, now_ms), Action.DUPLICATE_SETTLE, of)
        return [_duplicate(record) for record in _open(db, server, of, matters.DUPLICATE)]

    return await read_audited(server, read, account, Action.DUPLICATE_SETTLE, of, now_ms)


@post(
    "/duplicates/{duplicate:str}/decision",
    summary="判断疑似重复",
    description="`linked` 为同一件事（两件互相关联），`separate` 为两件事。",
)
async def post_decision(
    duplicate: FromPath[str],
    data: JSONBody[DecisionRequest],
    server: NamedDependency[SyncServer],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> Duplicate:
    now_ms = clock()

    def write(db: sqlite3.Connection) -> Duplicate:
        decided = decide_duplicate(server.intake, server.keys, db, account, duplicate, data, now_ms)
        return _duplicate(decided)

    return await server.store.write(write)


def _open(db: sqlite3.Connection, server: SyncServer, village: str, kind: str) -> list[Record]:
    found = [
        record_in(db, server.keys, village, identifier)
        for identifier in matters.open_records(db, village, kind)
    ]
    return [record for record in found if record is not None]


def _conflict(db: sqlite3.Connection, record: Record) -> Conflict:
    values = record.values
    device, worker, clock = values["standing_by"]
    return Conflict(
        id=record.id,
        village=record.village,
        grid=record.grid,
        subject=values["subject"],
        subject_kind=values["subject_kind"],
        field=values["field"],
        seen=masked(values.get("seen")),
        standing=Offered(masked(values.get("standing")), worker, _name(db, worker), device, clock[:24]),
        offered=[
            Offered(
                masked(offer["value"]),
                offer["worker"],
                _name(db, offer["worker"]),
                offer["device"],
                offer["clock"][:24],
                offer["operation"],
            )
            for offer in values["offered"]
        ],
        choice=masked(values.get("choice")),
        settled_by=values.get("settled_by"),
        settled_at=values.get("settled_at", "")[:24] or None,
    )


def _duplicate(record: Record) -> Duplicate:
    values = record.values
    return Duplicate(
        id=record.id,
        village=record.village,
        grid=record.grid,
        first=values["first"],
        second=values["second"],
        item=values["item"],
        workers=values["workers"],
        decision=values.get("decision"),
        reason=values.get("reason"),
    )


def _name(db: sqlite3.Connection, account: str) -> str:
    found = account_by_id(db, account)
    return account if found is None else found.name
