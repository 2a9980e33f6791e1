"""Tables of erasures: which records and operations are no more, and the numbers that they had counted for.

Nothing here names a person: ids, counters, codes and counts.
"""

from sqlite_utils import Database

from server.store.migrations import Step


def create_erasure(database: Database) -> None:
    """`after_batches`: how many batches were stored when it happened, so that a replay does it at the same place.

    `kept` records stand on with only what counting needs; `late` ones arrived after the erasure and were never stored.
    """
    database.conn.executescript(
        """
        CREATE TABLE erasures (
            resident TEXT PRIMARY KEY, village TEXT NOT NULL, at_ms INTEGER NOT NULL, by TEXT, reason TEXT NOT NULL,
            after_batches INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE erased_records (
            record TEXT PRIMARY KEY, kind TEXT NOT NULL, kept INTEGER NOT NULL, late INTEGER NOT NULL,
            after_batches INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE erased_operations (
            device TEXT NOT NULL, counter INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (device, counter)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX erased_operations_by_id ON erased_operations (id);
        CREATE TABLE erased_tallies (
            village TEXT NOT NULL, month TEXT NOT NULL, rule TEXT NOT NULL, grid TEXT NOT NULL, worker TEXT NOT NULL,
            class TEXT NOT NULL, mode TEXT NOT NULL, item TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (village, month, rule, grid, worker, class, mode, item)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE erased_files (digest TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        """
    )


def create_erased_lost(database: Database) -> None:
    """Operations that the log says were erased and that a restored store never got: no phone can offer them again."""
    database.conn.executescript(
        """
        CREATE TABLE erased_lost (
            device TEXT NOT NULL, counter INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (device, counter)
        ) STRICT, WITHOUT ROWID;
        """
    )


ERASURE_STEPS: list[Step] = [("0601_erasure", create_erasure), ("0602_erased_lost", create_erased_lost)]
