"""No other site's page can send a form in somebody's name, and whose token is lost loses nothing typed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar.testing import TestClient

from tests.server.desk_pages_client import Browser, hidden, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_village import PASSWORD, VILLAGE

HERE = f"/desk/v/{VILLAGE}/home"
FORM, SIGN_IN, COOKIE, HEADER = "/desk/drafts", "/desk/sign-in", "allpost_csrf", "x-csrf-token"
TYPED = {"note": "屋顶漏水", "_draft": "a form"}


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskVillage]:
    with desk_village(tmp_path_factory.mktemp("csrf")) as running:
        yield running


@pytest.fixture
def one(village: DeskVillage) -> Browser:
    return Browser(village, "wang")


def forms(village: DeskVillage) -> list[str]:
    """Every address of the desk that takes a form, with ids that are nobody's."""
    found = []
    for route in village.app.routes:
        if route.path.startswith("/desk") and "POST" in getattr(route, "methods", ()):
            parts = [("1" if part.startswith("{") else part) for part in route.path_format.split("/")]
            found.append("/".join(parts))
    return sorted(found)


def test_every_form_of_the_desk_wants_a_token(village: DeskVillage, one: Browser) -> None:
    addresses = forms(village)
    assert len(addresses) > 5
    for address in addresses:
        for headers in ({}, {HEADER: "x" * 128}, {"hx-request": "true"}):
            reply = one.client.post(address, data={"note": "x"}, headers=headers, follow_redirects=False)
            assert (reply.status_code, address) == (403, address)
            assert "页面打开得太久" in plain(reply.text)


def test_signing_in_and_out_want_one_too(village: DeskVillage) -> None:
    """Else another site's page signs a person in to an account of its own, and they type into that."""
    client = TestClient(village.app)
    given = {"username": "wang", "password": PASSWORD}
    refused = client.post(SIGN_IN, data=given)
    assert refused.status_code == 403
    assert "allpost_session" not in client.cookies
    assert PASSWORD not in refused.text


def test_the_token_may_come_in_the_header_of_htmx(one: Browser) -> None:
    token = str(hidden(one.get(HERE), "/desk/language")["_csrf_token"])
    headers = {HEADER: token, "hx-request": "true"}
    assert one.client.post(FORM, data=TYPED, headers=headers).status_code == 204


def test_a_lost_cookie_costs_one_more_press_and_no_text(one: Browser) -> None:
    fields = hidden(one.get(HERE), "/desk/language")
    session = one.client.cookies["allpost_session"]
    one.client.cookies.clear()
    one.client.cookies.set("allpost_session", session, domain="testserver.local", path="/desk")
    refused = one.client.post(
        FORM, data={"_csrf_token": fields["_csrf_token"], "_as": fields["_as"], **TYPED}
    )
    assert refused.status_code == 403
    again = hidden(refused.text, FORM)
    assert {name: again[name] for name in (*TYPED, "_as")} == TYPED | {"_as": fields["_as"]}
    assert again["_csrf_token"] != fields["_csrf_token"]
    assert one.client.post(FORM, data=again).status_code == 204


def test_a_request_of_htmx_is_given_the_token_that_holds(one: Browser) -> None:
    one.client.cookies.delete(COOKIE)
    refused = one.client.post(FORM, data=TYPED, headers={HEADER: "x" * 128, "hx-request": "true"})
    assert refused.status_code == 403
    again = one.client.post(FORM, data=TYPED, headers={HEADER: refused.headers[HEADER]})
    assert again.status_code == 204


def test_a_cookie_that_this_server_did_not_make_is_replaced(one: Browser) -> None:
    one.client.cookies.set(COOKIE, "f" * 128, domain="testserver.local", path="/desk")
    token = str(hidden(one.get(HERE), "/desk/language")["_csrf_token"])
    refused = one.client.post(FORM, data=TYPED, headers={HEADER: token})
    assert refused.status_code == 403
    one.client.cookies.delete(COOKIE)  # as a browser does that is given one of the same name and path
    retaken = one.client.post(FORM, data=TYPED | {"_csrf_token": token})
    again = hidden(retaken.text, FORM)
    assert one.client.post(FORM, data=again).status_code == 204


def test_a_page_that_is_not_there_leaves_open_forms_valid(one: Browser) -> None:
    token = str(hidden(one.get(HERE), "/desk/language")["_csrf_token"])
    one.client.get("/desk/nothing-here")
    assert one.client.post(FORM, data=TYPED, headers={HEADER: token}).status_code == 204


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_names_another_site_is_refused_with_a_token_too(one: Browser, site: str) -> None:
    token = str(hidden(one.get(HERE), "/desk/language")["_csrf_token"])
    reply = one.client.post(FORM, data=TYPED, headers={HEADER: token, "sec-fetch-site": site})
    assert reply.status_code == 403


def test_the_tokens_cookie_is_kept_from_scripts_and_other_sites(village: DeskVillage) -> None:
    cookie = TestClient(village.app).get(SIGN_IN).headers["set-cookie"]
    assert cookie.startswith(COOKIE)
    assert "HttpOnly" in cookie and "Path=/desk" in cookie and "samesite=lax" in cookie.lower()
