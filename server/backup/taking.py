"""Taking a backup beside a running server.

Invariants
- The database is copied from one snapshot; what belongs beside it is copied after it (files, keys, the revocation log
  only grow), so a backup never lacks what its database names.
- Everything is written under a name that no restore looks at, flushed to the disk, and renamed at the end.
- A file that an earlier backup has already is linked, not copied, where the disk can link.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from server import revocations_log
from server.backup.manifest import (
    DATABASE,
    FILES,
    FORMAT,
    KEYS,
    MANIFEST,
    MARK,
    SEALED_KEYS,
    Manifest,
    Part,
    Progress,
    counts_of,
    every_backup,
    read_manifest,
    sha256_of,
    walked,
)
from server.backup.sealed_keys import sealed_keys
from server.cli_messages import CommandError
from server.settings import Settings
from server.store.connection import open_reader
from sync.clock import moment

PAGES_A_STEP = 2_000
_UNFINISHED = ".part"


def take_backup(
    settings: Settings,
    folder: Path,
    now_ms: int,
    progress: Progress,
    *,
    passphrase: bytes | None = None,
    with_keys: bool = True,
) -> Path:
    """Take a backup into a folder of backups; the new backup's own folder. CommandError, OSError."""
    if not settings.database_path.exists():
        raise CommandError(f"{settings.data} 里没有数据库 / no database in this folder")
    with _owned(folder):
        _clear_unfinished(folder)
        before = every_backup(folder)[-1:]
        name = moment(now_ms).replace("-", "").replace(":", "")
        draft = folder / (name + _UNFINISHED)
        draft.mkdir(mode=0o700)
        manifest = _Taking(settings, draft, before[0] if before else None, progress).take(
            now_ms, passphrase, with_keys
        )
        _write(draft / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        _flush_folders(draft)
        draft.rename(folder / name)
        _flush(folder)
    return folder / name


def forget_older(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest backups; those removed."""
    old = every_backup(folder)[:-keep]
    for backup in old:
        (backup / MANIFEST).unlink()  # first: half of a backup must not count as one
        shutil.rmtree(backup)
    return old


class _Taking:
    def __init__(self, settings: Settings, draft: Path, before: Path | None, progress: Progress) -> None:
        self.settings, self.draft, self.progress = settings, draft, progress
        self.before = before
        self.known = {part.path: part for part in read_manifest(before).parts} if before else {}
        self.parts: list[Part] = []

    def take(self, now_ms: int, passphrase: bytes | None, with_keys: bool) -> Manifest:
        epoch, schema, counts = self._database()
        for path in walked(self.settings.data / FILES):
            self._file(path)
        self._keys(passphrase, with_keys)
        log = self.settings.data / revocations_log.FILE
        if log.exists():
            _write(self.draft / log.name, log.read_bytes())
            self._note(self.draft / log.name)
        lines = len(revocations_log.read_log(self.draft / log.name))
        kind = "left-out" if not with_keys else "sealed" if passphrase else "plain"
        return Manifest(
            format=FORMAT, made_at=moment(now_ms), version=importlib.metadata.version("allpost"),
            keys=kind, log_lines=lines, parts=self.parts, epoch=epoch, schema=schema, counts=counts,
        )  # fmt: skip

    def _database(self) -> tuple[str, str, dict[str, int]]:
        """Copy one snapshot of the database; its epoch, newest migration and counts, read from the copy."""
        path = self.draft / DATABASE
        with (
            closing(open_reader(self.settings.database_path)) as source,
            closing(sqlite3.connect(path)) as copy,
        ):
            source.execute("BEGIN")
            source.execute("SELECT 1 FROM meta LIMIT 1").fetchone()  # the snapshot is taken by the first read

            def told(_status: int, left: int, total: int) -> None:
                self.progress("数据库", total - left, total)

            source.backup(copy, pages=PAGES_A_STEP, progress=told, sleep=0)
            copy.execute("PRAGMA journal_mode=DELETE")
            epoch = str(copy.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0])
            schema = str(copy.execute("SELECT max(name) FROM _sqlite_migrations").fetchone()[0])
            counts = counts_of(lambda query: int(copy.execute(query).fetchone()[0]))
        path.chmod(0o600)
        _flush(path)
        self._note(path)
        return epoch, schema, counts

    def _file(self, path: Path) -> None:
        """Link a file that the backup before has, else copy it; one that was swept away meanwhile is left out."""
        inside = str(path.relative_to(self.settings.data))
        target = self.draft / inside
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.progress("附件", len(self.parts), len(self.parts) + 1)
        try:
            stat = path.stat()
            known = self.known.get(inside)
            same = known is not None and (known.bytes, known.changed_ns) == (stat.st_size, stat.st_mtime_ns)
            if self.before and known and same and _is_whole(self.before / inside, known):
                _link(self.before / inside, target)
                self.parts.append(known)
                return
            shutil.copyfile(path, target)
        except FileNotFoundError:
            return
        _flush(target)
        self._note(target, stat.st_mtime_ns)

    def _keys(self, passphrase: bytes | None, with_keys: bool) -> None:
        if not with_keys:
            return
        plain = self.settings.keys_path.read_bytes()
        name, content = (SEALED_KEYS, sealed_keys(plain, passphrase)) if passphrase else (KEYS, plain)
        _write(self.draft / name, content)
        self._note(self.draft / name)

    def _note(self, path: Path, changed_ns: int = 0) -> None:
        inside = str(path.relative_to(self.draft))
        self.parts.append(Part(inside, path.stat().st_size, sha256_of(path), changed_ns))


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """A folder of backups, ours alone for as long as this lasts. CommandError for a folder that holds other things."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = folder / MARK
    if not mark.exists() and any(folder.iterdir()):
        raise CommandError(
            f"{folder} 不是空的，也不是备份文件夹 / this folder is not empty and holds no backups"
        )
    with mark.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(f"另一个备份正在写入 {folder} / another backup is under way there") from None
        yield


def _clear_unfinished(folder: Path) -> None:
    for draft in folder.glob(f"[0-9]*{_UNFINISHED}"):
        shutil.rmtree(draft)


def _is_whole(path: Path, part: Part) -> bool:
    """Whether the backup before still has it as its manifest says: else one bad file would spoil every later backup."""
    return path.is_file() and path.stat().st_size == part.bytes and sha256_of(path) == part.sha256


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # a disk without links, or with too many
        shutil.copyfile(source, target)
        _flush(target)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folders(folder: Path) -> None:
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        _flush(path)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
