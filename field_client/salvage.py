"""Getting captured operations out of a damaged file.

Invariants
- The damaged file, with its log, is moved aside under a name of its own and never written to or overwritten.
- An operation is carried over byte for byte where SQLite still reads its row, or where its bytes still stand whole in
  the file; each id once. Everything carried over is rewritten and pushed when the device enrols again, and an id that
  the server has changes nothing there.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from field_client.errors import StoreDamaged
from field_client.identity import Identity
from field_client.outbox import Outbox
from field_client.store import Store, own
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


def examine(path: Path) -> Salvaged:
    """Examine a store; where it is damaged, keep it aside and begin a new one with what can be read of it."""
    problems = _problems(path)
    if not problems:
        return Salvaged(None, 0, None)
    # the lock is held while the files are moved, so that no other process opens them half moved
    lock = own(path)
    try:
        aside = _move_aside(path)
    finally:
        os.close(lock)
    identity, operations = read_damaged(aside)
    store = Store(path)
    try:
        with store.transaction():
            Outbox(store).take_salvaged(operations)
            store.set_meta("salvaged_identity", identity)
    finally:
        store.close()
    return Salvaged(str(aside), len(operations), None if identity is None else identity.device, problems)


def _problems(path: Path) -> list[str]:
    if not path.exists():
        return []
    try:
        store = Store(path)
    except StoreDamaged as error:
        return [error.message_en]
    try:
        return store.check()
    finally:
        store.close()


def _move_aside(path: Path) -> Path:
    """Rename the file and its log; the new name is one that nothing has."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for ending in _ENDINGS:
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    return aside


def read_damaged(path: Path) -> tuple[Identity | None, list[bytes]]:
    """The identity, if it can be read, and every operation, in the order of capture."""
    found: dict[str, tuple[str, int, bytes]] = {}
    for exact in (*_rows(path), *_whole_in(path)):
        operation = _operation(exact)
        if operation is not None:
            found.setdefault(operation.id, (operation.clock, operation.counter, exact))
    return _identity(path), [exact for _, _, exact in sorted(found.values())]


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
