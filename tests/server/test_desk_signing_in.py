"""Coming and going at the desk: who may, what is told, where it leads."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import httpx
import msgspec
import pytest
from litestar.testing import TestClient

from grid_map.divisions import load_divisions
from server.intake import Intake
from server.own_device import Draft, own_device, write_operations
from server.roles import Role
from server.store.devices import IMPORT
from server.store.knowledge import Knowledge
from sync.ids import derived
from sync.kinds import REFERENCE_VILLAGE
from tests.server.desk_pages_client import Browser, hidden, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_village import PASSWORD, VILLAGE

SIGN_IN = "/desk/sign-in"
ELSEWHERE = [
    "https://example.org/",
    "//example.org/",
    "/desk//example.org",
    "/desk/\\example.org",
    "/desk/../app/",
    "/desk/x\r\nset-cookie: a=b",
    "javascript:alert(1)",
    "/api/v1/sessions",
    " /desk/",
]


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskVillage]:
    with desk_village(tmp_path_factory.mktemp("signing-in")) as running:
        yield running


@pytest.fixture
def client(village: DeskVillage) -> httpx.Client:
    return TestClient(village.app, raise_server_exceptions=False)


def attempt(client: httpx.Client, username: str, password: str, **more: str) -> httpx.Response:
    page = client.get(SIGN_IN).text
    given = {"username": username, "password": password, **more}
    return client.post(SIGN_IN, data=hidden(page, SIGN_IN) | given, follow_redirects=False)


def test_a_page_without_a_session_asks_for_one_and_comes_back_to_itself(client: httpx.Client) -> None:
    wanted = f"/desk/v/{VILLAGE}/inbox?state=registered"
    refused = client.get(wanted)
    assert refused.status_code == 401
    fields = hidden(refused.text, SIGN_IN)
    assert fields["next"] == wanted
    reply = client.post(
        SIGN_IN, data=fields | {"username": "lead", "password": PASSWORD}, follow_redirects=False
    )
    assert (reply.status_code, reply.headers["location"]) == (303, wanted)
    assert client.get("/desk/").status_code == 200


@pytest.mark.parametrize("address", ELSEWHERE)
def test_signing_in_leads_nowhere_else(client: httpx.Client, address: str) -> None:
    reply = attempt(client, "lead", PASSWORD, next=address)
    assert (reply.status_code, reply.headers["location"]) == (303, "/desk/")
    assert "set-cookie: a=b" not in str(reply.headers)
    shown = client.get(SIGN_IN, params={"next": address}).text
    assert "next" not in hidden(shown, SIGN_IN)


def test_the_session_is_new_kept_from_scripts_and_of_the_desk_only(client: httpx.Client) -> None:
    client.cookies.set("allpost_session", "brought-along", domain="testserver.local", path="/desk")
    cookie = attempt(client, "lead", PASSWORD).headers.get_list("set-cookie")
    (session,) = [one for one in cookie if one.startswith("allpost_session=")]
    assert "HttpOnly" in session and "Path=/desk" in session and re.search("SameSite=lax", session, re.I)
    assert "brought-along" not in session


def test_a_second_sign_in_ends_the_first_session(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    before = one.client.cookies["allpost_session"]
    assert attempt(one.client, "li", PASSWORD).status_code == 303
    after = one.client.cookies["allpost_session"]
    assert after != before
    other = TestClient(village.app)
    other.cookies.set("allpost_session", before)
    assert other.get("/desk/").status_code == 401


def test_signing_out_ends_the_session_at_the_server(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    token = one.client.cookies["allpost_session"]
    page = one.get(f"/desk/v/{VILLAGE}/home")
    assert one.send(page, "/desk/sign-out").url.path == SIGN_IN
    other = TestClient(village.app)
    other.cookies.set("allpost_session", token)
    assert other.get("/desk/").status_code == 401


def test_a_wrong_password_keeps_the_name_and_says_what_to_do(client: httpx.Client) -> None:
    reply = attempt(client, "lead", "not-the-password")
    assert reply.status_code == 401
    assert "用户名或密码不正确" in plain(reply.text)
    assert 'value="lead"' in reply.text
    assert "not-the-password" not in reply.text


def test_too_many_attempts_say_how_long_to_wait(village: DeskVillage, client: httpx.Client) -> None:
    name = "tries"
    village.add_account(name, Role.WORKER, VILLAGE)
    tries = [attempt(client, name, "wrong") for _ in range(village.settings.sign_in_failures_max + 1)]
    refused = tries[-1]
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "30"
    assert "请在 30 秒后再试" in plain(refused.text)


def test_the_language_is_chosen_and_the_page_comes_back(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    here = f"/desk/v/{VILLAGE}/home"
    reply = one.send(one.get(here), "/desk/language", language="en")
    assert reply.url.path == here
    assert 'lang="en"' in reply.text and "Welcome" in plain(reply.text)
    back = one.send(one.get(here), "/desk/language", language="zh-CN", next="https://example.org/")
    assert back.url.host == "testserver.local"


def test_everybody_lands_on_a_page_of_the_own_place(village: DeskVillage) -> None:
    assert village.rota(village.today, "wang").status_code in (200, 201)
    assert Browser(village, "wang").client.get("/desk/").url.path == f"/desk/v/{VILLAGE}/inbox"
    assert Browser(village, "li").client.get("/desk/").url.path == f"/desk/v/{VILLAGE}/home"
    admin = Browser(village, "admin")
    assert admin.client.get("/desk/").url.path == "/desk/t/330481/places"
    assert f'href="/desk/v/{VILLAGE}/home"' in admin.get("/desk/t/330481/places")


def test_names_of_places_follow_what_is_published(village: DeskVillage) -> None:
    one, here = Browser(village, "wang"), f"/desk/v/{VILLAGE}/home"
    assert "·改名村" not in plain(one.get(here))
    was = load_divisions().get(VILLAGE)
    assert was is not None
    named = msgspec.structs.replace(was, name="改名村村民委员会")
    draft = Draft(
        kind="division",
        village=REFERENCE_VILLAGE,
        record=derived("reference", "division", VILLAGE, "2"),
        fields={"key": VILLAGE, "version": 2, "definition": msgspec.to_builtins(named)},
    )
    intake = Intake(village.keys, Knowledge(village.keys))

    def publish(db: sqlite3.Connection) -> None:
        device = own_device(db, IMPORT, "资料导入", REFERENCE_VILLAGE, village.now_ms, IMPORT)
        write_operations(intake, db, device, [draft], village.now_ms)

    village.store.write_now(publish)
    assert "·改名村" in plain(one.get(here))
