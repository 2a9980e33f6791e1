"""Making a main file anew: an earlier version's plain file is encrypted, its plain pages are really removed.

Each step may be cut off by a kill. The new file is made beside the old one; only when it is whole on the disk does the
header say so (`made`); then the old file and its log are overwritten with zeros, removed, and the new one takes the
name. What was begun and not made is thrown away and made again, out of the old file, which is still as it was.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from field_client.connection import Connection
from field_client.head import WHOLE, Head, Kept
from field_client.tables import APPLICATION_ID, SCHEMA, SCHEMA_VERSION
from field_client.vault import AsTheyAre, Values, Vault

_MAGIC = b"SQLite format 3\0"
_LOGS = ("-wal", "-shm", "-journal")
_ZEROS = bytes(1024 * 1024)


def is_plain(path: Path) -> bool:
    """Whether a file is a store of the version that did not encrypt."""
    if not path.exists() or _beginning(path) != _MAGIC:
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            numbers = [
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("application_id", "user_version")
            ]
    except sqlite3.Error:
        return False
    return numbers == [APPLICATION_ID, 1]


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_MAGIC))


def make_from_plain(head: Head, path: Path, vault: Vault) -> None:
    """Encrypt a plain store into a new file. The rows for handing over go into the clear file, sealed."""
    header = head.header
    assert header is not None
    new = new_path(path)
    remove(new)
    whole = header.variant == WHOLE
    target = Connection(new, vault.whole_file_key() if whole else None)
    try:
        with closing(sqlite3.connect(path)) as old:
            _carry_over(old, target, AsTheyAre() if whole else vault)
            kept = _kept(old, vault)
        target.settle()
    finally:
        target.close()
    with head.connection.transaction():
        for row in kept:
            head.keep(row)
        head.change(making="made")


def finish_making(head: Head, path: Path) -> None:
    """Put a file that was made in the place of the old one, whose bytes are overwritten first."""
    header = head.header
    if header is None or header.making != "made":
        return
    if new_path(path).exists():
        remove(path)
        new_path(path).rename(path)
        _sync_folder(path)
    head.change(making="")


def new_path(path: Path) -> Path:
    """Where the new file is made."""
    return path.with_name(path.name + ".new")


def remove(path: Path) -> None:
    """Overwrite a file and its logs with zeros, and remove them. Flash that writes elsewhere may keep a copy."""
    for part in (path, *(path.with_name(path.name + ending) for ending in _LOGS)):
        if not part.exists():
            continue
        with part.open("r+b") as file:
            left = part.stat().st_size
            while left > 0:
                left -= file.write(_ZEROS[:left])
            file.flush()
            os.fsync(file.fileno())
        part.unlink()


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _carry_over(old: sqlite3.Connection, target: Connection, values: Values) -> None:
    target.script(
        f"PRAGMA main.application_id = {APPLICATION_ID}; PRAGMA main.user_version = {SCHEMA_VERSION}; {SCHEMA}"
    )

    def lying(place: str, plain: Any) -> bytes | None:
        return (
            None if plain is None else values.seal(place, plain.encode() if isinstance(plain, str) else plain)
        )

    with target.transaction() as new:
        for key, value in old.execute("SELECT key, value FROM meta"):
            new.execute("INSERT INTO meta VALUES (?, ?)", (key, lying(f"meta:{key}", value)))
        columns = "counter, id, exact, digest, kind, record, village, captured_ms, acknowledged_ms, outcome, revision"
        for row in old.execute(f"SELECT {columns}, detail, laid, mended_by FROM outbox"):  # noqa: S608
            one = list(row)
            one[2], one[11] = (
                lying(f"outbox:{row[1]}:exact", row[2]),
                lying(f"outbox:{row[1]}:detail", row[11]),
            )
            new.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)", one)
        for row in old.execute("SELECT * FROM copy"):
            one = [*row[:7], lying(f"copy:{row[0]}:search", row[7]), lying(f"copy:{row[0]}:body", row[8])]
            new.execute("INSERT INTO copy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", one)
        for digest, village, body in old.execute("SELECT * FROM segment"):
            new.execute(
                "INSERT INTO segment VALUES (?, ?, ?)", (digest, village, lying(f"segment:{digest}", body))
            )
        for name, saved_ms, body in old.execute("SELECT * FROM draft"):
            new.execute("INSERT INTO draft VALUES (?, ?, ?)", (name, saved_ms, lying(f"draft:{name}", body)))


def _kept(old: sqlite3.Connection, vault: Vault) -> list[Kept]:
    rows = []
    for counter, exact, digest, unsent in old.execute(
        "SELECT counter, exact, digest, acknowledged_ms IS NULL FROM outbox"
    ):
        place = f"outbox:{counter}"
        plain = msgspec.json.encode({"counter": counter, "exact": bytes(exact).decode()})
        rows.append(Kept(place, counter, digest, bool(unsent), vault.seal(place, plain)))
    return rows
