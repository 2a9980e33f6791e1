"""What is being typed at the desks: not a record, but not to be lost either."""

from sqlite_utils import Database

from server.store.migrations import Step


def create_drafts(database: Database) -> None:
    """A form half filled in: `form` names it, `place` is the page's, `body` is sealed."""
    database.conn.executescript(
        """
        CREATE TABLE desk_drafts (
            account TEXT NOT NULL, form TEXT NOT NULL, place TEXT NOT NULL, at_ms INTEGER NOT NULL,
            body BLOB NOT NULL, PRIMARY KEY (account, form)
        ) STRICT;
        CREATE INDEX desk_drafts_by_age ON desk_drafts (at_ms);
        CREATE INDEX desk_drafts_by_place ON desk_drafts (place);
        """
    )


DRAFTS_STEPS: list[Step] = [("0801_desk_drafts", create_drafts)]
