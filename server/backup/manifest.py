"""What a backup holds: a folder with a manifest that names every file by size and SHA-256.

A folder of backups has the mark `ALLPOST-BACKUPS` and one folder for each backup, named by its time; a backup has

  database.db     the database at one moment
  files/          attachments, encrypted as they are at rest
  keys.json       the keys (0600), or keys.sealed under a passphrase, or neither
  revocations.log
  manifest.json   written last
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from server.cli_messages import CommandError

MARK = "ALLPOST-BACKUPS"
MANIFEST, DATABASE, FILES, KEYS, SEALED_KEYS = (
    "manifest.json",
    "database.db",
    "files",
    "keys.json",
    "keys.sealed",
)
FORMAT = 1
_CHUNK_BYTES = 1024 * 1024
Progress = Callable[[str, int, int], None]


class Part(msgspec.Struct, frozen=True):
    """One file of a backup, by its path inside; `changed_ns`: when the file that it was copied from was written."""

    path: str
    bytes: int
    sha256: str
    changed_ns: int = 0


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A backup: when and in which epoch it was taken, by which software, how much is in it, and its parts."""

    format: int
    made_at: str
    epoch: str
    version: str
    schema: str
    keys: str
    counts: dict[str, int]
    log_lines: int
    parts: list[Part]


class BackupDamaged(CommandError):
    """A backup is not what its manifest says; it is not used."""


def read_manifest(backup: Path) -> Manifest:
    """The manifest of a backup. BackupDamaged if there is none that can be read."""
    try:
        manifest = msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise BackupDamaged(f"{backup} 不是备份（没有 {MANIFEST}）/ this folder is no backup") from None
    except msgspec.MsgspecError as error:
        raise BackupDamaged(f"备份清单已损坏 / the backup's manifest is damaged: {error}") from None
    if manifest.format != FORMAT:
        raise BackupDamaged("备份由更新版本的软件写成，请升级 / a newer version made this backup: upgrade")
    return manifest


def verify(backup: Path, manifest: Manifest, progress: Progress) -> None:
    """Read every part. BackupDamaged for the first that is missing, cut or altered."""
    for done, part in enumerate(manifest.parts):
        progress("校验备份", done, len(manifest.parts))
        path = backup / part.path
        if not path.is_file() or path.stat().st_size != part.bytes or sha256_of(path) != part.sha256:
            raise BackupDamaged(f"备份中的 {part.path} 缺失或已损坏 / {part.path} is missing or damaged")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def every_backup(folder: Path) -> list[Path]:
    """The whole backups of a folder of backups, oldest first; what was never finished does not count."""
    return sorted(path.parent for path in folder.glob(f"[0-9]*/{MANIFEST}"))


def counts_of(rows: Callable[[str], int]) -> dict[str, int]:
    """How much a store holds, as a backup says it and a drill counts it again."""
    return {name: rows(query) for name, query in _COUNTED}


_COUNTED = (
    ("accounts", "SELECT count(*) FROM accounts"),
    ("devices", "SELECT count(*) FROM devices WHERE nature = 'phone'"),
    ("operations", "SELECT coalesce(sum(last - first + 1), 0) FROM batches"),
    ("records", "SELECT count(*) FROM records"),
    ("files", "SELECT count(*) FROM files"),
)


def walked(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in order; not the locks and drafts, whose names begin with a dot."""
    return iter(sorted(path for path in folder.rglob("[!.]*") if path.is_file()))
