"""A refusal as a page: what is wrong, what to do next, and everything that was typed.

Whose session ended in the middle of a form signs in on the page that answers it, and the form is sent on with its text;
so is one whose cookie was lost. Nothing typed is put into an address, a log or a browser's storage.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import MediaType, Request, Response
from litestar.types import Empty
from litestar.utils.scope.state import ScopeState

from server.desk.language import language_of
from server.desk.security import security_headers
from server.desk.session import own_page
from server.log import log_unexpected
from server.problem import problem_of
from server.settings import Settings

NOT_CARRIED = frozenset({"_csrf_token", "password"})
TEMPLATES = {"bad-token": "sign_in.html"}


class Typed(NamedTuple):
    """One field of a form that was refused: name and text; a name may come more than once."""

    name: str
    text: str


async def keep_typed(request: Request[Any, Any, Any]) -> None:
    """Before every form of the desk: remember what was typed, as a refusal is rendered without waiting."""
    if request.method == "POST":
        await request.form()


def typed_fields(request: Request[Any, Any, Any]) -> list[Typed]:
    """What somebody typed into the form of this request, once it was read; files and secrets are left out."""
    form = ScopeState.from_scope(request.scope).form
    if form is Empty or not form:
        return []
    return [
        Typed(name, text)
        for name, given in form.items()
        for text in (given if isinstance(given, list) else [given])
        if isinstance(text, str) and name not in NOT_CARRIED
    ]


def render_refusal(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    """The exception handler of the desk: the problem as a page, or as a part of one for htmx."""
    problem = problem_of(error)
    if problem.code.status == 500:
        log_unexpected(error)
    settings: Settings = request.app.state.settings
    environment = request.app.template_engine.engine  # type: ignore[union-attr]
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    context: dict[str, Any] = {
        "request": request,
        "lang": language_of(request),
        "problem": problem,
        "code": problem.code,
        "typed": typed_fields(request),
        "action": address,
        "next": own_page(address),
        "part": bool(request.headers.get("hx-request")),
        "wrong": None,
        "username": "",
    }
    body = environment.get_template(TEMPLATES.get(problem.code.code, "refusal.html")).render(context)
    return Response(
        body,
        status_code=problem.code.status,
        media_type=MediaType.HTML,
        headers={**security_headers(settings), **problem.headers},
    )
