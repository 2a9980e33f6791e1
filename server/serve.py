"""Running the application: uvicorn on uvloop and httptools, and an orderly stop.

On SIGTERM or Ctrl-C: no new connections, endless replies are told to end (`app.state.stopping`), calls under
way may finish for `stop_seconds_max`, then the store commits what waits and closes. A second Ctrl-C does not
wait for the calls; what was acknowledged is durable in any case.
"""

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType

import structlog
import uvicorn
from litestar import Litestar

from server.app import create_app, served
from server.keys import Keys
from server.log import configure_logging
from server.settings import Settings
from server.store.accounts import demonstration_exists
from server.store.engine import Store

GOODBYE_SECONDS = 0.5


class ServeError(Exception):
    """The server cannot start as it was told to; the message says what to change."""


def serve(settings: Settings, store: Store, keys: Keys, listening: Callable[[], None]) -> None:
    """Serve until a signal says stop; the store is closed then. `listening()` is called when the port is ours.

    Raises ServeError.
    """
    try:
        _refuse_exposed_demonstration(settings, store)
        app = create_app(settings, store, keys)
        server = _Server(_config(settings, app), app)
        with _bound(settings) as bound:
            listening()
            configure_logging(settings.log_level, settings.log_format)
            server.run(sockets=[bound])
    finally:
        store.close()
    structlog.get_logger().info("stopped")


def _bound(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.host, settings.port))
    except OSError as error:
        bound.close()
        raise ServeError(
            f"无法在 {settings.host}:{settings.port} 上监听，端口可能已被占用，请换用 --port / "
            f"cannot listen there: {error.strerror}"
        ) from None
    return bound


class _Server(uvicorn.Server):
    """uvicorn, which by itself would end the process by the signal again, before the store is closed."""

    def __init__(self, config: uvicorn.Config, app: Litestar) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True
        self._app.state.stopping.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn's, but not waiting for phones that keep an idle TLS connection and answer no goodbye."""
        stopping = asyncio.ensure_future(super().shutdown(sockets))
        while not stopping.done():
            await asyncio.wait({stopping}, timeout=GOODBYE_SECONDS)
            for connection in list(self.server_state.connections):
                transport = connection.transport
                if transport.is_closing() and not transport.get_write_buffer_size():
                    transport.abort()
        await stopping


def _config(settings: Settings, app: Litestar) -> uvicorn.Config:
    config = uvicorn.Config(
        served(app, settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=settings.stop_seconds_max,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
    )
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise ServeError(
            f"证书或私钥无法读取 / cannot read {settings.certificate}, {settings.key}: {error}"
        ) from None
    return config


def _refuse_exposed_demonstration(settings: Settings, store: Store) -> None:
    if settings.loopback_only or settings.allow_demonstration_accounts:
        return
    if store.read_now(demonstration_exists):
        raise ServeError(
            f"数据中有演示账号（密码公开），不在 {settings.host} 上提供服务。请改用 --host 127.0.0.1，"
            "或设置 ALLPOST_ALLOW_DEMONSTRATION_ACCOUNTS=true / "
            f"demonstration accounts are not served on {settings.host}: use loopback or allow it explicitly"
        )
