"""Indexes of the desk's lists: what was settled lately, and the households and residents of a village.

Both are partial, so what is captured most (visits, rounds, cases) pays nothing for them.
"""

from sqlite_utils import Database

from server.store.migrations import Step


def index_lists(database: Database) -> None:
    """By version, so that a list begins with what changed last and an index in memory reads only what is new."""
    database.conn.executescript(
        """
        CREATE INDEX records_settled ON records (village, version) WHERE kind IN ('conflict', 'duplicate');
        CREATE INDEX records_of_people ON records (village, version) WHERE kind IN ('household', 'resident');
        """
    )


PEOPLE_STEPS: list[Step] = [("0741_people", index_lists)]
