"""All pages of the desk, under `/desk`."""

from __future__ import annotations

from litestar import Response, Router
from litestar.di import Provide
from litestar.plugins.htmx import HTMXRequest

from server.desk.assets import asset
from server.desk.pages.inbox import inbox
from server.desk.pages.reconciliation import (
    behind_a_number,
    post_countersign,
    post_sign,
    reconciliation,
    reconciliation_history,
)
from server.desk.pages.signing_in import post_language, post_sign_in, post_sign_out, sign_in_page, start
from server.desk.refusals import keep_typed, render_refusal
from server.desk.security import security_headers
from server.desk.session import desk_account
from server.settings import Settings


def desk_router(settings: Settings) -> Router:
    """The router of all pages; the composition root gives it its `Desk`."""
    headers = security_headers(settings)

    async def with_headers(response: Response[object]) -> Response[object]:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    return Router(
        "/desk",
        route_handlers=[
            asset,
            start,
            sign_in_page,
            post_sign_in,
            post_sign_out,
            post_language,
            inbox,
            reconciliation,
            reconciliation_history,
            behind_a_number,
            post_sign,
            post_countersign,
        ],
        dependencies={"account": Provide(desk_account)},
        exception_handlers={Exception: render_refusal},
        before_request=keep_typed,
        after_request=with_headers,
        request_class=HTMXRequest,
        include_in_schema=False,
    )
