"""What is no longer kept: uploads and half-typed forms past their time, unnamed files, what a crash left half done."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import structlog
from litestar import Litestar

from server.files.keeping import Files
from server.store import files as rows
from server.store import uploads
from server.store.drafts import remove_old_drafts
from server.store.errors import StoreClosed
from sync.files import is_digest

EVERY_SECONDS = 3600
DAY_MS = 24 * 3600 * 1000
LEFT_BEHIND_MS = DAY_MS
"""How old bytes without a row must be before they count as what a crash left: a file is placed before its row is."""


class Swept(NamedTuple):
    """How many uploads, unnamed files and remains were removed."""

    uploads: int
    files: int
    remains: int


def sweep(files: Files) -> Swept:
    """Remove what is no longer kept. It blocks; call it off the event loop."""
    now_ms = files.clock()
    over = files.store.write_now(lambda db: _forget_late(db, now_ms))
    return Swept(over, _unnamed(files, now_ms), _remains(files, now_ms))


def _forget_late(db: sqlite3.Connection, now_ms: int) -> int:
    remove_old_drafts(db, now_ms)
    over = uploads.expired(db, now_ms)
    for upload in over:
        uploads.remove(db, upload)
    return len(over)


def _unnamed(files: Files, now_ms: int) -> int:
    before_ms = now_ms - files.settings.files_unnamed_days * DAY_MS

    def forget(db: sqlite3.Connection) -> list[str]:
        found = rows.unnamed(db, before_ms)
        for digest in found:
            rows.remove(db, digest)
        return found

    with files.folder.placing():
        found = files.store.write_now(forget)
        for digest in found:
            files.folder.remove(digest)
    return len(found)


def _remains(files: Files, now_ms: int) -> int:
    """Bytes without a row: drafts and files whose row never came, uploads that are over."""
    before_s = (now_ms - LEFT_BEHIND_MS) / 1000
    removed = 0
    with files.folder.placing():
        for name, path in files.folder.digests():
            if path.stat().st_mtime < before_s and not _has_row(files, name):
                path.unlink()
                removed += 1
    here = set(files.folder.uploads())
    open_now = files.store.read_now(uploads.under_way)
    for upload in here - open_now:
        removed += _remove_old(files.folder.upload_path(upload), before_s)
    return removed


def _has_row(files: Files, name: str) -> bool:
    return is_digest(name) and files.store.read_now(lambda db: rows.file_of(db, name)) is not None


def _remove_old(path: Path, before_s: float) -> int:
    """One that is young may belong to an upload whose row is on its way."""
    with suppress(FileNotFoundError):
        if path.stat().st_mtime < before_s:
            path.unlink()
            return 1
    return 0


def swept_hourly(files: Files) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """A lifespan of the application: sweep at its start and every hour until its end."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        task = asyncio.create_task(_sweep_hourly(files, stop := asyncio.Event()))
        try:
            yield
        finally:
            stop.set()
            await task

    return lifespan


async def _sweep_hourly(files: Files, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            swept = await asyncio.to_thread(sweep, files)
            if any(swept):
                structlog.get_logger().info("files swept", **swept._asdict())
        except StoreClosed:
            return
        except Exception:  # whatever it was, the server goes on; the next hour tries again
            structlog.get_logger().exception("sweeping files failed")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY_SECONDS)
