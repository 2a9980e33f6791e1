"""Tables of epochs: which there were and why each began, devices that nobody has confirmed, grids withheld."""

from sqlite_utils import Database

from server.store.migrations import Step


def create_epochs(database: Database) -> None:
    """`epochs` also names those that this server knows only from a receipt, so that one receipt counts once.

    `withheld`: a worker lost a grid by an operation that a restore lost too; until somebody assigns it anew.
    """
    database.conn.executescript(
        """
        CREATE TABLE epochs (epoch TEXT PRIMARY KEY, began_ms INTEGER NOT NULL, why TEXT NOT NULL) STRICT;
        INSERT INTO epochs SELECT value, 0, 'founded' FROM meta WHERE key = 'epoch';
        CREATE TABLE unconfirmed (device TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE withheld (
            worker TEXT NOT NULL, grid TEXT NOT NULL, after_day TEXT NOT NULL, lost_ms INTEGER NOT NULL,
            PRIMARY KEY (worker, grid)
        ) STRICT, WITHOUT ROWID;
        """
    )


EPOCHS_STEPS: list[Step] = [("0301_epochs", create_epochs)]
