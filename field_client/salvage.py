"""Getting captured operations out of a damaged file.

Invariants
- The damaged file, with its log, is moved aside under a name of its own and never written to or overwritten.
- An operation is carried over byte for byte where SQLite still reads its row in the main file or beside it, where it
  lies sealed a second time; each id once. Everything carried over is rewritten and pushed when the device enrols
  again, and an id that the server has changes nothing there.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from field_client.connection import DATABASE_ERRORS, Connection
from field_client.errors import StoreDamaged
from field_client.files import JPEG
from field_client.head import WHOLE, Head, head_path, open_head
from field_client.identity import Identity
from field_client.opening import enter
from field_client.outbox import Outbox
from field_client.store import Store, own
from field_client.vault import AsTheyAre, Values
from sync.cipher import SealError
from sync.clock import is_clock
from sync.operation import OPERATION_BYTES_MAX, Operation

_START = b'{"id":"'
_ENDINGS = ("", "-wal", "-shm")


class Salvaged(msgspec.Struct, frozen=True):
    """What the doctor did: where the damaged file is now, how many operations came over, and whose they are."""

    kept_as: str | None
    operations: int
    device: str | None
    problems: list[str] = []


def examine(path: Path, pin: str, pin_iterations: int | None = None) -> Salvaged:
    """Examine a store; where it is damaged, keep it aside and begin a new one with what can be read of it.

    WrongPin, LockedOut, Wiped, KeyFileMissing: without its key nothing of an encrypted store can be read.
    """
    problems = _problems(path, pin, pin_iterations)
    if not problems:
        return Salvaged(None, 0, None)
    # the lock is held while the files are moved, so that no other process opens them half moved
    lock = own(path)
    try:
        found = _read_encrypted(path, pin) if head_path(path).exists() else Found(*read_damaged(path))
        aside = _move_aside(path, with_head=found.head_damaged)
    finally:
        os.close(lock)
    store = Store(path, pin, pin_iterations=pin_iterations)
    try:
        with store.transaction() as connection:
            for digest, size, at_ms in found.files:
                connection.execute(
                    "INSERT OR IGNORE INTO file VALUES (?, ?, ?, ?, NULL, NULL)", (digest, JPEG, size, at_ms)
                )
            Outbox(store).take_salvaged(found.operations)
            store.set_meta("salvaged_identity", found.identity)
    finally:
        store.close()
    device = None if found.identity is None else found.identity.device
    return Salvaged(str(aside), len(found.operations), device, problems)


class Found(NamedTuple):
    """What could be read of a damaged store. `files`: digest, bytes and time of those that lie beside whole."""

    identity: Identity | None
    operations: list[bytes]
    files: Sequence[tuple[str, int, int]] = ()
    head_damaged: bool = False


def _problems(path: Path, pin: str, pin_iterations: int | None) -> list[str]:
    if not path.exists() and not head_path(path).exists():
        return []
    try:
        store = Store(path, pin, pin_iterations=pin_iterations)
    except StoreDamaged as error:
        return [error.message_en]
    try:
        return store.check()
    finally:
        store.close()


def _move_aside(path: Path, with_head: bool) -> Path:
    """Rename the file and its log; the new name is one that nothing has. The clear file is copied, or goes along.

    The rows of operations in it are the most whole copy there is: they stay in the copy, and are made anew here.
    """
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    beside = head_path(path)
    if beside.exists() and not with_head:
        head = open_head(path)
        try:
            head.connection.settle()
            shutil.copyfile(beside, head_path(aside))
            head_path(aside).chmod(0o600)
            with head.connection.transaction() as connection:
                connection.execute("DELETE FROM kept WHERE counter IS NOT NULL")
        finally:
            head.connection.close()
    for file, new in ((path, aside), (beside, head_path(aside))):
        for ending in _ENDINGS:
            part = file.with_name(file.name + ending)
            if part.exists() and (file is path or with_head):
                part.rename(new.with_name(new.name + ending))
    return aside


def _read_encrypted(path: Path, pin: str) -> Found:
    """What the two files of an encrypted store still give, each row by itself."""
    try:
        head = open_head(path)
        header = head.header
        if header is None:
            return Found(None, [], head_damaged=True)
    except StoreDamaged:
        return Found(None, [], head_damaged=True)
    try:
        vault = enter(head, path, header, pin)
        damaged = head.connection.rows("PRAGMA integrity_check(1)") != [("ok",)]
        kept = _kept_rows(head)
    finally:
        head.connection.close()
    values, key = (AsTheyAre(), vault.whole_file_key()) if header.variant == WHOLE else (vault, None)
    identity, exacts = _main_rows(path, key, values)
    files = []
    for place, lying in kept:
        try:
            plain = vault.open(place, lying)
        except SealError:
            continue
        if place.startswith("files:"):
            files.append((place.removeprefix("files:"), len(plain), 0))
        else:
            exacts.append(msgspec.json.decode(plain, type=_Row).exact.encode())
    return Found(identity, _in_order(exacts), [] if damaged else files, damaged)


class _Row(msgspec.Struct):
    exact: str


def _kept_rows(head: Head) -> list[tuple[str, bytes]]:
    found: dict[str, bytes] = {}
    for order in ("ASC", "DESC"):
        with suppress(StoreDamaged):
            rows = head.connection.rows(f"SELECT place, sealed FROM kept ORDER BY rowid {order}")  # noqa: S608
            for place, lying in rows:
                found[place] = bytes(lying)
    return list(found.items())


def _main_rows(path: Path, key: bytes | None, values: Values) -> tuple[Identity | None, list[bytes]]:
    """The identity and the operations that the main file still gives: from the first on, and from the last back."""
    identity, found = None, []
    try:
        connection = Connection(path, key)
    except StoreDamaged:
        return None, []
    try:
        with suppress(StoreDamaged, SealError, *DATABASE_ERRORS):
            row = connection.row("SELECT value FROM meta WHERE key = 'identity'")
            if row is not None:
                identity = msgspec.json.decode(values.open("meta:identity", row[0]), type=Identity)
        for order in ("ASC", "DESC"):
            with suppress(StoreDamaged, SealError, *DATABASE_ERRORS):
                rows = connection.each(f"SELECT id, exact FROM outbox ORDER BY counter {order}")  # noqa: S608
                for identifier, lying in rows:
                    found.append(values.open(f"outbox:{identifier}:exact", lying))
    finally:
        connection.close()
    return identity, found


def read_damaged(path: Path) -> tuple[Identity | None, list[bytes]]:
    """A plain file of an earlier version: the identity, if it can be read, and every operation, in order of capture."""
    return _identity(path), _in_order([*_rows(path), *_whole_in(path)])


def _in_order(exacts: Iterable[bytes]) -> list[bytes]:
    """Each operation once, in the order of capture."""
    found: dict[str, tuple[str, int, bytes]] = {}
    for exact in exacts:
        operation = _operation(exact)
        if operation is not None:
            found.setdefault(operation.id, (operation.clock, operation.counter, exact))
    return [exact for _, _, exact in sorted(found.values())]


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)


def _rows(path: Path) -> Iterator[bytes]:
    """Operations that SQLite still reads: up from the first and down from the last, around what is damaged."""
    for order in ("ASC", "DESC"):
        try:
            with closing(_read_only(path)) as connection:
                for (exact,) in connection.execute(f"SELECT exact FROM outbox ORDER BY counter {order}"):  # noqa: S608
                    yield bytes(exact)
        except (sqlite3.Error, TypeError):
            continue


def _whole_in(path: Path) -> Iterator[bytes]:
    """Operations whose bytes stand whole anywhere in the file or its log, whatever became of the pages around."""
    for ending in ("", "-wal"):
        part = path.with_name(path.name + ending)
        content = part.read_bytes() if part.exists() else b""
        at = content.find(_START)
        while at >= 0:
            exact = _object_at(content[at : at + OPERATION_BYTES_MAX])
            if exact is not None:
                yield exact
            at = content.find(_START, at + 1)


def _object_at(content: bytes) -> bytes | None:
    """The JSON object that the bytes begin with; None where it is cut off."""
    depth, quoted, escaped = 0, False, False
    for index, byte in enumerate(content):
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte == 0x7B:
            depth += 1
        elif byte == 0x7D:
            depth -= 1
            if depth == 0:
                return content[: index + 1]
    return None


def _operation(exact: bytes) -> Operation | None:
    try:
        operation = msgspec.json.decode(exact, type=Operation)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return operation if is_clock(operation.clock) else None


def _identity(path: Path) -> Identity | None:
    try:
        with closing(_read_only(path)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=Identity)
    except (sqlite3.Error, msgspec.MsgspecError):
        return None
