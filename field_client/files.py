"""Files of a device: photos made small and bare of their metadata, sealed, uploaded after the operations, kept 30 days.

A file's identity is the SHA-256 of its plain bytes. It lies sealed in the clear file beside the store (`head`), so that
a locked or wiped device can still hand it over.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from field_client.errors import Mistyped, StoreDamaged
from field_client.head import Kept
from field_client.outbox import KEPT_MS
from field_client.storage import storage_left_bytes
from field_client.store import Store
from sync.cipher import SealError

SIDE_PIXELS_MAX = 1600
QUALITY = 82
JPEG = "image/jpeg"
ROOM_BYTES_MIN = 200 * 1024 * 1024
"""Below it, a copy that the server has goes at once (the server has it checked and durable)."""


class File(msgspec.Struct, frozen=True):
    """A file that is kept. `upload`: where its bytes go, once an upload began; `durable_ms`: since when it is there."""

    digest: str
    type: str
    bytes: int
    kept_ms: int
    durable_ms: int | None
    upload: str | None


class Files:
    """The files of a store. What writes makes its own transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, photo: Path, now_ms: int) -> str:
        """Keep a photo, scaled and bare; its digest. Mistyped for what is no picture."""
        content = bare_picture(photo)
        digest = hashlib.sha256(content).hexdigest()
        place = f"files:{digest}"
        with self._store.transaction() as connection:
            known = connection.execute("SELECT 1 FROM file WHERE digest = ?", (digest,)).fetchone()
            if known is None:
                connection.execute(
                    "INSERT INTO file VALUES (?, ?, ?, ?, NULL, NULL)", (digest, JPEG, len(content), now_ms)
                )
                self._store.head.keep(Kept(place, None, digest, True, self._store.vault.seal(place, content)))
        return digest

    def content(self, digest: str) -> bytes | None:
        """The plain bytes of a file that is kept here."""
        place = f"files:{digest}"
        lying = self._store.head.sealed_at(place)
        if lying is None:
            return None
        try:
            return self._store.vault.open(place, lying)
        except SealError as error:
            raise StoreDamaged(str(self._store.path), f"a file that cannot be opened: {digest}") from error

    def all(self, where: str = "1") -> list[File]:
        """The files that are kept, oldest first; `where` is SQL over the columns."""
        rows = self._store.rows(
            f"SELECT digest, type, bytes, kept_ms, durable_ms, upload FROM file WHERE {where} ORDER BY kept_ms"  # noqa: S608
        )
        return [File(*row) for row in rows]

    def begun(self, digest: str, upload: str | None) -> None:
        """Where an upload goes on after a break."""
        with self._store.transaction() as connection:
            connection.execute("UPDATE file SET upload = ? WHERE digest = ?", (upload, digest))

    def take_durable(self, durable: list[str], server_ms: int) -> None:
        """The server has these; any other one waits (again)."""
        there = set(durable)
        with self._store.transaction() as connection:
            for file in self.all():
                if (file.digest in there) != (file.durable_ms is not None):
                    connection.execute(
                        "UPDATE file SET durable_ms = ?, upload = NULL WHERE digest = ?",
                        (server_ms if file.digest in there else None, file.digest),
                    )

    def forget(self, server_ms: int) -> None:
        """Let go what the server has for 30 days, or at once where room is short."""
        short = storage_left_bytes(self._store.path) < ROOM_BYTES_MIN
        before = server_ms + 1 if short else server_ms - KEPT_MS
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM file WHERE durable_ms < ?", (before,))


def bare_picture(photo: Path) -> bytes:
    """A JPEG of at most 1600 pixels a side, upright, without EXIF or any other metadata."""
    try:
        with Image.open(photo) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise Mistyped(
            f"{photo} 不是能读的照片", f"{photo} is no picture that can be read",
            "用 JPEG、PNG 或 WebP 照片", "give a JPEG, PNG or WebP picture",
        ) from error  # fmt: skip
    upright.thumbnail((SIDE_PIXELS_MAX, SIDE_PIXELS_MAX))
    # pasted into a new picture: nothing but the pixels goes along
    bare = Image.new("RGB", upright.size)
    bare.paste(upright)
    made = io.BytesIO()
    bare.save(made, "JPEG", quality=QUALITY, optimize=True)
    return made.getvalue()
