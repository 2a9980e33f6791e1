"""The device's store: one encrypted SQLite file, the clear file beside it; every commit on the disk before it returns.

Invariants
- One process owns the files (an flock on a file beside them, given back by the kernel however the process ends).
- Nothing personal lies anywhere in the clear, logs of SQLite included: with SQLCipher the whole main file is
  encrypted, else every value that says something is sealed for its place, and ids, counters, kinds, versions and
  digests stay as they are, for queries.
- What is kept for handing over also lies sealed in the clear file, in the same transaction; where a crash came between
  the two commits, opening puts it right by the main file.
- A damaged file is never written to, moved or overwritten here; `salvage` does that at a person's word.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from field_client.connection import Connection
from field_client.errors import FieldError, StoreDamaged, StoreInUse, Wiped
from field_client.head import WHOLE, Head, Kept, head_path, open_head
from field_client.opening import box_anew, enter, make
from field_client.tables import APPLICATION_ID, SCHEMA, SCHEMA_VERSION, TRIGGERS
from field_client.takeover import finish_making, is_plain, make_from_plain, make_under_cipher
from field_client.vault import AsTheyAre, Values, Vault
from field_client.wiping import begin_wipe, finish_wipe
from sync.cipher import SealError

T = TypeVar("T")
WANTED_CIPHER = "wanted_cipher"
"""The cipher that the server asks for; the store is made under it at the next opening, when the PIN is at hand."""


class Store:
    """An open store. Safe to share between threads; each transaction excludes the others."""

    def __init__(
        self, path: Path, pin: str, *, whole: bool | None = None, pin_iterations: int | None = None
    ) -> None:
        """Open by its PIN, or make one under it. WrongPin, LockedOut, Wiped, KeyFileMissing, StoreInUse, StoreDamaged.

        whole: by SQLCipher or by sealed values, where a new one is made. pin_iterations: the cost of a try, for tests.
        """
        self.path = path
        self.pin_iterations = pin_iterations
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = own(path)
        try:
            self.vault, variant = _entered(path, pin, whole, pin_iterations)
            self.values: Values = AsTheyAre() if variant == WHOLE else self.vault
            key = self.vault.whole_file_key() if variant == WHOLE else None
            self.connection = _opened(path, key)
        except BaseException:
            os.close(self._lock_file)
            raise
        self.head = Head(self.connection)
        try:
            self._mend_kept()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the files back; a second time does nothing."""
        self.connection.close()
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """All that is written inside, or nothing. May be nested; the outermost one commits."""
        return self.connection.transaction()

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """All rows of a query."""
        return self.connection.rows(sql, parameters)

    def row(self, sql: str, parameters: tuple[Any, ...] = ()) -> Any | None:
        """The first row of a query; None if there is none."""
        return self.connection.row(sql, parameters)

    def seal(self, place: str, plain: bytes) -> bytes:
        """A value as it lies in the main file."""
        return self.values.seal(place, plain)

    def open(self, place: str, lying: bytes) -> bytes:
        """A value out of the main file. StoreDamaged where it is not what was put there."""
        try:
            return self.values.open(place, lying)
        except SealError as error:
            raise StoreDamaged(str(self.path), f"a value that cannot be opened: {place}") from error

    def meta(self, key: str, kind: type[T]) -> T | None:
        """A value kept under a key, as its type; None if there is none."""
        row = self.row("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else msgspec.json.decode(self.open(f"meta:{key}", row[0]), type=kind)

    def set_meta(self, key: str, value: Any) -> None:
        """Keep a value under a key; None forgets it."""
        with self.transaction() as connection:
            if value is None:
                connection.execute("DELETE FROM meta WHERE key = ?", (key,))
            else:
                lying = self.seal(f"meta:{key}", msgspec.json.encode(value))
                connection.execute(
                    "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    (key, lying),
                )

    def keep(self, counter: int, exact: bytes, digest: str, unsent: bool) -> None:
        """Keep an operation for handing over without the PIN, in the transaction that keeps it here."""
        place = f"outbox:{counter}"
        plain = msgspec.json.encode({"counter": counter, "exact": exact.decode()})
        self.head.keep(Kept(place, counter, digest, unsent, self.vault.seal(place, plain)))

    def _mend_kept(self) -> None:
        """Bring the rows for handing over into step with the main file."""
        main = set(self.rows("SELECT counter, digest, acknowledged_ms IS NULL FROM outbox WHERE erased = 0"))
        beside = set(self.rows("SELECT counter, digest, unsent FROM kept WHERE counter IS NOT NULL"))
        if main == beside:
            return
        with self.transaction() as connection:
            connection.executemany("DELETE FROM kept WHERE counter = ?", [(row[0],) for row in beside - main])
            for counter, digest, unsent in sorted(main - beside):
                identifier, exact = connection.execute(
                    "SELECT id, exact FROM outbox WHERE counter = ?", (counter,)
                ).fetchone()
                self.keep(counter, self.open(f"outbox:{identifier}:exact", exact), digest, bool(unsent))

    def wipe(self) -> None:
        """By order: everything but the sealed unsent rows goes at once; nothing is read or written here after."""
        with self.connection.alone():
            begin_wipe(self.head)
            unsent = self.head.unsent()
            self.connection.ended = Wiped(unsent.operations, unsent.files)
        self.connection.close()
        head = open_head(self.path)
        try:
            finish_wipe(head, self.path)
        finally:
            head.connection.close()

    def check(self) -> list[str]:
        """What SQLite finds wrong with the files; empty where all is well. Reads the whole of them."""
        try:
            found = [
                row[0] for name in ("main", "head") for row in self.rows(f"PRAGMA {name}.integrity_check(20)")
            ]
        except StoreDamaged as error:
            return [error.message_en]
        return [] if set(found) == {"ok"} else found


def own(path: Path) -> int:
    """Take the files for this process. StoreInUse if another one has them."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreInUse(str(path)) from error
    return descriptor


def _entered(path: Path, pin: str, whole: bool | None, iterations: int | None) -> tuple[Vault, str]:
    """The vault and the variant; a new store is made where there is none, a plain one taken over."""
    plain = False
    if not head_path(path).exists() and path.exists() and path.stat().st_size:
        plain = is_plain(path)
        if not plain:
            raise StoreDamaged(str(path), "not a store of this program, or the file beside it is missing")
    if not head_path(path).exists() and not pin:
        raise FieldError("新数据文件要先设口令", "a new store needs a PIN")
    head = open_head(path)
    try:
        header = head.header
        if header is None:
            plain = plain or is_plain(path)
            vault = make(head, path, pin, whole, iterations, "begun" if plain else "")
        else:
            if header.phase == "wiped":
                finish_wipe(head, path)
                unsent = head.unsent()
                raise Wiped(unsent.operations, unsent.files)
            vault = enter(head, path, header, pin)
            if not header.making and not path.exists() and head.kept():
                # opening would make an empty file, and take what is kept beside for forgotten
                raise StoreDamaged(str(path), "the main file is missing")
        header = head.header
        assert header is not None
        if header.making == "begun":
            make_from_plain(head, path, vault)
        wanted = head.get(WANTED_CIPHER, str)
        if wanted is not None and not header.making:
            vault = _under_cipher(head, path, vault, wanted, pin, iterations)
            header = head.header
            assert header is not None
        finish_making(head, path)
        return vault, header.variant
    finally:
        head.connection.close()


def _under_cipher(
    head: Head, path: Path, vault: Vault, wanted: str, pin: str, iterations: int | None
) -> Vault:
    """The store under the cipher that the server asked for when the device enrolled."""
    after = Vault(wanted, vault.data_key)

    def box() -> None:
        box_anew(head, path, after, pin, iterations)
        head.put(WANTED_CIPHER, None)

    make_under_cipher(head, path, vault, after, box)
    return after


def _opened(path: Path, key: bytes | None) -> Connection:
    connection = Connection(path, key, head_path(path))
    try:
        prepare(connection)
        connection.script(TRIGGERS)
    except BaseException:
        connection.close()
        raise
    return connection


def prepare(connection: Connection) -> None:
    """Make the tables of an empty file; StoreDamaged for another program's."""
    empty = connection.rows("SELECT count(*) FROM main.sqlite_master") == [(0,)]
    if empty:
        connection.script(
            f"PRAGMA main.application_id = {APPLICATION_ID}; PRAGMA main.user_version = {SCHEMA_VERSION}; {SCHEMA}"
        )
    elif connection.rows("PRAGMA main.application_id") != [(APPLICATION_ID,)]:
        raise StoreDamaged(str(connection.path), "not a store of this program")
