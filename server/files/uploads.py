"""Uploads under way (tus 1.0): pieces from a line that breaks, on a server that may be killed at any moment.

Invariants
- The offset in the database is never ahead of the bytes on the disk; what is on the disk beyond it is cut away.
- An upload's offset reaches its length in the transaction that makes its file whole and durable, so nothing that is
  full can turn out not to be kept.
- One call works on an upload; a later one takes its place at once, as the earlier one may hang on a dead line.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import msgspec
from litestar.exceptions import InternalServerException

from server.files.checksum import Checksum
from server.files.folder import UploadCut, UploadFile
from server.files.keeping import Files
from server.problem import ProblemError
from server.store import uploads
from server.store.uploads import Upload

FRAME_BYTES = 256 * 1024
SAVE_SECONDS = 2
"""How long a slow line's bytes wait for a frame to fill before they are made durable."""
STALL_SECONDS = 60
CHECKS_AT_ONCE = 2
"""A decoded picture takes up to a hundred megabytes."""
HOUR_MS = 3600 * 1000


class Turn:
    """Whose turn it is at an upload. `stop` is the present one's sign to leave."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.stop = asyncio.Event()
        self.waiting = 0


class Uploads:
    """The uploads of one server process."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._turns: dict[str, Turn] = {}
        self._checks = asyncio.Semaphore(CHECKS_AT_ONCE)

    @asynccontextmanager
    async def alone(self, upload: str) -> AsyncIterator[asyncio.Event]:
        """Work on an upload alone, once whoever is at it has left; the event says that somebody else waits now."""
        turn = self._turns.setdefault(upload, Turn())
        turn.waiting += 1
        turn.stop.set()
        try:
            await turn.lock.acquire()
        finally:
            turn.waiting -= 1
        try:
            turn.stop = asyncio.Event()
            if turn.waiting:
                turn.stop.set()
            yield turn.stop
        finally:
            turn.lock.release()
            if not turn.waiting:
                self._turns.pop(upload, None)

    async def begin(self, upload: Upload) -> None:
        """Begin an upload; one of the same file by the same device, and the oldest beyond the bound, end for it."""
        folder, most = self.files.folder, self.files.settings.uploads_open_max
        await asyncio.to_thread(self.files.refuse_on_full_disk, upload.length)
        await asyncio.to_thread(folder.begin_upload, upload.id)
        for ended in await self.files.store.write(lambda db: uploads.begin(db, upload, most)):
            await asyncio.to_thread(folder.remove_upload, ended)

    async def end(self, upload: Upload) -> None:
        """Take nothing more in for an upload, and remove what came of it."""
        await self.files.store.write(lambda db: uploads.end(db, upload.id))
        await asyncio.to_thread(self.files.folder.remove_upload, upload.id)

    async def take(
        self,
        upload: Upload,
        body: AsyncIterator[bytes],
        checksum: Checksum | None,
        stop: asyncio.Event,
    ) -> Upload:
        """Add a body to an upload and complete it where it is full; the upload as it is then.

        Raises ProblemError: file-too-large (more than is left), checksum-mismatch, upload-offset (broken off),
        upload-gone, those of `take_whole_file`; StoreFull.
        """
        try:
            file = await asyncio.to_thread(
                self.files.folder.opened_upload, upload.id, upload.received, upload.stored
            )
        except UploadCut as error:
            await self.end(upload)
            raise ProblemError("upload-gone") from error
        try:
            return await _Taking(self.files, upload, file, checksum, stop).take(body, self._checks)
        except UploadCut as error:
            await self.end(upload)
            raise ProblemError("upload-gone") from error
        except ProblemError as error:
            if error.code.status == 422:
                await self.end(upload)
            raise
        finally:
            file.close()


