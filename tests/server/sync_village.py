"""A tiny village behind the real application: two workers, a lead, a neighbour, three grids, a rota, a few households.

`TinyVillage` runs the application in this process with a clock that the test moves; `ServedVillage` (in
`served_village.py`) runs it as a process of its own on the same data folder.
"""

from __future__ import annotations

import atexit
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import structlog
from litestar.testing import TestClient

from forms.catalogue import Catalogue, Department, Finish, Item, Mode, TimeLimit
from forms.definition import Field, FieldType, Form, Label
from forms.handling.calendar import published_calendar
from grid_map.days import count_day
from server.app import create_app
from server.check.checking import check_store
from server.check.fault import Fault
from server.demo.numbers import identity_number
from server.founding import ensure_epoch, publish_reference
from server.intake import Intake
from server.keys import Keys, load_keys, new_keys, save_keys
from server.new_account import made_account, store_account
from server.own_device import Draft, own_device, write_operations
from server.passwords import Passwords
from server.roles import Role
from server.settings import Settings
from server.store.accounts import Account
from server.store.bodies import opened
from server.store.engine import Store
from server.store.knowledge import Knowledge
from server.store.migrations import migrate
from server.store.schema import MIGRATIONS
from sync.clock import moment
from sync.ids import derived
from sync.protocol import OutcomeEntry
from sync.record import Record

VILLAGE, NEXT_VILLAGE, TOWN = "330481106222", "330481106223", "330481106"
GRID_1, GRID_2, GRID_3, NEXT_GRID = f"{VILLAGE}001", f"{VILLAGE}002", f"{VILLAGE}003", f"{NEXT_VILLAGE}001"
PASSWORD = "correct horse battery"
NOW_MS = 1_795_420_800_000  # 2026-11-23 08:00 UTC, 16:00 in Haining
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
PEOPLE = {
    "lead": (Role.VILLAGE_LEAD, VILLAGE, ()),
    "wang": (Role.WORKER, VILLAGE, ()),
    "li": (Role.WORKER, VILLAGE, ()),
    "neighbour": (Role.WORKER, NEXT_VILLAGE, ()),
    "clerk": (Role.TOWN_CLERK, TOWN, ("civil",)),
    "supervisor": (Role.TOWN_SUPERVISOR, TOWN, ()),
}
HAS = (("wang", GRID_1), ("li", GRID_2), ("lead", GRID_3), ("neighbour", NEXT_GRID))
HOUSEHOLDS = {GRID_1: 3, GRID_2: 3, GRID_3: 2, NEXT_GRID: 2}
NUMBER = identity_number("19600202", 3)
"""An identity number of the county code that was never assigned."""


def small_catalogue(today: date, *, extra: tuple[Item, ...] = ()) -> Catalogue:
    """Items of each mode; one ended ten days ago, one yesterday."""
    fields = (
        Field(key="hospital", type=FieldType.TEXT, label=Label(zh="医院")),
        Field(key="number", type=FieldType.IDENTITY_NUMBER, label=Label(zh="证件号")),
        Field(key="amount", type=FieldType.MONEY, label=Label(zh="金额")),
    )
    return Catalogue(
        version=1,
        label="演示目录",
        departments=(Department(key="civil", name="民政"),),
        forms=(Form(key="plain", fields=fields),),
        items=(
            item("allowance", Mode.DIRECT, Finish.DOORSTEP),
            item("permit", Mode.PROXY, Finish.HANDED_UP, duplicate_key=("hospital",)),
            item("report", Mode.REPORT, Finish.ONLINE),
            item("care-visit", Mode.VISIT, Finish.DOORSTEP),
            item("ended", Mode.DIRECT, Finish.DOORSTEP, effective_to=today - timedelta(days=10)),
            item("ended-yesterday", Mode.DIRECT, Finish.DOORSTEP, effective_to=today - timedelta(days=1)),
            *extra,
        ),
    )


