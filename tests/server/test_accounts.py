"""Accounts, sign-in and sessions through the real application on a real database."""

import asyncio
import hashlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog
from litestar.testing import TestClient

from server.access_log import GATHERED_SECONDS, AccessLog
from server.app import create_app
from server.keys import new_keys
from server.log import configure_logging
from server.new_account import made_account, store_account
from server.passwords import Passwords
from server.roles import Role
from server.settings import Settings
from server.store.accounts import Account, close_account, set_password_hash
from server.store.audit import Entry, entries, record
from server.store.engine import Store
from server.store.migrations import migrate
from server.store.schema import MIGRATIONS
from server.store.sessions import end_sessions_of
from sync.clock import moment

VILLAGE, NEIGHBOUR, TOWN, CITY = "330481105203", "330481105204", "330481105", "330481"
PASSWORD = "correct horse battery"
NOW_MS = 1_795_000_000_000
PEOPLE = {
    "lead": (Role.VILLAGE_LEAD, VILLAGE, ()),
    "worker": (Role.WORKER, VILLAGE, ()),
    "neighbour": (Role.WORKER, NEIGHBOUR, ()),
    "clerk": (Role.TOWN_CLERK, TOWN, ("民政",)),
    "supervisor": (Role.TOWN_SUPERVISOR, TOWN, ()),
    "admin": (Role.CITY_ADMINISTRATOR, CITY, ()),
}


