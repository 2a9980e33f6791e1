"""The tiny village with people at its desks: calls of the data API in somebody's name, and phones beside them."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
from litestar.testing import TestClient

from grid_map.days import count_day
from server.app import create_app
from server.data_folder import open_data
from server.log import configure_logging
from server.new_account import made_account, store_account
from server.passwords import Passwords
from server.roles import Role
from server.settings import Settings
from server.store.accounts import Account
from server.store.engine import Store
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import (
    GRID_1,
    HOUR_MS,
    NOW_MS,
    PASSWORD,
    VILLAGE,
    Founded,
    TinyVillage,
    fast_settings,
    resident_id,
    small_catalogue,
)

HERE = f"/api/v1/villages/{VILLAGE}"


@functools.cache
def _founded() -> tuple[Path, dict[str, str]]:
    """A village founded once a test process, to be copied: its folder, and the ids of its people."""
    folder = tempfile.TemporaryDirectory(prefix="desk-village-")
    atexit.register(folder.cleanup)
    settings = fast_settings(Path(folder.name) / "data")
    store, keys = open_data(settings, exclusive=True)
    try:
        founded = Founded(settings, store, keys)
        founded.found(NOW_MS)
        workers = founded.workers | {
            "admin": _add(store, settings, "admin", Role.CITY_ADMINISTRATOR, "330481")
        }
    finally:
        store.close()
    return settings.data, workers


def _add(
    store: Store,
    settings: Settings,
    username: str,
    role: Role,
    division: str,
    departments: tuple[str, ...] = (),
) -> str:
    passwords = Passwords(settings)
    hashed = passwords.hash_now(PASSWORD)
    passwords.close()
    given = Account(username=username, name=username, role=role, division=division, departments=departments)
    account = made_account(given, NOW_MS)
    store.write_now(lambda db: store_account(db, account, hashed, by=None))
    return account.id


class DeskVillage(TinyVillage):
    """`call` asks as an account; `phone` enrols one. A city administrator is added to the village's people."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        configure_logging("critical", "json")
        founded, self.workers = _founded()
        shutil.copytree(founded, folder / "data")
        self.settings = fast_settings(folder / "data", **settings)
        self.now_ms, self.today = NOW_MS, count_day(NOW_MS)
        self.tokens: dict[str, tuple[str, int]] = {}
        self.start()

    def start(self) -> None:
        """Open the data folder and serve it: at first, and again after it was closed."""
        self.store, self.keys = open_data(self.settings, exclusive=True)
        self.app = create_app(self.settings, self.store, self.keys, lambda: self.now_ms)
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def add_account(self, username: str, role: Role, division: str, departments: tuple[str, ...] = ()) -> str:
        """One more account with the password of all."""
        return _add(self.store, self.settings, username, role, division, departments)

    def call(self, username: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call the data API as an account; paths without a leading slash are of the village."""
        token, until = self.tokens.get(username, ("", 0))
        if until <= self.now_ms:
            given = {"username": username, "password": PASSWORD}
            token = self.client.post("/api/v1/sessions", json=given).json()["token"]
            self.tokens[username] = token, self.now_ms + self.settings.session_hours * HOUR_MS
        where = path if path.startswith("/") else f"{HERE}/{path}"
        headers = {"authorization": f"Bearer {token}"}
        return self.client.request(method, where, headers=headers, json=body)

    def phone(self, username: str) -> SyncDevice:
        """A phone that has enrolled and synced."""
        phone = SyncDevice(self.client, username, lambda: self.now_ms, small_catalogue(self.today))
        phone.enrol()
        phone.sync()
        return phone

    def capture_case(self, device: SyncDevice, item: str = "allowance", **more: Any) -> str:
        """A case captured on a phone, held by its worker; its id."""
        self.later()
        state = {"permit": "entrusted"}.get(item, "registered")
        fields = {
            "item": item,
            "item_version": 1,
            "state": state,
            "captured_at": self.moment(),
            "holder": device.worker["id"],
            "first_contact": device.worker["id"],
            "resident": resident_id(GRID_1, 0, 0),
        }
        return device.create("case", **(fields | more)).record

    def rota(self, day: date, *window: str, leave: tuple[str, ...] = ()) -> httpx.Response:
        """The lead puts people at the window of a day."""
        body = {
            "day": day.isoformat(),
            "window": [self.workers[name] for name in window],
            "leave": [self.workers[name] for name in leave],
        }
        return self.call("lead", "POST", "rota", body)

    @property
    def tomorrow(self) -> date:
        """The day after the one on which the village was founded."""
        return self.today + timedelta(days=1)


@contextmanager
def desk_village(folder: Path, **settings: Any) -> Iterator[DeskVillage]:
    """A running village with its desks, closed at the end."""
    village = DeskVillage(folder, **settings)
    try:
        with village.client:
            yield village
    finally:
        village.store.close()


def told(response: httpx.Response) -> tuple[int, str, list[str]]:
    """A refusal: its status, its code, and the codes of its problems."""
    body = response.json()
    return response.status_code, body["type"], [problem["code"] for problem in body.get("problems", [])]
