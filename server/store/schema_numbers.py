"""The official numbers of cases: each is given once, and never again, also where its case is erased.

A number names no resident; the operation that carries it is the record of it, this table is what makes it unique.
"""

from sqlite_utils import Database

from server.store.migrations import Step


def create_official_numbers(database: Database) -> None:
    """`village` is the one that the number begins with, also once its case has moved."""
    database.conn.executescript(
        """
        CREATE TABLE official_numbers (
            village TEXT NOT NULL, year INTEGER NOT NULL, sequence INTEGER NOT NULL, record TEXT NOT NULL,
            issued_ms INTEGER NOT NULL, PRIMARY KEY (village, year, sequence)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX official_numbers_by_record ON official_numbers (record);
        """
    )


NUMBERS_STEPS: list[Step] = [("0721_official_numbers", create_official_numbers)]