class World:
    """The running application, its store, and a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data=folder, password_memory_kib=64, password_passes=1)
        self.now_ms = NOW_MS
        self.store = Store(self.settings.database_path)
        self.store.write_now(lambda db: migrate(db, MIGRATIONS))
        self.hash = Passwords(self.settings).hash_now(PASSWORD)
        self.ids = {name: self.add(name) for name in PEOPLE}
        self.app = create_app(self.settings, self.store, new_keys(), lambda: self.now_ms)
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def add(self, username: str) -> str:
        role, division, departments = PEOPLE[username]
        account = Account(
            username=username, name="测试", role=role, division=division, departments=departments
        )
        account = made_account(account, self.now_ms)
        self.store.write_now(lambda db: store_account(db, account, self.hash, by=None))
        return account.id

    def sign_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        return self.client.post("/api/v1/sessions", json={"username": username, "password": password})

    def bearer(self, username: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.sign_in(username).json()['token']}"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    with world.client:
        yield world
    world.store.close()


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"]


def test_signing_in_gives_a_token_that_is_stored_only_as_its_hash(world: World) -> None:
    response = world.sign_in("lead")
    assert response.status_code == 201 and response.json()["account"]["id"] == world.ids["lead"]
    token = response.json()["token"]
    stored = world.store.read_now(lambda db: db.execute("SELECT * FROM sessions").fetchall())
    assert stored[0][0] == hashlib.sha256(token.encode()).digest()
    assert token not in repr(stored) and PASSWORD not in response.text


@pytest.mark.parametrize("header", [None, "Bearer forged", "Basic bGVhZDp4", "Bearer ", "Bearer é"])
def test_a_missing_or_forged_token_is_refused(world: World, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header.encode()}
    response = world.client.get("/api/v1/accounts", headers=headers)
    assert code(response) == (401, "bad-token") and response.headers["www-authenticate"] == "Bearer"


def test_a_session_ends_by_logout_expiry_closing_and_new_password(world: World) -> None:
    def works(bearer: dict[str, str]) -> bool:
        return world.client.get("/api/v1/accounts", headers=bearer).status_code == 200

    bearer = world.bearer("lead")
    assert works(bearer)
    assert world.client.delete("/api/v1/sessions", headers=bearer).status_code == 204
    assert not works(bearer)

    bearer = world.bearer("lead")
    world.now_ms += world.settings.session_hours * 3600 * 1000 - 1
    assert works(bearer)
    world.now_ms += 1
    assert not works(bearer)

    bearer = world.bearer("lead")
    world.store.write_now(lambda db: set_password_hash(db, world.ids["lead"], world.hash))
    world.store.write_now(lambda db: end_sessions_of(db, world.ids["lead"]))
    assert not works(bearer)

    bearer = world.bearer("lead")
    world.store.write_now(lambda db: close_account(db, world.ids["lead"], moment(world.now_ms)))
    assert not works(bearer)
    assert code(world.sign_in("lead")) == (401, "wrong-password")


def test_wrong_password_and_unknown_user_look_alike(world: World) -> None:
    wrong, unknown = world.sign_in("lead", "wrong"), world.sign_in("nobody")
    assert code(wrong) == code(unknown) == (401, "wrong-password")
    assert wrong.json() == unknown.json()


def test_an_unknown_user_takes_as_long_as_a_wrong_password(tmp_path: Path) -> None:
    passwords = Passwords(Settings(data=tmp_path, password_memory_kib=8192, password_passes=2))
    known = passwords.hash_now(PASSWORD)

    def seconds(password_hash: str | None) -> float:
        started = time.perf_counter()
        assert not asyncio.run(passwords.matches("wrong", password_hash))
        return time.perf_counter() - started

    shortest_known = min(seconds(known) for _ in range(5))
    shortest_unknown = min(seconds(None) for _ in range(5))
    assert 0.4 < shortest_unknown / shortest_known < 2.5
    passwords.close()


def test_after_failures_one_must_wait_longer_each_time_even_with_the_right_password(world: World) -> None:
    for _ in range(5):
        assert code(world.sign_in("lead", "wrong")) == (401, "wrong-password")
    blocked = world.sign_in("lead")
    assert code(blocked) == (429, "too-many-attempts") and blocked.headers["retry-after"] == "30"
    assert world.sign_in("worker").status_code == 201
    world.now_ms += 30_000
    assert code(world.sign_in("lead", "wrong")) == (401, "wrong-password")
    assert world.sign_in("lead").headers["retry-after"] == "60"
    world.now_ms += 60_000
    assert world.sign_in("lead").status_code == 201
    assert code(world.sign_in("lead", "wrong")) == (401, "wrong-password")
    assert world.sign_in("lead").status_code == 201


def test_waits_survive_a_restart_of_the_server(world: World) -> None:
    for _ in range(5):
        world.sign_in("lead", "wrong")
    app = create_app(world.settings, world.store, new_keys(), lambda: world.now_ms)
    with TestClient(app) as again:
        response = again.post("/api/v1/sessions", json={"username": "lead", "password": PASSWORD})
    assert code(response) == (429, "too-many-attempts")


LISTING = {"lead": VILLAGE, "admin": CITY}


def test_who_may_list_which_accounts(world: World) -> None:
    for username in PEOPLE:
        bearer = world.bearer(username)
        for division in (VILLAGE, NEIGHBOUR, TOWN, CITY, ""):
            response = world.client.get(f"/api/v1/accounts?division={division}", headers=bearer)
            if username in LISTING and division.startswith(LISTING[username]):
                expected = sorted(name for name, person in PEOPLE.items() if person[1].startswith(division))
                assert sorted(account["username"] for account in response.json()) == expected
                assert "password" not in response.text
            else:
                assert code(response) == (403, "forbidden"), (username, division)


def test_who_may_add_accounts(world: World) -> None:
    account = {"username": "new", "name": "新人", "role": "worker", "division": VILLAGE}
    body = {"account": account, "password": "long enough 1"}
    for username in PEOPLE.keys() - {"admin"}:
        response = world.client.post("/api/v1/accounts", json=body, headers=world.bearer(username))
        assert code(response) == (403, "forbidden"), username
    response = world.client.post("/api/v1/accounts", json=body, headers=world.bearer("admin"))
    assert response.status_code == 201
    assert world.sign_in("new", "long enough 1").status_code == 201
    log = world.store.read_now(lambda db: entries(db, subject=response.json()["id"]))
    assert [(entry.account, entry.action) for entry in log] == [(world.ids["admin"], "account.manage")]


def test_all_mistakes_of_a_new_account_are_told_at_once(world: World) -> None:
    account = {"username": "A B", "name": " ", "role": "town_clerk", "division": VILLAGE}
    body = {"account": account, "password": "short"}
    response = world.client.post("/api/v1/accounts", json=body, headers=world.bearer("admin"))
    assert code(response) == (422, "request-invalid")
    assert [problem["pointer"] for problem in response.json()["problems"]] == [
        "/account/username",
        "/account/name",
        "/account/division",
        "/account/departments",
        "/password",
    ]


def test_a_user_name_is_given_once(world: World) -> None:
    account = {"username": "lead", "name": "新人", "role": "worker", "division": VILLAGE}
    body = {"account": account, "password": "long enough 1"}
    response = world.client.post("/api/v1/accounts", json=body, headers=world.bearer("admin"))
    assert [problem["code"] for problem in response.json()["problems"]] == ["username-taken"]


def test_sign_ins_and_reads_are_in_the_audit_log_which_cannot_be_changed(world: World) -> None:
    world.sign_in("lead", "wrong")
    world.client.get("/api/v1/accounts", headers=world.bearer("lead"))
    log = world.store.read_now(entries)[len(PEOPLE) :]
    assert [entry.action for entry in log] == ["sign_in.failed", "sign_in.done", "account.list"]
    assert {entry.account for entry in log} == {world.ids["lead"]}
    for statement in ("UPDATE audit SET account = 'x'", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            world.store.write_now(lambda db, statement=statement: db.execute(statement))


def test_audit_entries_are_found_by_division_and_subject(world: World) -> None:
    entry = Entry(time=moment(NOW_MS), action="case.read", village=NEIGHBOUR, subject="c1", detail={"n": 1})
    world.store.write_now(lambda db: record(db, entry))
    found = world.store.read_now(lambda db: entries(db, division=NEIGHBOUR, subject="c1"))
    assert [(one.subject, one.detail) for one in found] == [("c1", {"n": 1})]
    assert world.store.read_now(lambda db: entries(db, division=VILLAGE, subject="c1")) == []


def test_health_ready_and_the_openapi_document(world: World) -> None:
    assert world.client.get("/health").json() == {"status": "ok"}
    assert world.client.get("/ready").json() == {"status": "ready"}
    document = world.client.get("/schema/openapi.json").json()
    assert document["info"]["title"].startswith("全岗通")
    assert {"/api/v1/sessions", "/api/v1/accounts", "/health", "/ready"} <= set(document["paths"])


def test_not_ready_while_migrations_are_missing(world: World) -> None:
    world.store.write_now(lambda db: db.execute("DELETE FROM _sqlite_migrations WHERE name = '0004_audit'"))
    assert code(world.client.get("/ready")) == (503, "server-busy")
    assert world.client.get("/health").status_code == 200


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_the_access_log_names_the_route_and_no_person(world: World, log_format: str) -> None:
    written: list[str] = []
    logged = AccessLog(world.app, log_format, written.append)

    async def calls() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=logged)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            paths = ("/api/v1/accounts?division=secret", "/health", "/secret")
            responses = [await client.get(path) for path in paths]
            await asyncio.sleep(GATHERED_SECONDS * 2)
            return responses

    refused, healthy, unknown = asyncio.run(calls())
    lines = "".join(written).splitlines()
    assert len(lines) == 3 and len(written) == 1
    assert "/api/v1/accounts" in lines[0] and "401" in lines[0] and "/health" in lines[1]
    assert refused.headers["x-request-id"] in lines[0] and unknown.headers["x-request-id"] in lines[2]
    assert "x-request-id" not in healthy.headers
    assert not any("secret" in line for line in lines)


def test_an_unexpected_error_is_logged_by_its_place_not_its_words(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info", "json")
    try:
        world.store.write_now(lambda db: db.execute("UPDATE accounts SET role = 'king 张三'"))
        response = world.sign_in("lead")
    finally:
        structlog.reset_defaults()
    logged = capsys.readouterr().err
    assert code(response) == (500, "internal-error")
    assert '"error":"ValueError"' in logged and "accounts.py:" in logged
    assert "张三" not in logged and "张三" not in response.text
