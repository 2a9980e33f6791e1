"""Puts the demonstration city into a store: accounts, then village by village through the one way in.

Everything is written by the server's own devices in the name of the worker who would have done it, a day at a time and
with that day's evening as its receipt, so that tallies, closed months and what is due come out as they would have.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import msgspec
from argon2 import PasswordHasher

from grid_map.days import count_day, day_start_ms
from server.demo.accounts import DemoAccount, accounts
from server.demo.city import Scale, city_facts, scale_villages, village_facts
from server.demo.facts import Change, Fact
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft, own_device, write_operations
from server.private_file import write_private
from server.roles import Role
from server.store.accounts import Account, add_account
from server.store.devices import IMPORT
from server.store.engine import Store
from server.store.segments import prepare_village
from sync.clock import moment
from sync.operation import Action
from sync.protocol import OutcomeEntry

SEED = 20201123
DEMONSTRATION = "demonstration"
ACCOUNTS_FILE = "demo-accounts.json"
_EVENING_MS = 20 * 3600 * 1000
# The passwords stand in a file, so their hashes protect nothing; a sign-in replaces them by full ones.
_QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


class Filled(NamedTuple):
    """What came into the store, and the first outcome that was not `applied` (there should be none)."""

    villages: int
    operations: int
    refused: list[OutcomeEntry]


class TellableAccount(msgspec.Struct):
    """An account as `demo-accounts.json` lists it."""

    role: str
    division: str
    username: str
    password: str


def fill(
    store: Store,
    keys: Keys,
    intake: Intake,
    data: Path,
    scale: Scale,
    now_ms: int,
    progress: Progress,
    seed: int = SEED,
) -> Filled:
    """Create the demonstration city of a scale in an empty store, and write its accounts beside it."""
    villages = scale_villages(scale)
    people = accounts(seed, villages)
    store.write_now(lambda db: _add_accounts(db, people, now_ms))
    _write_accounts_file(data / ACCOUNTS_FILE, people)
    operations, refused = 0, []
    for place, village in enumerate(villages):
        progress(village, place, len(villages))
        outcomes = store.write_now(lambda db, of=village: _fill_village(db, intake, of, seed, now_ms))  # type: ignore[misc]
        store.write_now(lambda db, of=village: prepare_village(db, keys, of))  # type: ignore[misc]
        operations += len(outcomes)
        refused += [outcome for outcome in outcomes if outcome.outcome not in ("applied", "merged")]
    progress("", len(villages), len(villages))
    return Filled(len(villages), operations, refused)


def _add_accounts(db: sqlite3.Connection, people: Iterable[DemoAccount], now_ms: int) -> None:
    for person in people:
        account = Account(
            id=person.id,
            username=person.username,
            name=person.name,
            role=Role(person.role),
            division=person.division,
            departments=person.departments,
            demonstration=True,
            created_at=moment(now_ms),
        )
        add_account(db, account, _QUICK.hash(person.password))


def _write_accounts_file(path: Path, people: Iterable[DemoAccount]) -> None:
    told = [TellableAccount(of.role, of.division, of.username, of.password) for of in people]
    write_private(path, msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")


def _fill_village(
    db: sqlite3.Connection, intake: Intake, village: str, seed: int, now_ms: int
) -> list[OutcomeEntry]:
    outcomes = []
    today = count_day(now_ms)
    facts = list(village_facts(village, seed, today))
    grids = list(city_facts((village,), seed, min((fact.at_ms for fact in facts), default=now_ms)))
    for received_ms, worker, drafts in _sittings([*grids, *facts], now_ms):
        device = own_device(db, worker, "演示数据", village, received_ms, IMPORT)
        outcomes += write_operations(intake, db, device, drafts, received_ms)
    return outcomes


def _sittings(facts: Iterable[Fact | Change], now_ms: int) -> Iterator[tuple[int, str, list[Draft]]]:
    """What one person wrote down on one day in a row: (receipt, worker, drafts)."""
    for (day, worker), group in groupby(facts, key=lambda fact: (count_day(fact.at_ms), _author(fact))):
        received_ms = min(day_start_ms(day) + _EVENING_MS, now_ms)
        drafts = [_draft(fact) for fact in group]
        yield max(received_ms, *(draft.at_ms or 0 for draft in drafts)), worker, drafts


def _author(fact: Fact | Change) -> str:
    if isinstance(fact, Change):
        return fact.by
    if fact.kind in ("visit", "round", "request"):
        return str(fact.fields["worker"])
    return str(fact.fields.get("first_contact") or fact.fields.get("holder") or DEMONSTRATION)


def _draft(fact: Fact | Change) -> Draft:
    changing = isinstance(fact, Change)
    return Draft(
        kind=fact.kind,
        village=fact.village,
        record=fact.record,
        action=Action.CHANGE if changing else Action.CREATE,
        seen=fact.seen if isinstance(fact, Change) else {},
        fields=fact.fields,
        at_ms=fact.at_ms,
    )
