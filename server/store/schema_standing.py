"""How phones stand: recovery codes, the orders told, wipes. Beside `devices`, as it is no part of what is replayed."""

from sqlite_utils import Database

from server.store.migrations import Step


def create_standing(database: Database) -> None:
    """A row a phone; `recovery` is sealed to the server's key, as the phone sent it."""
    database.conn.executescript(
        """
        CREATE TABLE device_standing (
            device TEXT PRIMARY KEY, recovery BLOB, recovery_ms INTEGER, sealing_key TEXT NOT NULL DEFAULT '',
            pending_files INTEGER NOT NULL DEFAULT 0, orders_told TEXT NOT NULL DEFAULT 'none', told_ms INTEGER,
            wiped_ms INTEGER
        ) STRICT;
        """
    )


STANDING_STEPS: list[Step] = [("0401_standing", create_standing)]
