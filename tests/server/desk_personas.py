"""Everybody who may come to a page of the desk, at one village with one case, one phone and one day."""

from __future__ import annotations

import re
from typing import NamedTuple

import httpx
from litestar.testing import TestClient

from server.roles import Role
from tests.server.desk_pages_client import Browser, hidden
from tests.server.desk_village import DeskVillage
from tests.server.sync_village import GRID_2, TOWN, VILLAGE, household_id, resident_id

OTHER_TOWN = "330481101"
PERSONAS = {
    "W": "at the window today",
    "O": "a worker whom today's rota does not name",
    "H": "such a worker, who holds the case and brought the phone",
    "L": "the village lead, not at the window",
    "C": "a town clerk of the case's department",
    "D": "a town clerk of another department",
    "S": "a town supervisor",
    "A": "the city administrator",
}
STRANGERS = {
    "neighbour": "a worker of the village beside it",
    "far-lead": "the lead of a village of another town",
    "far-clerk": "a clerk of another town",
    "far-supervisor": "a supervisor of another town",
}
_PART = re.compile(r"\{(\w+)(?::\w+)?\}")


class Route(NamedTuple):
    """A method and a path as it is registered."""

    method: str
    path: str


def registered(village: DeskVillage) -> list[Route]:
    """Every route of the desk."""
    return sorted(
        Route(method, _PART.sub(r"{\1}", route.path))
        for route in village.app.routes
        if route.path.startswith("/desk")
        for method in getattr(route, "methods", ())
        if method in ("GET", "POST")
    )


class People:
    """A browser for each persona and stranger, and addresses of things that are really there."""

    def __init__(self, village: DeskVillage) -> None:
        self.village = village
        accounts = {
            "W": "wang",
            "H": "li",
            "L": "lead",
            "C": "clerk",
            "S": "supervisor",
            "A": "admin",
            "O": self._added("off-duty", Role.WORKER, VILLAGE),
            "D": self._added("other-clerk", Role.TOWN_CLERK, TOWN, ("medical",)),
            "neighbour": "neighbour",
            "far-lead": self._added("far-lead", Role.VILLAGE_LEAD, f"{OTHER_TOWN}201"),
            "far-clerk": self._added("far-clerk", Role.TOWN_CLERK, OTHER_TOWN),
            "far-supervisor": self._added("far-supervisor", Role.TOWN_SUPERVISOR, OTHER_TOWN),
        }
        assert village.rota(village.today, "wang").status_code < 300
        phone = village.phone("li")
        case = village.capture_case(phone, resident=resident_id(GRID_2, 0, 0))
        phone.sync()
        self.things = {
            "case": case,
            "device": phone.device,
            "worker": village.workers["li"],
            "grid": GRID_2,
            "household": household_id(GRID_2, 0),
            "resident": resident_id(GRID_2, 0, 0),
            "day": village.today.isoformat(),
            "item": "allowance",
            "counter": "1",
            "act": "accept",
            "digest": "0" * 64,
        }
        self.browsers = {name: Browser(village, account) for name, account in accounts.items()}
        self.tokens = {name: self._token(browser) for name, browser in self.browsers.items()}

    def _added(self, username: str, role: Role, division: str, departments: tuple[str, ...] = ()) -> str:
        self.village.add_account(username, role, division, departments)
        return username

    def _token(self, browser: Browser) -> dict[str, str]:
        """A token of the page that everybody can open; the account is named by no field."""
        page = browser.get("/desk/sign-in")
        return {"_csrf_token": str(hidden(page, "/desk/sign-in")["_csrf_token"])}

    def address(self, path: str) -> str:
        """The address of a route with what is really there; what is not is called `nothing`."""
        place = VILLAGE if path.startswith("/desk/v/") else TOWN
        known = {"village": VILLAGE, "town": TOWN, "place": place, **self.things}
        return _PART.sub(lambda found: known.get(found[1], "nothing"), path)

    def ask(self, who: str, route: Route) -> httpx.Response:
        """Ask as somebody; a form is empty but for its token."""
        client = self.browsers[who].client
        return self._asked(client, route, self.tokens[who])

    def nobody(self, route: Route) -> httpx.Response:
        """Ask without a session, with a token that holds."""
        client = TestClient(self.village.app, raise_server_exceptions=False)
        page = client.get("/desk/sign-in").text
        token = {"_csrf_token": str(hidden(page, "/desk/sign-in")["_csrf_token"])}
        return self._asked(client, route, token)

    def _asked(self, client: httpx.Client, route: Route, token: dict[str, str]) -> httpx.Response:
        where = self.address(route.path)
        if route.method == "POST":
            return client.post(where, data=token, follow_redirects=False)
        return client.get(where, params={"form": "a form"}, follow_redirects=False)
