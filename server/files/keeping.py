"""The files of one server: taken in whole, read again, told as durable."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Sequence

from server.clock import Clock
from server.files.folder import FileFolder
from server.files.picture import checked_picture
from server.keys import Keys
from server.problem import ProblemError
from server.settings import Settings
from server.store import files
from server.store.engine import Store
from server.store.erasures import erased_files
from server.store.files import File
from server.store.knowledge import Knowledge
from server.store.world import StoreWorld
from sync.files import is_digest


class Files:
    """Takes files in and gives them out. Its methods block: call them off the event loop and outside of the store."""

    def __init__(
        self, store: Store, keys: Keys, settings: Settings, knowledge: Knowledge, clock: Clock
    ) -> None:
        self.store, self.keys, self.settings, self.clock = store, keys, settings, clock
        self.folder = FileFolder(settings.data, keys)
        self._knowledge = knowledge

    def take_whole_file(
        self,
        plain: bytes,
        digest: str,
        device: str,
        also: Callable[[sqlite3.Connection], None] = lambda db: None,
    ) -> bool:
        """Check a file and keep it durably under its digest; whether it is new here. `device` is who had it.

        also: what is to be written in the same transaction.
        Raises ProblemError: file-too-large, file-digest-mismatch, file-type-refused, image-unreadable, image-metadata;
        StoreFull.
        """
        if len(plain) > self.settings.file_bytes_max:
            raise ProblemError("file-too-large", file_bytes=self.settings.file_bytes_max)
        if not is_digest(digest) or hashlib.sha256(plain).hexdigest() != digest:
            raise ProblemError("file-digest-mismatch")
        picture, now_ms = checked_picture(plain), self.clock()
        file = File(digest, picture.type, len(plain), picture.width, picture.height, now_ms)

        def arrive(db: sqlite3.Connection) -> bool:
            also(db)
            if erased_files(db, [digest]):
                return False  # taken off its device's hands, and not kept
            return files.arrive(StoreWorld(db, self.keys, self._knowledge, now_ms), file, device)

        with self.folder.placing():
            erased = self.store.read_now(lambda db: erased_files(db, [digest]))
            if not erased and not self.folder.is_whole(digest):
                self.folder.place(digest, plain)
            return self.store.write_now(arrive)

    def durable(self, digests: Sequence[str]) -> list[str]:
        """Those of the digests whose files are whole, checked and on the disk, or erased: no device need keep them."""
        found = self.store.read_now(lambda db: files.present(db, digests))
        erased = self.store.read_now(lambda db: erased_files(db, digests))
        present = {digest for digest in found if self.folder.blob_path(digest).is_file()}
        return [digest for digest in dict.fromkeys(digests) if digest in present or digest in erased]

    def refuse_on_full_disk(self, coming_bytes: int) -> None:
        """ProblemError store-full where a file would take the space that is kept free for records."""
        left = shutil.disk_usage(self.settings.data).free - coming_bytes
        if left < self.settings.files_free_bytes_min:
            raise ProblemError("store-full")
