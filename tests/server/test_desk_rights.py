"""Role × page × scope: every route of the desk that is registered, asked as everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.server.desk_personas import PERSONAS, STRANGERS, People, Route, registered
from tests.server.desk_rights import ANYBODY, NOBODY, OPEN, RIGHTS
from tests.server.desk_village import desk_village

LINE = Route("GET", "/desk/live/{place}")
"""Has no end where it is given: who gets it is seen in a browser (`tests/browser/test_desk_frame.py`)."""
# A form may be found wrong, or its subject gone, before rights are asked: then nothing is told or done either.
REFUSED = {"GET": {403, 404}, "POST": {403, 404, 409, 422}}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with desk_village(tmp_path_factory.mktemp("rights")) as village:
        yield People(village)


def test_every_route_says_who_may(people: People) -> None:
    """Whoever adds a page writes its row into `desk_rights`."""
    there = set(registered(people.village))
    assert there - set(RIGHTS) == set()
    assert set(RIGHTS) - there == set()
    named = {*PERSONAS, OPEN, ANYBODY, NOBODY}
    assert {who for row in RIGHTS.values() for who in ([row] if row in named else row)} <= named


@pytest.mark.parametrize("who", [*PERSONAS, *STRANGERS])
def test_nobody_gets_what_is_not_theirs(people: People, who: str) -> None:
    wrong = []
    for route, allowed in RIGHTS.items():
        if allowed in (OPEN, ANYBODY) or who in allowed:
            continue
        reply = people.ask(who, route)
        if reply.status_code not in REFUSED[route.method]:
            wrong.append((*route, reply.status_code))
        if reply.status_code in (403, 404):
            assert "<nav" not in reply.text, route
    assert wrong == []


@pytest.mark.parametrize("who", PERSONAS)
def test_everybody_gets_what_they_need(people: People, who: str) -> None:
    wrong = []
    for route, allowed in RIGHTS.items():
        if who not in allowed or route == LINE or allowed in (OPEN, ANYBODY):
            continue
        reply = people.ask(who, route)
        if reply.status_code in (401, 403) or reply.status_code >= 500:
            wrong.append((*route, reply.status_code))
    assert wrong == []


def test_without_a_session_there_is_only_the_door(people: People) -> None:
    for route, allowed in RIGHTS.items():
        if allowed != OPEN:
            reply = people.nobody(route)
            assert (route, reply.status_code) == (route, 401)
            assert 'name="password"' in reply.text, route


@pytest.mark.parametrize("who", PERSONAS)
def test_every_page_in_the_left_column_opens(people: People, who: str) -> None:
    client = people.browsers[who].client
    page = client.get("/desk/").text
    links = re.findall(r'href="(/desk/[vt]/[^"]*)"', page[page.index("<nav") : page.index("</nav>")])
    assert links
    for link in links:
        assert (link, client.get(link).status_code) == (link, 200)
