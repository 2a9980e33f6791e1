"""The desk's pages as a browser without JavaScript sees them: a session in a cookie, forms with their hidden fields."""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from typing import Any

import httpx
from litestar.testing import TestClient

from tests.server.desk_village import DeskVillage
from tests.server.sync_village import PASSWORD, VILLAGE

_INPUT = re.compile(r"<input[^>]*type=\"hidden\"[^>]*>")
_NAME = re.compile(r'name="([^"]*)"')
_VALUE = re.compile(r'value="([^"]*)"')
_FORM = re.compile(r"<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", re.S)


class Browser:
    """Somebody at a desk of the village. Addresses without a leading slash are the village's."""

    def __init__(self, village: DeskVillage, username: str) -> None:
        self.village, self.username = village, username
        self.client: httpx.Client = TestClient(village.app, raise_server_exceptions=False)
        page = self.get("/desk/sign-in")
        given = {"username": username, "password": PASSWORD}
        signed_in = self.client.post(
            "/desk/sign-in", data={**hidden(page, "/desk/sign-in"), **given}, follow_redirects=False
        )
        assert signed_in.status_code == 303, signed_in.text

    def get(self, path: str, status: int = 200) -> str:
        """A page's HTML."""
        reply = self.client.get(_whole(path))
        assert reply.status_code == status, (reply.status_code, reply.text[:2000])
        return reply.text

    def send(self, page: str, action: str, **typed: Any) -> httpx.Response:
        """Send the form of a page that goes to `action`, with its hidden fields; follows where it leads."""
        where, names = _whole(action), [name.replace("__", ".") for name in typed]
        fields = {**hidden(page, where, names), **dict(zip(names, typed.values(), strict=True))}
        return self.client.post(where, data=fields)


def hidden(page: str, action: str, names: Collection[str] = ()) -> dict[str, Any]:
    """The hidden fields of the form that is sent to an address and has all these fields; one that comes more than once
    as a list."""
    for found, content in _FORM.findall(page):
        there = set(_NAME.findall(content))
        if html.unescape(found) == action and there.issuperset(["_csrf_token", *names]):
            return _hidden_fields(content)
    raise AssertionError(f"no form goes to {action} with {sorted(names)}")


def _hidden_fields(content: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for one in _INPUT.findall(content):
        name, value = _NAME.search(one), _VALUE.search(one)
        assert name is not None
        text = html.unescape(value[1]) if value else ""
        had = fields.get(name[1])
        fields[name[1]] = text if had is None else [*(had if isinstance(had, list) else [had]), text]
    return fields


def plain(page: str) -> str:
    """The words of a page, without marks."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _whole(path: str) -> str:
    return path if path.startswith("/") else f"/desk/v/{VILLAGE}/{path}"
