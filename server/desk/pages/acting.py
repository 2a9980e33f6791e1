"""What forms of the proxy pages have in common: act and go on, or show the page again with what is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from litestar.response import Template

from forms.problem import Problem
from server.desk.desk import Desk, DeskRequest, Gone, go_to
from server.desk.typed import typed_fields
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.store.accounts import Account

SHOWN_AGAIN = frozenset({"case-changed", "request-invalid"})
"""Refusals after which the page is shown as it is now, with everything that was typed."""

Again = Callable[[ProblemError], Awaitable[Template]]


class Form:
    """The form of a request: `form("name")` is a field without space around it, `all` every value of one."""

    def __init__(self, request: DeskRequest) -> None:
        self._typed = typed_fields(request)

    def __call__(self, name: str) -> str:
        return next((field.text.strip() for field in self._typed if field.name == name), "")

    def all(self, name: str) -> list[str]:
        """Every value that a field was sent with, in order."""
        return [field.text for field in self._typed if field.name == name]

    def family(self, prefix: str) -> dict[str, str]:
        """The fields whose names begin so, by the rest of the name."""
        return {
            field.name.removeprefix(prefix): field.text
            for field in self._typed
            if field.name.startswith(prefix)
        }


async def done_or_shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    place: str,
    write: Callable[[sqlite3.Connection, Visitor], object],
    address: str,
    again: Again,
) -> Template | Gone:
    """Act, then on to `address`; a refusal that a person can mend shows the page again."""
    try:
        await desk.act(account, place, write)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await again(error)
    return go_to(request, address)


def told(error: ProblemError | None) -> list[Problem]:
    """All that was wrong, or the refusal itself where it names nothing further."""
    if error is None:
        return []
    code = error.code
    said = f"{code.title}：{error.detail or code.next}"
    return [*error.problems] or [Problem(pointer="", code=code.code, message=said, message_en=code.title_en)]


def with_query(address: str, **given: str | None) -> str:
    """An address with those parameters that have a value."""
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{address}?{query}" if query else address
