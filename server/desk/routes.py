"""All pages of the desk, under `/desk`."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router
from litestar.di import Provide
from litestar.plugins.htmx import HTMXRequest

from server.desk.assets import asset
from server.desk.drafts import SentFormsForgotten
from server.desk.pages.capture import capture_pages
from server.desk.pages.case_figures import case_figure_pages
from server.desk.pages.conflicts import conflict_pages
from server.desk.pages.coverage import coverage_pages
from server.desk.pages.coverage_records import coverage_record_pages
from server.desk.pages.devices import device_pages
from server.desk.pages.drafts import get_draft, post_discard, post_draft
from server.desk.pages.duplicates import duplicate_pages
from server.desk.pages.grids import grid_pages
from server.desk.pages.handing_over import case_pages
from server.desk.pages.home import places, start, town_start, village_home
from server.desk.pages.live import live_news
from server.desk.pages.own_figures import own_figure_pages
from server.desk.pages.printing import printing_pages
from server.desk.pages.proxy_routes import proxy_pages, town_pages
from server.desk.pages.reconciliation import reconciliation_pages
from server.desk.pages.rejected import rejected_pages
from server.desk.pages.requests import request_pages
from server.desk.pages.residents import resident_pages
from server.desk.pages.rota import rota_pages
from server.desk.pages.signing_in import post_language, post_sign_in, post_sign_out, sign_in_page
from server.desk.pages.visit_classes import visit_class_pages
from server.desk.refusals import render_refusal
from server.desk.security import refuse_foreign, security_headers
from server.desk.session import desk_account
from server.desk.typed import read_form
from server.settings import Settings


def desk_router(settings: Settings) -> Router:
    """The router of all pages; the composition root gives it its `Desk`."""
    headers = security_headers(settings)

    async def with_headers(response: Response[object]) -> Response[object]:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    async def before(request: Request[Any, Any, Any]) -> None:
        await read_form(request)
        refuse_foreign(request)

    return Router(
        "/desk",
        route_handlers=[
            asset,
            get_draft,
            live_news,
            places,
            post_discard,
            post_draft,
            start,
            town_start,
            village_home,
            sign_in_page,
            post_sign_in,
            post_sign_out,
            post_language,
            *capture_pages,
            *case_pages,
            *conflict_pages,
            *device_pages,
            *duplicate_pages,
            *printing_pages,
            *rejected_pages,
            *resident_pages,
            *case_figure_pages,
            *coverage_pages,
            *coverage_record_pages,
            *own_figure_pages,
            *proxy_pages,
            *reconciliation_pages,
            *request_pages,
            *rota_pages,
            *grid_pages,
            *visit_class_pages,
            *town_pages,
        ],
        dependencies={"account": Provide(desk_account)},
        exception_handlers={Exception: render_refusal},
        middleware=[SentFormsForgotten()],
        before_request=before,
        after_request=with_headers,
        request_class=HTMXRequest,
        include_in_schema=False,
    )
