"""`/desk/sign-in`, `/desk/sign-out`, `/desk/language`: coming and going."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template

from server.auth import SignIn, address_of, sign_in, token_hash
from server.clock import Clock
from server.desk import language
from server.desk.refusal_words import desk_words
from server.desk.session import COOKIE, ended_cookie, own_page, session_cookie
from server.desk.typed import MADE_FOR, Typed, own_fields, typed_fields
from server.passwords import Passwords
from server.problem import ProblemError
from server.settings import Settings
from server.store.accounts import Account
from server.store.engine import Store
from server.store.sessions import end_session

# Fields of the sign-in form itself; every other field is what was typed into the form that was interrupted.
_OWN = frozenset({"username", "password", "next", "_action"})
ACCOUNT_HEADER = "x-allpost-account"


@get("/sign-in", include_in_schema=False)
async def sign_in_page(
    request: HTMXRequest,
    next: FromQuery[str | None] = None,  # noqa: A002
) -> Template:
    """The form, as a page or for the dialog of a page that is still open."""
    return _form(request, own_page(next))


@post("/sign-in", include_in_schema=False)
async def post_sign_in(
    request: HTMXRequest,
    store: NamedDependency[Store],
    passwords: NamedDependency[Passwords],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> Response[Any] | Redirect | Template:
    """A session, then on: to the page that was asked for, or to the interrupted form with what was typed.

    In the dialog of an open page: nothing but who is signed in now.
    """
    form = await request.form()
    given = SignIn(str(form.get("username", "")).strip(), str(form.get("password", "")))
    address = own_page(str(form.get("next") or ""))
    action = own_page(str(form.get("_action") or ""))
    carried = [field for field in typed_fields(request) if field.name not in _OWN]
    try:
        session = await sign_in(store, passwords, settings, clock(), given, address_of(request))
    except ProblemError as error:
        shown = _form(request, address, error, given.username, carried, action)
        shown.status_code = error.code.status
        return shown
    await _end_session(request, store)
    cookie = session_cookie(request, session.token, settings.session_hours)
    if request.htmx:
        told = {ACCOUNT_HEADER: session.account.id}
        return Response(None, status_code=204, headers=told, cookies=[cookie])
    if carried and action:
        return Template(
            template_name="go_on.html",
            context=_go_on(request, session.account, carried, action),
            cookies=[cookie],
            status_code=200,
        )
    return Redirect(address or "/desk/", status_code=303, cookies=[cookie])


def _go_on(
    request: HTMXRequest, account: Account, carried: Sequence[Typed], action: str
) -> dict[str, object]:
    own = own_fields(request)
    return {
        "typed": carried,
        "action": action,
        "account": account,
        "another": own.get(MADE_FOR, account.id) != account.id,
        "own": own | {MADE_FOR: account.id},
        "part": False,
        "lang": language.language_of(request),
    }


async def _end_session(request: HTMXRequest, store: Store) -> None:
    """Of this browser, if it has one."""
    token = request.cookies.get(COOKIE)
    if token:
        hashed = token_hash(token)
        await store.write(lambda db: end_session(db, hashed))


@post("/sign-out", include_in_schema=False)
async def post_sign_out(request: HTMXRequest, store: NamedDependency[Store]) -> Redirect:
    await _end_session(request, store)
    return Redirect("/desk/sign-in", status_code=303, cookies=[ended_cookie()])


class LanguageForm(msgspec.Struct):
    """The language chosen, and the page to come back to."""

    language: str = language.ZH
    next: str = "/desk/"


@post("/language", include_in_schema=False)
async def post_language(
    data: Annotated[LanguageForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    chosen = language.EN if data.language == language.EN else language.ZH
    cookie = Cookie(
        key=language.COOKIE, value=chosen, path="/desk", samesite="lax", max_age=365 * 86400, httponly=True
    )
    return Redirect(own_page(data.next) or "/desk/", status_code=303, cookies=[cookie])


def _form(
    request: HTMXRequest,
    address: str | None,
    wrong: ProblemError | None = None,
    username: str = "",
    typed: Sequence[Typed] = (),
    action: str | None = None,
) -> Template:
    context = {
        "lang": language.language_of(request),
        "next": address,
        "action": action,
        "wrong": wrong,
        "words": None if wrong is None else desk_words(wrong.code),
        "wait_seconds": None if wrong is None else wrong.headers.get("retry-after"),
        "username": username,
        "typed": typed,
        "own": own_fields(request),
        "part": bool(request.htmx),
    }
    headers = {} if wrong is None else wrong.headers
    return Template(template_name="sign_in.html", context=context, headers=headers)
