"""Typed copies of batches handed up and of ratings: ids, days and levels, written with the records they follow from."""

from sqlite_utils import Database

from server.store.migrations import Step


def create_hand_ups(database: Database) -> None:
    """A row a batch, and one a rating; `cases` is how many the batch held when it was handed up."""
    database.conn.executescript(
        """
        CREATE TABLE hand_ups (
            village TEXT NOT NULL, record TEXT NOT NULL, number TEXT NOT NULL, worker TEXT NOT NULL,
            handed_up_ms INTEGER NOT NULL, cases INTEGER NOT NULL, PRIMARY KEY (village, record)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX hand_ups_by_time ON hand_ups (village, handed_up_ms);
        CREATE INDEX hand_ups_by_number ON hand_ups (village, number);
        CREATE TABLE ratings (
            village TEXT NOT NULL, record TEXT NOT NULL, "case" TEXT NOT NULL, level TEXT NOT NULL,
            rated_ms INTEGER NOT NULL, PRIMARY KEY (village, record)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX ratings_by_time ON ratings (village, rated_ms);
        """
    )


HAND_UPS_STEPS: list[Step] = [("0731_hand_ups", create_hand_ups)]
