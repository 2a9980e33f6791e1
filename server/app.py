"""The only composition root: what the server is made of, put together in one place.

A call goes: uvicorn → `AccessLog` → Litestar's router → a handler of `server/api/<noun>.py` (decode, one call,
encode) → `server/store/<noun>.py` inside `store.write` or `store.read`.
"""

import asyncio
import importlib.metadata
from typing import Any, TypeVar

from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins.htmx import HTMXConfig, HTMXPlugin
from litestar.types import ASGIApp

from server.access_log import AccessLog
from server.api.app import app_file, app_settings
from server.api.data import data_api
from server.api.document import Document
from server.api.front import front
from server.api.health import health, ready
from server.api.sync import sync_api
from server.api.sync.wire import SyncServer
from server.auth import signed_in
from server.clock import Clock, unix_ms
from server.desk.desk import Desk
from server.desk.refusals import render_refusal
from server.desk.resident_index import ResidentIndex
from server.desk.routes import desk_router
from server.desk.security import csrf_config
from server.desk.templating import template_config
from server.epochs import tell_operators
from server.files.keeping import Files
from server.files.sweep import swept_hourly
from server.files.uploads import Uploads
from server.intake import Intake
from server.keys import Keys
from server.live import Live
from server.passwords import Passwords
from server.problem import render_error
from server.rescue import Rescue
from server.settings import Settings
from server.store.engine import Store
from server.store.knowledge import Knowledge

T = TypeVar("T")

# room for the envelope around a batch: receipt, cursor, punctuation
ENVELOPE_BYTES = 64 * 1024

DESCRIPTION = (
    "全岗通：面向村社网格走访与办件的离线优先服务。数据接口以 `Authorization: Bearer` 登录凭证访问；"
    "所有错误均为 RFC 9457 problem+json，代码见 docs/errors.md。\n\n"
    "All-Post: offline-first field service for village workers. Errors are RFC 9457 problem+json."
)


def create_app(settings: Settings, store: Store, keys: Keys, clock: Clock = unix_ms) -> Litestar:
    """The application on an open, migrated store. Whoever opened the store closes it, after the application.

    `app.state.stopping` is an `asyncio.Event` that is set when a stop begins: endless replies end then.
    """
    passwords = Passwords(settings)
    live = Live()
    store.on_commit(live.committed)
    store.on_commit(tell_operators)
    knowledge = Knowledge(keys, settings.month_closes_on_working_day)
    store.on_doubt(knowledge.forget)
    intake = Intake(keys, knowledge, settings.outcomes_page_max)
    files = Files(store, keys, settings, knowledge, clock)
    app = Litestar(
        route_handlers=[
            front,
            app_file,
            app_settings,
            health,
            ready,
            sync_api,
            data_api,
            desk_router(settings),
        ],
        dependencies={
            "settings": _given(settings),
            "store": _given(store),
            "keys": _given(keys),
            "clock": _given(clock),
            "passwords": _given(passwords),
            "account": Provide(signed_in),
            "server": _given(SyncServer(store, keys, settings, intake, clock)),
            "desk": _given(Desk(store, keys, settings, intake, files, clock)),
            "resident_index": _given(ResidentIndex(keys)),
            "live": _given(live),
            "uploads": _given(Uploads(files)),
            "rescue": _given(Rescue(store, keys, settings, intake, files, clock)),
        },
        exception_handlers={Exception: _refused},
        template_config=template_config(),
        csrf_config=csrf_config(settings, keys),
        plugins=[HTMXPlugin(HTMXConfig(set_request_class_globally=False))],
        request_max_body_size=settings.batch_bytes_max + ENVELOPE_BYTES,
        openapi_config=_openapi(),
        logging_config=None,
        on_shutdown=[passwords.close],
        lifespan=[swept_hourly(files)],
    )
    app.state.stopping = asyncio.Event()
    app.state.settings = settings
    app.state.store = store
    return app


def _refused(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A refusal as its caller reads it: a page for people, problem+json for programs."""
    if request.url.path.startswith("/desk/"):
        return render_refusal(request, error)
    return render_error(request, error)


def served(app: Litestar, settings: Settings) -> ASGIApp:
    """The application as a server program runs it: with its access log around."""
    return AccessLog(app, settings.log_format if settings.log_level in ("debug", "info") else None)


def _given(value: T) -> Provide:
    def provide() -> T:
        return value

    return Provide(provide, sync_to_thread=False)


def _openapi() -> OpenAPIConfig:
    bearer = SecurityScheme(type="http", scheme="bearer", description="登录凭证或设备凭证")
    return OpenAPIConfig(
        title="全岗通 All-Post",
        version=importlib.metadata.version("allpost"),
        description=DESCRIPTION,
        path="/schema",
        render_plugins=[Document()],
        components=Components(security_schemes={"bearer": bearer}),
        security=[{"bearer": []}],
    )
