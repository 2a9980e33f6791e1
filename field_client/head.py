"""The clear file beside a store (`<store>.head`): what a device may know and say of itself without its PIN.

It names no person: the cipher, the boxes of the data key, the data key sealed to the server, counters, the standing,
and the sealed rows of what the device keeps for handing over (operations and files). A locked, locked-out or wiped
device works with this file alone. Rows are sealed under the data key with their place; only the server can open them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from field_client.connection import Connection
from sync.protocol import AES_256_GCM, PublicKey

T = TypeVar("T")
FORMAT = 1
TRIES_MAX = 5
WHOLE, SEALED = "whole", "sealed"
_SCHEMA = """
CREATE TABLE clear (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE kept (
    place TEXT PRIMARY KEY,
    counter INTEGER,
    digest TEXT NOT NULL,
    unsent INTEGER NOT NULL,
    sealed BLOB NOT NULL
);
CREATE INDEX kept_counter ON kept (counter);
"""


class Header(msgspec.Struct, frozen=True):
    """How the store lies. `variant`: `whole` (SQLCipher) or `sealed` values. `phase`: `ready`, `locked-out`, `wiped`.

    `making`: the main file is being made out of a plain one or one of another kind (`begun`), or is `made` and about to
    take its place.
    """

    variant: str
    cipher: str = AES_256_GCM
    phase: str = "ready"
    making: str = ""
    format: int = FORMAT


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Who the device is to the server, for speaking to it without the PIN.

    `signing_key` is the device's own private key, wrapped by the machine's key (it signs orders and rescue files, and
    opens nothing). `sealing_key`: the id of the server's key to which `sealed_data_key` is sealed.
    """

    device: str
    server: str
    certificate: str | None
    epoch: str
    signing_key: bytes
    sealing_key: str
    sealed_data_key: bytes
    signing: list[PublicKey]
    rescue_bytes: int


class Kept(msgspec.Struct, frozen=True):
    """A sealed row for handing over. `counter` is None for a file."""

    place: str
    counter: int | None
    digest: str
    unsent: bool
    sealed: bytes


class Unsent(msgspec.Struct, frozen=True):
    """What waits: the first counter, how many operations, how many files."""

    counter: int
    operations: int
    files: int


class Head:
    """The clear file, through its own connection or through that of the store to which it is attached."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def get(self, key: str, kind: type[T]) -> T | None:
        """A clear value; None if there is none."""
        row = self.connection.row("SELECT value FROM clear WHERE key = ?", (key,))
        return None if row is None else msgspec.json.decode(row[0], type=kind)

    def put(self, key: str, value: object) -> None:
        """Keep a clear value; None forgets it."""
        with self.connection.transaction() as connection:
            if value is None:
                connection.execute("DELETE FROM clear WHERE key = ?", (key,))
            else:
                connection.execute(
                    "INSERT OR REPLACE INTO clear VALUES (?, ?)", (key, msgspec.json.encode(value))
                )

    @property
    def header(self) -> Header | None:
        """How the store lies; None before it was made."""
        return self.get("header", Header)

    @property
    def standing(self) -> Standing | None:
        """Who the device is; None before it enrolled."""
        return self.get("standing", Standing)

    def change(self, **changes: object) -> None:
        """Change the header."""
        header = self.header
        if header is not None:
            self.put("header", msgspec.structs.replace(header, **changes))

    def keep(self, row: Kept) -> None:
        """Keep a sealed row."""
        with self.connection.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?)",
                (row.place, row.counter, row.digest, row.unsent, row.sealed),
            )

    def drop(self, place: str) -> None:
        """Let a row go."""
        with self.connection.transaction() as connection:
            connection.execute("DELETE FROM kept WHERE place = ?", (place,))

    def kept(self, unsent_only: bool = False) -> list[Kept]:
        """Rows for handing over, unsent first, operations in their order before files."""
        where = "WHERE unsent = 1" if unsent_only else ""
        rows = self.connection.rows(
            f"SELECT place, counter, digest, unsent, sealed FROM kept {where}"  # noqa: S608
            " ORDER BY unsent DESC, counter IS NULL, counter, place"
        )
        return [Kept(row[0], row[1], row[2], bool(row[3]), bytes(row[4])) for row in rows]

    def sealed_at(self, place: str) -> bytes | None:
        """The sealed bytes of a place."""
        row = self.connection.row("SELECT sealed FROM kept WHERE place = ?", (place,))
        return None if row is None else bytes(row[0])

    def unsent(self) -> Unsent:
        """What waits to be handed over."""
        row = self.connection.row(
            "SELECT coalesce(min(counter), 0), count(counter), count(*) - count(counter) FROM kept WHERE unsent = 1"
        )
        return Unsent(*row) if row is not None else Unsent(0, 0, 0)


def head_path(path: Path) -> Path:
    """Where the clear file of a store is."""
    return path.with_name(path.name + ".head")


def open_head(path: Path) -> Head:
    """The clear file of a store through a connection of its own; made where there is none."""
    connection = Connection(head_path(path))
    try:
        if not connection.rows("SELECT 1 FROM sqlite_master WHERE name = 'clear'"):
            connection.script(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return Head(connection)
