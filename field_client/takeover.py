"""Making a main file anew: an earlier version's plain file is encrypted, its plain pages are really removed.

Each step may be cut off by a kill. The new file is made beside the old one; only when it is whole on the disk does the
header say so (`made`); then the old file and its log are overwritten with zeros, removed, and the new one takes the
name. What was begun and not made is thrown away and made again, out of the old file, which is still as it was.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from field_client.connection import Connection
from field_client.head import SEALED, WHOLE, Head, Kept
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
    whole = header.variant == WHOLE
    with (
        _new(path, vault.whole_file_key() if whole else None) as target,
        closing(sqlite3.connect(path)) as old,
    ):
        _carry_over(old.execute, target, AsTheyAre(), AsTheyAre() if whole else vault, erased="0")
        kept = _kept(old, vault)
    with head.connection.transaction():
        for row in kept:
            head.keep(row)
        head.change(making="made")


def make_under_cipher(head: Head, path: Path, before: Vault, after: Vault, box: Callable[[], None]) -> None:
    """Seal a store's values under another cipher, with the same data key. SQLCipher has one cipher, so it is left.

    `box` puts the data key into boxes under the new cipher, in the transaction that makes the new file count.
    """
    header = head.header
    assert header is not None
    whole = header.variant == WHOLE
    old = Connection(path, before.whole_file_key() if whole else None)
    try:
        with _new(path, None) as target:
            rows = _Rows(old)
            _carry_over(rows, target, AsTheyAre() if whole else before, after, erased="erased")
            for row in old.rows("SELECT * FROM file"):
                target.rows("INSERT INTO file VALUES (?, ?, ?, ?, ?, ?)", row)
    finally:
        old.close()
    with head.connection.transaction():
        for kept in head.kept():
            sealed = after.seal(kept.place, before.open(kept.place, kept.sealed))
            head.keep(msgspec.structs.replace(kept, sealed=sealed))
        head.put("standing", None)  # made anew, under the new cipher, when the store is open
        head.change(making="made", variant=SEALED, cipher=after.cipher)
        box()


class _Rows:
    """The rows of a connection, asked for as sqlite3 is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, sql: str) -> Iterable[Any]:
        return self._connection.rows(sql)


@contextmanager
def _new(path: Path, key: bytes | None) -> Iterator[Connection]:
    """A new main file beside the old one; what an earlier start left of it is thrown away."""
    remove(new_path(path))
    target = Connection(new_path(path), key)
    try:
        target.script(
            f"PRAGMA main.application_id = {APPLICATION_ID}; PRAGMA main.user_version = {SCHEMA_VERSION}; {SCHEMA}"
        )
        yield target
        target.settle()
    finally:
        target.close()


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


def _carry_over(
    old: Callable[[str], Iterable[Any]], target: Connection, before: Values, after: Values, erased: str
) -> None:
    """Each row as it was, its values out of one way of lying into the other. `erased`: SQL, a column or none yet."""

    def lying(place: str, value: Any) -> bytes | None:
        if value is None:
            return None
        return after.seal(place, before.open(place, value.encode() if isinstance(value, str) else value))

    with target.transaction() as new:
        for key, value in old("SELECT key, value FROM meta"):
            new.execute("INSERT INTO meta VALUES (?, ?)", (key, lying(f"meta:{key}", value)))
        columns = "counter, id, exact, digest, kind, record, village, captured_ms, acknowledged_ms, outcome, revision"
        for row in old(f"SELECT {columns}, detail, laid, mended_by, {erased} FROM outbox"):  # noqa: S608
            one = list(row)
            one[2] = b"" if row[14] else lying(f"outbox:{row[1]}:exact", row[2])
            one[11] = lying(f"outbox:{row[1]}:detail", row[11])
            new.execute(f"INSERT INTO outbox VALUES ({', '.join('?' * 15)})", one)  # noqa: S608
        for row in old("SELECT * FROM copy"):
            one = [*row[:7], lying(f"copy:{row[0]}:search", row[7]), lying(f"copy:{row[0]}:body", row[8])]
            new.execute("INSERT INTO copy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", one)
        for digest, village, body in old("SELECT * FROM segment"):
            new.execute(
                "INSERT INTO segment VALUES (?, ?, ?)", (digest, village, lying(f"segment:{digest}", body))
            )
        for name, saved_ms, body in old("SELECT * FROM draft"):
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