class _Taking:
    """One body on its way to the disk."""

    def __init__(
        self,
        files: Files,
        upload: Upload,
        file: UploadFile,
        checksum: Checksum | None,
        stop: asyncio.Event,
    ) -> None:
        self.files, self.upload, self.file = files, upload, file
        self.checksum, self.stop = checksum, stop
        self._gathered = bytearray()

    async def take(self, body: AsyncIterator[bytes], checks: asyncio.Semaphore) -> Upload:
        whole = await self._receive(body)
        if self.checksum is None or whole:
            await self._save()
        if not whole:
            raise ProblemError("upload-offset", "上传中断 / the upload broke off")
        if self.checksum is not None and not self.checksum.matches():
            raise ProblemError("checksum-mismatch")
        if self.file.received == self.upload.length:
            async with checks:
                await asyncio.to_thread(self._complete)
            self.upload = msgspec.structs.replace(
                self.upload, received=self.upload.length, state=uploads.DONE
            )
            await asyncio.to_thread(self.files.folder.remove_upload, self.upload.id)
        elif self.checksum is not None:
            await self._commit()
        return self.upload

    async def _receive(self, body: AsyncIterator[bytes]) -> bool:
        """Bring a body to the disk; whether it came to its end."""
        async with aclosing(_pieces(body, self.stop)) as pieces:
            async for piece in pieces:
                if piece is None:
                    return False
                await self._take_piece(piece)
        return True

    async def _take_piece(self, piece: bytes) -> None:
        if self.file.received + len(self._gathered) + len(piece) > self.upload.length:
            raise ProblemError("file-too-large", "比所报长度更长 / longer than its length")
        if self.checksum is not None:
            self.checksum.update(piece)
        self._gathered += piece
        if len(self._gathered) >= FRAME_BYTES or not piece:
            await self._save()

    async def _save(self) -> None:
        """Write what was gathered as a frame, and commit it, unless it completes the file or waits for its checksum."""
        if not self._gathered:
            return
        plain, self._gathered = bytes(self._gathered), bytearray()
        await asyncio.to_thread(self.file.append, plain)
        if self.checksum is None and self.file.received < self.upload.length:
            await self._commit()

    async def _commit(self) -> None:
        received, stored = self.file.received, self.file.stored
        expires_ms = self.files.clock() + self.files.settings.upload_hours * HOUR_MS
        await self.files.store.write(
            lambda db: uploads.advance(db, self.upload.id, received, stored, expires_ms)
        )
        self.upload = msgspec.structs.replace(
            self.upload, received=received, stored=stored, expires_ms=expires_ms
        )

    def _complete(self) -> None:
        """Check the whole file and keep it."""
        upload = self.upload

        def also(db: sqlite3.Connection) -> None:
            uploads.finish(db, upload.id)

        self.files.take_whole_file(self.file.whole(), upload.digest, upload.device, also)


async def _pieces(body: AsyncIterator[bytes], stop: asyncio.Event) -> AsyncGenerator[bytes | None, None]:
    """The pieces of a body. Empty ones where it is slow; None, and the end, where it broke off or has to make way."""
    stopped = asyncio.ensure_future(stop.wait())
    coming: asyncio.Future[bytes | None] | None = None
    silent_seconds = 0
    try:
        while True:
            coming = coming or asyncio.ensure_future(_next(body))
            waits: set[asyncio.Future[Any]] = {coming, stopped}
            await asyncio.wait(waits, timeout=SAVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                done, coming, silent_seconds = coming, None, 0
                try:
                    piece = done.result()
                except InternalServerException:  # how the framework tells that the client is gone
                    yield None
                    return
                if piece is None:
                    return
                if piece:
                    yield piece
                continue
            silent_seconds += SAVE_SECONDS
            if stopped.done() or silent_seconds > STALL_SECONDS:
                yield None
                return
            yield b""
    finally:
        for waiting in (stopped, coming):
            if waiting is not None and not waiting.done():
                waiting.cancel()
                with suppress(asyncio.CancelledError):
                    await waiting


async def _next(body: AsyncIterator[bytes]) -> bytes | None:
    return await anext(body, None)
