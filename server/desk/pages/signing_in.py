"""`/desk/sign-in`, `/desk/sign-out`, `/desk/language`, `/desk/`: coming and going."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery
from litestar.response import Redirect, Template

from server.auth import SignIn, address_of, sign_in, token_hash
from server.clock import Clock
from server.desk import language
from server.desk.navigation import home_of
from server.desk.refusals import typed_fields
from server.desk.session import COOKIE, ended_cookie, own_page, session_cookie
from server.passwords import Passwords
from server.problem import ProblemError
from server.settings import Settings
from server.store.accounts import Account, demonstration_exists
from server.store.engine import Store
from server.store.sessions import end_session

# Fields of the sign-in form itself; every other field is what was typed into the form that was interrupted.
_OWN = frozenset({"username", "password", "next", "_action", "_csrf_token"})


@get("/", include_in_schema=False)
async def start(account: NamedDependency[Account]) -> Redirect:
    return Redirect(home_of(account), status_code=303)


@get("/sign-in", include_in_schema=False)
async def sign_in_page(
    request: Request[Any, Any, Any],
    store: NamedDependency[Store],
    next: FromQuery[str | None] = None,  # noqa: A002
) -> Template:
    return await _form(request, store, own_page(next))


@post("/sign-in", include_in_schema=False)
async def post_sign_in(
    request: Request[Any, Any, Any],
    store: NamedDependency[Store],
    passwords: NamedDependency[Passwords],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> Redirect | Template:
    """A session, then on: to the page that was asked for, or to the interrupted form with what was typed."""
    form = await request.form()
    given = SignIn(str(form.get("username", "")).strip(), str(form.get("password", "")))
    address = own_page(str(form.get("next") or form.get("_action") or ""))
    carried = [field for field in typed_fields(request) if field.name not in _OWN]
    try:
        session = await sign_in(store, passwords, settings, clock(), given, address_of(request))
    except ProblemError as error:
        shown = await _form(request, store, address, error, given.username, carried)
        shown.status_code = error.code.status
        return shown
    cookie = session_cookie(request, session.token, settings.session_hours)
    action = own_page(str(form.get("_action") or ""))
    if carried and action:
        context = {"typed": carried, "action": action, "account": session.account}
        return Template(
            template_name="go_on.html",
            context={**context, "lang": language.language_of(request)},
            cookies=[cookie],
        )
    return Redirect(address or home_of(session.account), status_code=303, cookies=[cookie])


@post("/sign-out", include_in_schema=False)
async def post_sign_out(request: Request[Any, Any, Any], store: NamedDependency[Store]) -> Redirect:
    token = request.cookies.get(COOKIE)
    if token:
        hashed = token_hash(token)
        await store.write(lambda db: end_session(db, hashed))
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


async def _form(
    request: Request[Any, Any, Any],
    store: Store,
    address: str | None,
    wrong: ProblemError | None = None,
    username: str = "",
    typed: object = (),
) -> Template:
    context = {
        "lang": language.language_of(request),
        "next": address,
        "action": address,
        "wrong": wrong,
        "username": username,
        "typed": typed,
        "part": False,
        "demonstration": await store.read(demonstration_exists),
    }
    return Template(template_name="sign_in.html", context=context)
