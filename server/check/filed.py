"""Files against their bytes on the disk, and the names of files against the records."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from server.check.fault import Fault, compared
from server.files.folder import FileFolder
from server.keys import Keys
from server.store.file_names import arrived
from sync.files import files_named
from sync.record import Record
from sync.sealing import SealError


def file_faults(db: sqlite3.Connection, keys: Keys, data: Path) -> Iterator[Fault]:
    """Files that are told as durable and are not there, or are not what their digest names."""
    folder = FileFolder(data, keys)
    for (digest,) in db.execute("SELECT digest FROM files ORDER BY digest").fetchall():
        try:
            plain = folder.read(digest)
        except SealError:
            plain = b""
        if plain is None:
            yield Fault("file-missing", "", digest, "文件不在磁盘上", "the file is not on the disk")
        elif hashlib.sha256(plain).hexdigest() != digest:
            yield Fault("file-altered", "", digest, "文件内容被改动", "the file was altered")


def name_faults(db: sqlite3.Connection, village: str, records: dict[str, Record]) -> Iterator[Fault]:
    """Which files the records of a village name, and which of them they tell as arrived."""
    named = {identifier: files_named(record.kind, record.values) for identifier, record in records.items()}
    right = {(identifier, digest): True for identifier, digests in named.items() for digest in digests}
    rows = db.execute("SELECT record, digest FROM file_names WHERE village = ? AND standing", (village,))
    stored = dict.fromkeys(rows, True)
    yield from compared("file-name", village, ("文件引用", "a file's name"), stored, right)
    told = {identifier: record.arrived for identifier, record in records.items() if record.arrived}
    here = {identifier: arrived(db, digests) for identifier, digests in named.items() if digests}
    present = {identifier: digests for identifier, digests in here.items() if digests}
    yield from compared("arrived", village, ("已到文件", "what has arrived"), told, present)
