"""Signing in at the desk: an opaque token in a cookie that scripts cannot read, new at each sign-in.

Invariant: a session is made by `auth.sign_in` only, after the password; a token that comes with a request is looked up
and never taken over, so nobody can be given a session (fixation).
"""

from __future__ import annotations

import re
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from server.auth import token_hash
from server.clock import Clock
from server.desk.typed import MADE_FOR, own_fields
from server.problem import ProblemError
from server.store.accounts import Account
from server.store.engine import Store
from server.store.sessions import session_account
from sync.clock import moment

COOKIE = "allpost_session"
PATH = "/desk"
_OWN_PAGE = re.compile(r"/desk/(?!/)[^\\\s\x00-\x1f\x7f]*")


async def desk_account(
    request: Request[Any, Any, Any], store: NamedDependency[Store], clock: NamedDependency[Clock]
) -> Account:
    """The dependency `account` of the pages. Raises ProblemError("bad-token") where nobody is signed in.

    A form of a page that was made for somebody else (two people at one computer) is refused as `account-changed`.
    """
    token = request.cookies.get(COOKIE)
    if not token:
        raise ProblemError("bad-token")
    hashed = token_hash(token)
    account = await store.read(lambda db: session_account(db, hashed, moment(clock())))
    if account is None:
        raise ProblemError("bad-token")
    if own_fields(request).get(MADE_FOR, account.id) != account.id:
        raise ProblemError("account-changed", now=account)
    return account


def session_cookie(request: Request[Any, Any, Any], token: str, hours: int) -> Cookie:
    """The cookie of a session; over https only where the page came over https."""
    return Cookie(
        key=COOKIE,
        value=token,
        path=PATH,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        max_age=hours * 3600,
    )


def ended_cookie() -> Cookie:
    """Takes the session's cookie back."""
    return Cookie(key=COOKIE, value="", path=PATH, httponly=True, samesite="lax", max_age=0)


def own_page(address: str | None) -> str | None:
    """`address` if it is a page of the desk, else None: nobody is sent elsewhere after signing in."""
    return address if address and _OWN_PAGE.fullmatch(address) and "/../" not in f"{address}/" else None
