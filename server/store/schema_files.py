"""Tables of files: what is whole, what is under way, and which records name them."""

from sqlite_utils import Database

from server.store.migrations import Step


def create_files(database: Database) -> None:
    """A file is whole, checked and durable when it has a row in `files`; its bytes are in the data folder.

    `file_names`: which record names which file now (`standing`), or only by an operation that was taken in once.
    `file_givers`: the devices that brought a file. `uploads`: `stored` bytes on the disk hold `received` plain ones.
    """
    database.conn.executescript(
        """
        CREATE TABLE files (
            digest TEXT PRIMARY KEY, type TEXT NOT NULL, bytes INTEGER NOT NULL, width INTEGER NOT NULL,
            height INTEGER NOT NULL, brought_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE file_givers (
            digest TEXT NOT NULL, device TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (digest, device)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE file_names (
            village TEXT NOT NULL, record TEXT NOT NULL, digest TEXT NOT NULL, standing INTEGER NOT NULL,
            PRIMARY KEY (village, record, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX file_names_by_digest ON file_names (digest);
        CREATE TABLE uploads (
            id TEXT PRIMARY KEY, device TEXT NOT NULL, digest TEXT NOT NULL, length INTEGER NOT NULL,
            received INTEGER NOT NULL, stored INTEGER NOT NULL, state TEXT NOT NULL, expires_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX uploads_by_device ON uploads (device, digest);
        CREATE INDEX uploads_by_expiry ON uploads (expires_ms);
        """
    )


FILES_STEPS: list[Step] = [("0501_files", create_files)]
