"""Tables behind the desk: what arrived of which day, what awaits a person, what a signature explained, revocations.

`arrivals`, `matters` and `explained` follow from operations and records and can be written again from them.
"""

from sqlite_utils import Database

from server.store.migrations import Step


def create_desk(database: Database) -> None:
    """An arrival is a run of one device's counters captured on one day; a matter is there until it is settled."""
    database.conn.executescript(
        """
        CREATE TABLE arrivals (
            village TEXT NOT NULL, device TEXT NOT NULL, day TEXT NOT NULL, first INTEGER NOT NULL,
            last INTEGER NOT NULL, received_ms INTEGER NOT NULL, PRIMARY KEY (village, device, day, first)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE matters (
            village TEXT NOT NULL, kind TEXT NOT NULL, record TEXT NOT NULL, state TEXT NOT NULL,
            at_window INTEGER NOT NULL, since_ms INTEGER NOT NULL, PRIMARY KEY (village, kind, record)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE explained (
            village TEXT NOT NULL, device TEXT NOT NULL, day TEXT NOT NULL, missing INTEGER NOT NULL,
            PRIMARY KEY (village, device, day)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE revocations (
            device TEXT NOT NULL, at_ms INTEGER NOT NULL, by TEXT, orders TEXT NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (device, at_ms)
        ) STRICT, WITHOUT ROWID;
        """
    )


DESK_STEPS: list[Step] = [("0201_desk", create_desk)]
