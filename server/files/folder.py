"""The bytes of files in the data folder, encrypted: whole ones, and the frames of uploads under way.

    files/<first 2 hex>/<digest>   the whole file as one blob, bound to its digest
    uploads/<id>                   frames: length (4 bytes, big-endian) ‖ blob, bound to the upload and its offset
    files/.placing                 locked by whoever adds or removes a whole file, in whatever process

Invariants: a whole file appears by a rename, after its bytes are on the disk; what is beyond the length that the
database names of an upload's file is cut away before anything is added.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.keys import Keys
from server.store.errors import StoreFull
from sync.sealing import SealError

_LENGTH = struct.Struct(">I")
_UPLOAD = re.compile(r"[0-9a-f-]{36}", re.ASCII)
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class UploadCut(Exception):
    """The bytes of an upload on the disk are fewer than the database says, or cannot be read: it has to begin anew."""


class FileFolder:
    """The two folders below the data folder. Every method blocks; a full disk is StoreFull and leaves no bytes."""

    def __init__(self, data: Path, keys: Keys) -> None:
        self.data = data
        self._whole = data / "files"
        self._uploads = data / "uploads"
        self._keys = keys

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Alone among all who add or remove whole files, from the bytes to the row in the database."""
        self._whole.mkdir(mode=0o700, parents=True, exist_ok=True)
        with full_disk_told(), (self._whole / ".placing").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def blob_path(self, digest: str) -> Path:
        """Where a file's bytes are; `digest` is one (64 hexadecimal digits), so the path stays in the folder."""
        return self._whole / digest[:2] / digest

    def read(self, digest: str) -> bytes | None:
        """A file's plain bytes; None where they are not there. Raises SealError for altered ones."""
        try:
            blob = self.blob_path(digest).read_bytes()
        except FileNotFoundError:
            return None
        return self._keys.decrypt_blob(blob, _of_file(digest))

    def is_whole(self, digest: str) -> bool:
        """Whether the bytes are there and can be read."""
        try:
            return self.read(digest) is not None
        except SealError:
            return False

    def place(self, digest: str, plain: bytes) -> None:
        """Put a file's bytes durably in their place. Call it within `placing`."""
        path = self.blob_path(digest)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        draft = path.with_name(digest + ".new")
        try:
            with full_disk_told():
                _write_durably(draft, self._keys.encrypt_blob(plain, _of_file(digest)))
                draft.replace(path)
                sync_folder(path.parent)
                sync_folder(self._whole)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def remove(self, digest: str) -> None:
        """Remove a file's bytes. Call it within `placing`."""
        self.blob_path(digest).unlink(missing_ok=True)

    def digests(self) -> Iterator[tuple[str, Path]]:
        """Everything in the folder of whole files by its name, drafts that a crash left included."""
        for path in sorted(self._whole.glob("[0-9a-f][0-9a-f]/*")):
            yield path.name, path

    def uploads(self) -> Iterator[str]:
        """The ids of uploads that have bytes here."""
        if self._uploads.is_dir():
            yield from sorted(path.name for path in self._uploads.iterdir() if _UPLOAD.fullmatch(path.name))

    def begin_upload(self, upload: str) -> None:
        """An empty file for an upload."""
        self._uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
        with full_disk_told():
            os.close(os.open(self.upload_path(upload), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            sync_folder(self._uploads)

    def remove_upload(self, upload: str) -> None:
        """Remove what came of an upload."""
        self.upload_path(upload).unlink(missing_ok=True)

    def opened_upload(self, upload: str, received: int, stored: int) -> UploadFile:
        """An upload's bytes, cut back to what is durable. UploadCut where there are fewer."""
        return UploadFile(self.upload_path(upload), self._keys, upload, received, stored)

    def upload_path(self, upload: str) -> Path:
        """Where an upload's frames are. ValueError for what is no id of one."""
        if not _UPLOAD.fullmatch(upload):
            raise ValueError(upload)
        return self._uploads / upload


class UploadFile:
    """Frames at the end of an upload's file. `received` plain bytes are in the first `stored` bytes."""

    def __init__(self, path: Path, keys: Keys, upload: str, received: int, stored: int) -> None:
        self.received, self.stored = received, stored
        self._keys, self._upload = keys, upload
        try:
            self._descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError as error:
            raise UploadCut(upload) from error
        try:
            if os.fstat(self._descriptor).st_size < stored:
                raise UploadCut(upload)
            os.ftruncate(self._descriptor, stored)
        except BaseException:
            self.close()
            raise

    def append(self, plain: bytes) -> None:
        """Add a frame, durably. StoreFull leaves the file as it was."""
        blob = self._keys.encrypt_blob(plain, self._of_frame(self.received))
        frame = _LENGTH.pack(len(blob)) + blob
        try:
            with full_disk_told():
                _write_all(self._descriptor, frame, self.stored)
                os.fsync(self._descriptor)
        except BaseException:
            os.ftruncate(self._descriptor, self.stored)
            raise
        self.received += len(plain)
        self.stored += len(frame)

    def cut(self, received: int, stored: int) -> None:
        """Go back to where the file was."""
        os.ftruncate(self._descriptor, stored)
        self.received, self.stored = received, stored

    def whole(self) -> bytes:
        """All plain bytes. UploadCut where a frame cannot be read."""
        frames, at, plain = os.pread(self._descriptor, self.stored, 0), 0, bytearray()
        try:
            while at < len(frames):
                (length,) = _LENGTH.unpack_from(frames, at)
                at += _LENGTH.size
                plain += self._keys.decrypt_blob(frames[at : at + length], self._of_frame(len(plain)))
                at += length
        except (struct.error, SealError) as error:
            raise UploadCut(self._upload) from error
        return bytes(plain)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _of_frame(self, offset: int) -> bytes:
        return f"upload:{self._upload}:{offset}".encode()


@contextmanager
def full_disk_told() -> Iterator[None]:
    """A full disk (or a quota, or a limit on files) as the store's own error."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        raise StoreFull("磁盘空间已满，文件未写入 / the disk is full, the file was not written") from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_durably(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        _write_all(descriptor, content, 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes, at: int) -> None:
    rest = memoryview(content)
    while rest:
        written = os.pwrite(descriptor, rest, at)
        rest, at = rest[written:], at + written


def _of_file(digest: str) -> bytes:
    return b"file:" + digest.encode()
