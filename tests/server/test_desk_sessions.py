"""A session that ends in the middle of a form, and two people at one computer: nothing typed is lost or misnamed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import httpx
import pytest

from server.roles import Role
from server.store.accounts import account_by_username, close_account
from tests.server.desk_pages_client import Browser, hidden, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_village import HOUR_MS, PASSWORD, VILLAGE

SIGN_IN = "/desk/sign-in"
HERE = f"/desk/v/{VILLAGE}/home"
FORM = "/desk/drafts"
"""A form that takes any field; what is said of it holds for every form, as the refusal comes before the handler."""
TYPED = {"note": "屋顶漏水 <b>急</b>\n第二行", "size": "80", "choice": ["甲", "乙"]}


@pytest.fixture
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskVillage]:
    with desk_village(tmp_path_factory.mktemp("sessions")) as running:
        yield running


def own(one: Browser) -> dict[str, str]:
    """The hidden fields of a form on this person's page."""
    fields = hidden(one.get(HERE), "/desk/language")
    return {name: str(fields[name]) for name in ("_csrf_token", "_as")}


def expired(village: DeskVillage) -> None:
    village.now_ms += (village.settings.session_hours + 1) * HOUR_MS


def interrupted(village: DeskVillage, one: Browser) -> httpx.Response:
    """A form that is sent after its session has run out."""
    fields = own(one)
    expired(village)
    return one.client.post(FORM, data={**fields, **TYPED, "_draft": "a form"})


def test_a_form_that_outlives_its_session_is_carried_over_the_sign_in(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    refused = interrupted(village, one)
    assert refused.status_code == 401
    assert "您填写的内容还在" in plain(refused.text)
    carried = hidden(refused.text, SIGN_IN)
    assert carried["note"] == TYPED["note"] and carried["choice"] == ["甲", "乙"]
    shown = one.client.post(SIGN_IN, data=carried | {"username": "wang", "password": PASSWORD})
    assert shown.status_code == 200
    assert "屋顶漏水 &lt;b&gt;急&lt;/b&gt;" in shown.text and "另一个人" not in shown.text
    again = hidden(shown.text, FORM)
    assert {name: again[name] for name in TYPED} == TYPED
    assert (again["_draft"], "password" in again, "username" in again) == ("a form", False, False)
    assert one.client.post(FORM, data=again).status_code == 204


def test_what_is_shown_of_it_is_what_a_person_typed(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    fields = own(one)
    expired(village)
    typed = {"reason": "出院", "visit_class": "hardship", "seen": "3", "case": "0" * 32, "other": "13:20 到"}
    refused = one.client.post(FORM, data=fields | typed)
    carried = hidden(refused.text, SIGN_IN) | {"username": "wang", "password": PASSWORD}
    shown = one.client.post(SIGN_IN, data=carried).text
    told = plain(shown[shown.index("<dl") : shown.index("</dl>")])
    assert told == "原因 出院 填写的内容 13:20 到"
    assert {name: hidden(shown, FORM)[name] for name in typed} == typed


def test_a_wrong_password_on_the_way_loses_nothing_either(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    carried = hidden(interrupted(village, one).text, SIGN_IN)
    wrong = one.client.post(SIGN_IN, data=carried | {"username": "wang", "password": "no"})
    assert wrong.status_code == 401
    assert {name: hidden(wrong.text, SIGN_IN)[name] for name in TYPED} == TYPED


def test_another_person_is_told_and_sees_the_text_before_it_is_sent(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    carried = hidden(interrupted(village, one).text, SIGN_IN)
    shown = one.client.post(SIGN_IN, data=carried | {"username": "li", "password": PASSWORD})
    words = plain(shown.text)
    assert "另一个人登录时填写的" in words and "经办人记为li" in words and "屋顶漏水" in words
    assert hidden(shown.text, FORM)["_as"] == village.workers["li"]


def test_a_page_of_somebody_else_in_another_tab_is_not_sent_in_a_new_name(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    stale = own(one)
    page = one.get(SIGN_IN)
    one.client.post(SIGN_IN, data=hidden(page, SIGN_IN) | {"username": "li", "password": PASSWORD})
    refused = one.client.post(FORM, data=stale | TYPED | {"_draft": "a form"})
    assert refused.status_code == 409
    assert "另一个人登录时填写的" in plain(refused.text) and "屋顶漏水" in plain(refused.text)
    confirmed = hidden(refused.text, FORM)
    assert confirmed["_as"] == village.workers["li"]
    assert one.client.post(FORM, data=confirmed).status_code == 204


def test_a_request_of_htmx_is_answered_with_the_form_alone(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    fields = own(one)
    expired(village)
    refused = one.client.post(FORM, data=fields | TYPED, headers={"hx-request": "true"})
    assert refused.status_code == 401
    assert "<html" not in refused.text and 'name="password"' in refused.text
    assert "屋顶漏水" not in refused.text  # it is on the page that stays open
    reply = one.client.post(
        SIGN_IN,
        data=hidden(refused.text, SIGN_IN) | {"username": "wang", "password": PASSWORD},
        headers={"hx-request": "true"},
    )
    assert (reply.status_code, reply.headers["x-allpost-account"]) == (204, village.workers["wang"])
    assert one.client.post(FORM, data=fields | TYPED | {"_draft": "a form"}).status_code == 204


def test_a_closed_account_is_signed_out_at_once(village: DeskVillage) -> None:
    village.add_account("leaver", Role.WORKER, VILLAGE)
    one = Browser(village, "leaver")
    village.store.write_now(lambda db: close_account(db, _id(db, "leaver"), village.moment()))
    assert one.client.get(HERE).status_code == 401


def test_an_unknown_token_is_nobodys(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    one.client.cookies.clear()
    one.client.cookies.set("allpost_session", "x" * 43, domain="testserver.local", path="/desk")
    assert one.client.get(HERE).status_code == 401


def _id(db: sqlite3.Connection, username: str) -> str:
    found = account_by_username(db, username)
    assert found is not None
    return found.id
