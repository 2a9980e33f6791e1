"""`/desk/drafts`: what is typed is kept while it is typed, given back once, and thrown away when asked."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from server.desk.desk import Desk, DeskRequest
from server.desk.drafts import form_key, kept_fields, place_of_page
from server.desk.typed import DRAFT, own_fields, typed_fields
from server.problem import ProblemError
from server.store.accounts import Account
from server.store.drafts import FormDraft, draft_of, keep_draft, remove_draft


@get("/drafts", include_in_schema=False)
async def get_draft(
    desk: NamedDependency[Desk], account: NamedDependency[Account], form: FromQuery[str]
) -> Response[FormDraft | None]:
    """What is kept of a form: 204 where nothing is."""
    key, now_ms = form_key(form), desk.clock()
    found = await desk.store.read(lambda db: draft_of(db, desk.keys, account.id, key, now_ms))
    return Response(found, status_code=HTTP_204_NO_CONTENT if found is None else HTTP_200_OK)


@post("/drafts", include_in_schema=False, status_code=HTTP_204_NO_CONTENT)
async def post_draft(
    request: DeskRequest, desk: NamedDependency[Desk], account: NamedDependency[Account]
) -> None:
    """Keep a form as it stands; `_draft` names it, `_page` is the address of its page."""
    typed = typed_fields(request)
    key = form_key(own_fields(request).get(DRAFT, ""))
    place = place_of_page(next((text for name, text in typed if name == "_page"), ""))
    if not (place.startswith(account.division) or not place):
        raise ProblemError("forbidden")
    fields, now_ms = kept_fields(typed), desk.clock()
    await desk.store.write(
        lambda db: keep_draft(db, desk.keys, account.id, key, place or account.division, fields, now_ms)
    )


@post("/drafts/discard", include_in_schema=False, status_code=HTTP_204_NO_CONTENT)
async def post_discard(
    request: DeskRequest, desk: NamedDependency[Desk], account: NamedDependency[Account]
) -> None:
    """Throw a form's draft away."""
    key = form_key(own_fields(request).get(DRAFT, ""))
    await desk.store.write(lambda db: remove_draft(db, account.id, key))
