"""Logs without personal data: an event, codes, numbers and identifiers; never bodies, names or query values.

Set up once by `configure_logging`. Domain code logs through `structlog.get_logger()`; the standard library's
loggers (uvicorn, the store) are rendered the same way.
"""

import logging
import sys
import traceback
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

FRAMES_MAX = 8

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def configure_logging(level: str, log_format: str) -> None:
    """`level` as the standard library names it, in lower case; `log_format` "json" or "console"."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        _add_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_message,
    ]
    renderer = structlog.dev.ConsoleRenderer() if log_format == "console" else _as_json
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)


def log_unexpected(error: BaseException) -> None:
    """Log an error that nobody foresaw."""
    structlog.get_logger().error("unexpected-error", exc_info=error)


def _add_request_id(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    current = request_id.get()
    if current is not None:
        event["request"] = current
    return event


def _without_message(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """An exception as its type and where it came from: its message may quote a resident."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
        event["error"] = type(error).__qualname__
        event["where"] = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _as_json(logger: WrappedLogger, method: str, event: EventDict) -> str:
    return msgspec.json.encode(event, enc_hook=_plain).decode()


def _plain(value: Any) -> str:
    return str(value)
