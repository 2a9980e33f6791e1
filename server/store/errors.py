"""What can go wrong with the store.

StoreError              the write or read was not done; nothing of it is durable
├── StoreFull           the disk is full: free space, then send again
├── StoreBusy           another process held the database longer than the wait
├── StoreClosed         the store is shutting down
├── StoreInUse          another server process owns this database
└── StoreTooNew         a newer version of the software wrote this database

An error that a write function raises by itself reaches its caller as it is; these are the store's own.
"""
# the tree above says what they are; `except StoreFull` reads as the story does

import sqlite3


class StoreError(Exception):
    """The store could not do what was asked; nothing of it was made durable."""


class StoreFull(StoreError):
    """The disk is full; the store goes on and takes writes again when there is space."""


class StoreBusy(StoreError):
    """Another process held the write lock longer than the busy timeout."""


class StoreClosed(StoreError):
    """Asked after `close()`."""


class StoreInUse(StoreError):
    """Another process owns the database; the message names it."""


class StoreTooNew(StoreError):
    """The database holds migrations that this software does not know."""


def engine_failure(error: BaseException) -> StoreError:
    """The store's own error for what SQLite said when the transaction as a whole failed."""
    primary = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return StoreFull("磁盘空间已满，数据未写入 / the disk is full, nothing was written")
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy("数据库正被其他程序占用，数据未写入 / the database is held by another process")
    return StoreError(f"数据库写入失败，数据未写入 / the database could not be written: {error}")


def is_full(error: BaseException) -> bool:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF == sqlite3.SQLITE_FULL
