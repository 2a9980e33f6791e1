"""A refusal as a page: what is wrong, what to do next, and everything that was typed.

Whose session ended in the middle of a form signs in on the page that answers it, and the form is sent on with its text;
so is one whose cookie was lost. Nothing typed is put into an address, a log or a browser's storage.
"""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Request, Response
from litestar.datastructures import Cookie
from litestar.exceptions import PermissionDeniedException
from litestar.middleware.csrf import generate_csrf_token
from litestar.utils.scope.state import ScopeState

from server.desk.language import language_of
from server.desk.refusal_words import desk_words
from server.desk.security import CSRF_COOKIE, CSRF_HEADER, security_headers, token_holds
from server.desk.session import own_page
from server.desk.typed import MADE_FOR, form_was_read, own_fields, typed_fields
from server.log import log_unexpected
from server.problem import ProblemError, problem_of
from server.settings import Settings
from server.store.accounts import Account

TEMPLATES = {"bad-token": "sign_in.html", "account-changed": "go_on.html"}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def render_refusal(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    """The exception handler of the desk: the problem as a page, or as a part of one for htmx."""
    problem = _problem_at_desk(request, error)
    if problem.code.status == 500:
        log_unexpected(error)
    settings: Settings = request.app.state.settings
    cookies, headers = _token_again(request)
    environment = request.app.template_engine.engine  # type: ignore[union-attr]
    template = environment.get_template(TEMPLATES.get(problem.code.code, "refusal.html"))
    return Response(
        template.render(_context(request, problem)),
        status_code=problem.code.status,
        media_type=MediaType.HTML,
        headers={**security_headers(settings), **problem.headers, **headers},
        cookies=cookies,
    )


def _problem_at_desk(request: Request[Any, Any, Any], error: Exception) -> ProblemError:
    """As everywhere, but a token that is missing or foreign is a page that is too old, and bytes may be no text."""
    if isinstance(error, PermissionDeniedException):
        return ProblemError("page-expired")
    if isinstance(error, UnicodeDecodeError) and not form_was_read(request):
        return ProblemError("unreadable-body")
    return problem_of(error)


def _context(request: Request[Any, Any, Any], problem: ProblemError) -> dict[str, Any]:
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    sent = request.method not in SAFE_METHODS
    account = problem.members.get("now")
    own = own_fields(request)
    return {
        "request": request,
        "lang": language_of(request),
        "problem": problem,
        "words": desk_words(problem.code),
        "wait_seconds": problem.headers.get("retry-after"),
        "typed": typed_fields(request),
        "own": own | {MADE_FOR: account.id} if isinstance(account, Account) else own,
        "account": account,
        "another": account is not None,
        "action": own_page(address),
        "next": None if sent else own_page(address),
        "part": bool(request.headers.get("hx-request")),
        "wrong": None,
        "username": "",
    }


def _token_again(request: Request[Any, Any, Any]) -> tuple[list[Cookie], dict[str, str]]:
    """The token for the forms of a refusal: that of this browser's cookie, or a fresh one where none holds.

    Without it the page that tells of a refusal could never send the form again. Scripts of our own pages read it from
    the header; no other origin can.
    """
    state = ScopeState.from_scope(request.scope)
    config = request.app.csrf_config
    if config is None or isinstance(state.csrf_token, str):
        return [], {}
    held = request.cookies.get(CSRF_COOKIE, "")
    if token_holds(held, config.secret):
        state.csrf_token = held
        return [], {CSRF_HEADER: held}
    state.csrf_token = token = generate_csrf_token(config.secret)
    cookie = Cookie(
        key=CSRF_COOKIE,
        value=token,
        path=config.cookie_path,
        httponly=config.cookie_httponly,
        secure=config.cookie_secure,
        samesite=config.cookie_samesite,
    )
    return [cookie], {CSRF_HEADER: token}
