"""What somebody typed into the form of a request, so that no refusal loses it.

Three fields of a form are the desk's own and never reach a handler: `_csrf_token`; `_as`, the account for which the
page was made; `_draft`, under which name the server keeps the form while it is typed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Request
from litestar.types import Empty
from litestar.utils.scope.state import ScopeState

NOT_CARRIED = frozenset({"password"})
MADE_FOR, DRAFT = "_as", "_draft"
OWN = frozenset({MADE_FOR, DRAFT})
_STASHED = "desk_own_fields"


class Typed(NamedTuple):
    """One field of a form: name and text; a name may come more than once."""

    name: str
    text: str


async def read_form(request: Request[Any, Any, Any]) -> None:
    """Before every form of the desk: read it, as a refusal is rendered without waiting, and take out what is ours."""
    if request.method == "POST":
        # by a request of its own, as one that has given its form away keeps it as it was
        await Request[Any, Any, Any](request.scope, request.receive, request.send).form()
        own_fields(request)


def own_fields(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The desk's own fields of the form of this request (`_as`, `_draft`), once it was read."""
    stashed: dict[str, str] = request.scope["state"].setdefault(_STASHED, {})
    form = _form_of(request)
    if OWN.isdisjoint(form):
        return stashed
    stashed.update((name, form[name]) for name in OWN if isinstance(form.get(name), str))
    # a new dict, as litestar gives the same one to every request with this body
    ScopeState.from_scope(request.scope).form = {name: form[name] for name in form if name not in OWN}
    return stashed


def typed_fields(request: Request[Any, Any, Any]) -> list[Typed]:
    """What somebody typed into the form of this request, once it was read; files and secrets are left out."""
    own_fields(request)
    return [
        Typed(name, text)
        for name, given in _form_of(request).items()
        for text in (given if isinstance(given, list) else [given])
        if isinstance(text, str) and name not in NOT_CARRIED and name != "_csrf_token"
    ]


def _form_of(request: Request[Any, Any, Any]) -> dict[str, Any]:
    form = ScopeState.from_scope(request.scope).form
    return {} if form is Empty or not form else form


def form_was_read(request: Request[Any, Any, Any]) -> bool:
    """Whether the form of this request could be read, or it had none to be read yet."""
    return request.method != "POST" or ScopeState.from_scope(request.scope).form is not Empty