def item(key: str, mode: Mode, finish: Finish, **more: Any) -> Item:
    """One item with the plain form."""
    return Item(
        key=key,
        number=1,
        version=1,
        department="civil",
        name=key,
        mode=mode,
        finish=finish,
        limit=TimeLimit(),
        form="plain",
        effective_from=date(2020, 1, 1),
        **more,
    )


def fast_settings(folder: Path, **more: Any) -> Settings:
    """Settings whose password hashes cost nothing."""
    return Settings(data=folder, password_memory_kib=64, password_passes=1, **more)


class Founded:
    """A data folder with its village. The ids of accounts, households and residents are known by name."""

    def __init__(self, settings: Settings, store: Store, keys: Keys) -> None:
        self.settings, self.store, self.keys = settings, store, keys
        self.intake = Intake(keys, Knowledge(keys, settings.month_closes_on_working_day))
        self.today = count_day(NOW_MS)
        self.workers: dict[str, str] = dict(self.rows("SELECT username, id FROM accounts"))

    def found(self, now_ms: int) -> None:
        """Accounts, catalogue, grids, rota, households; in a new store only."""
        hashed = Passwords(self.settings)
        password = hashed.hash_now(PASSWORD)
        hashed.close()
        for username, (role, division, departments) in PEOPLE.items():
            account = Account(
                username=username, name=username, role=role, division=division, departments=departments
            )
            account = made_account(account, now_ms)
            self.workers[username] = account.id
            self.store.write_now(lambda db, account=account: store_account(db, account, password, by=None))
        self.store.write_now(ensure_epoch)
        past = now_ms - DAY_MS
        self.store.write_now(
            lambda db: publish_reference(
                self.intake, db, small_catalogue(self.today), published_calendar(), [], past
            )
        )
        for drafts in self._village(now_ms):
            assert all(entry.outcome == "applied" for entry in self.write(drafts, past))

    def _village(self, now_ms: int) -> Iterator[list[Draft]]:
        """Grids, then who has them and when who is at the window, then households with two residents each."""
        yield [
            _draft("grid", grid[:12], key=grid, version=1, definition={"code": grid}) for grid in HOUSEHOLDS
        ]
        yield [
            _draft("assignment", grid[:12], worker=self.workers[name], grid=grid, from_day="2026-01-01")
            for name, grid in HAS
        ]
        days = [count_day(now_ms) + timedelta(days=shift) for shift in range(-3, 5)]
        yield [
            _draft(
                "rota",
                village,
                record=derived("rota", village, day.isoformat()),
                day=day.isoformat(),
                window=[self.workers[window]],
            )
            for village, window in ((VILLAGE, "lead"), (NEXT_VILLAGE, "neighbour"))
            for day in days
        ]
        yield [
            _draft(
                "household",
                grid[:12],
                record=household_id(grid, number),
                name=f"{grid[-3:]}组{number}户",
                address=f"演示路{number}号",
                grid=grid,
            )
            for grid, count in HOUSEHOLDS.items()
            for number in range(count)
        ]
        yield [
            _draft(
                "resident",
                grid[:12],
                record=resident_id(grid, number, who),
                household=household_id(grid, number),
                name=f"居民{number}{who}",
            )
            for grid, count in HOUSEHOLDS.items()
            for number in range(count)
            for who in range(2)
        ]

    def write(self, drafts: list[Draft], now_ms: int) -> list[OutcomeEntry]:
        """Write by the server's own demonstration device."""

        def work(db: Any) -> list[OutcomeEntry]:
            device = own_device(db, "demonstration", "演示", VILLAGE, now_ms)
            return write_operations(self.intake, db, device, drafts, now_ms)

        return self.store.write_now(work)

    def records(self, village: str | None = None) -> dict[str, tuple[int, Record]]:
        """Every record with its version."""

        def read(db: Any) -> dict[str, tuple[int, Record]]:
            rows = db.execute(
                "SELECT id, version, body FROM records WHERE ?1 IS NULL OR village = ?1", (village,)
            )
            return {found: (version, opened(self.keys, found, body)) for found, version, body in rows}

        return self.store.read_now(read)

    def record(self, identifier: str) -> Record:
        """One record as the server has it."""
        return self.records()[identifier][1]

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        return self.store.read_now(lambda db: db.execute(sql, parameters).fetchall())


@contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    """Draw what the server draws (ids, tokens, nonces) from a seed, so that a test repeats itself exactly."""
    drawn = random.Random(seed)
    with patch("os.urandom", drawn.randbytes), patch("secrets.token_bytes", drawn.randbytes):
        yield


@cache
def _template() -> Path:
    """A founded folder, made once a process and copied for each test.

    It goes without the whole demonstration catalogue, which `open_data` would publish.
    """
    folder = Path(tempfile.mkdtemp(prefix="tiny-village-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = fast_settings(folder)
    with drawn_from(0):
        keys = new_keys()
        save_keys(keys, settings.keys_path)
        store = Store(settings.database_path)
        store.write_now(lambda db: migrate(db, MIGRATIONS))
        Founded(settings, store, keys).found(NOW_MS)
        store.close()
    return folder


def founded_folder(folder: Path) -> Path:
    """A copy of the founded village in this folder."""
    return Path(shutil.copytree(_template(), folder, dirs_exist_ok=True))


class TinyVillage(Founded):
    """The village behind the application in this process; `now_ms` is the server's clock, moved by the test.

    A folder that has a database already is opened as it is.
    """

    def __init__(self, folder: Path, **more: Any) -> None:
        if not (folder / "allpost.db").exists():
            founded_folder(folder)
        self.reopen(folder, **more)

    def reopen(self, folder: Path, **more: Any) -> None:
        """Serve the village that is in this folder."""
        plain_logs()
        settings = fast_settings(folder, **more)
        store = Store(settings.database_path)
        keys = load_keys(settings.keys_path, settings.cipher)
        self.now_ms = NOW_MS
        super().__init__(settings, store, keys)
        self.app = create_app(settings, store, keys, lambda: self.now_ms)
        self.client: httpx.Client = TestClient(self.app, raise_server_exceptions=False)

    def later(self, ms: int = MINUTE_MS) -> None:
        """Let time pass on the server."""
        self.now_ms += ms

    def moment(self, shift_ms: int = 0) -> str:
        """The server's time as a moment."""
        return moment(self.now_ms + shift_ms)


@contextmanager
def tiny_village(folder: Path, **more: Any) -> Iterator[TinyVillage]:
    """A running village, closed at the end."""
    with _served(TinyVillage(folder, **more)) as village:
        yield village


@contextmanager
def village_again(folder: Path, **more: Any) -> Iterator[TinyVillage]:
    """The village that is in this folder, running again with other settings; its clock begins anew."""
    village = TinyVillage.__new__(TinyVillage)
    village.reopen(folder, **more)
    with _served(village):
        yield village


@contextmanager
def _served(village: TinyVillage) -> Iterator[TinyVillage]:
    try:
        with village.client:
            yield village
    finally:
        village.store.close()


def faults_of(village: Founded, *, replayed: bool = True) -> list[Fault]:
    """What `allpost-server check` finds in this village's store."""
    settings, now_ms = village.settings, NOW_MS + 366 * DAY_MS
    return village.store.read_now(
        lambda db: list(
            check_store(
                db,
                village.keys,
                settings.data,
                now_ms,
                settings.month_closes_on_working_day,
                lambda what, done, total: None,
                replayed=replayed,
            )
        )
    )


def plain_logs() -> None:
    """Errors as plain lines, without the contents of every frame."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
    )


def household_id(grid: str, number: int) -> str:
    """A household of the founding."""
    return derived("household", grid, str(number))


def resident_id(grid: str, number: int, who: int) -> str:
    """A resident of the founding."""
    return derived("resident", grid, str(number), str(who))


def _draft(kind: str, village: str, record: str = "", **fields: Any) -> Draft:
    return Draft(kind=kind, village=village, record=record, fields=fields)
