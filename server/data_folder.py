"""The data folder: database, keys, certificates. It is made once, and opened only when it is whole."""

import sqlite3
import sys
from time import monotonic

from forms.catalogue import load_catalogue
from forms.handling.calendar import published_calendar
from grid_map.divisions import load_divisions
from server.backup.swap import RestoreUnfinished, is_unfinished
from server.catching_up import ERASE, catch_up
from server.clock import unix_ms
from server.erasure.clearing import clear_away
from server.founding import ensure_epoch, publish_reference
from server.intake import Intake
from server.keys import KeyFileError, Keys, load_keys, new_keys, save_keys
from server.revocations_log import remembered
from server.settings import Settings
from server.store.changes import versions_of
from server.store.engine import Store
from server.store.knowledge import Knowledge
from server.store.migrations import migrate
from server.store.pages_rebuilding import keep_in_step
from server.store.schema import MIGRATIONS
from sync.kinds import REFERENCE_VILLAGE

TOLD_EVERY_SECONDS = 2


def open_data(settings: Settings, *, exclusive: bool) -> tuple[Store, Keys]:
    """The store (migrated) and the keys; an empty folder is made ready first.

    Whoever is about to serve also has what an older version rejected judged again.
    exclusive: True for whoever serves; False for a command that works beside a running server.
    Raises KeyFileError for a database without its keys (they cannot be made again), and StoreError.
    """
    if is_unfinished(settings.data):
        raise RestoreUnfinished(settings.data)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not settings.keys_path.exists():
        if settings.database_path.exists():
            raise KeyFileError(
                f"{settings.database_path} 存在，但找不到它的密钥文件 {settings.keys_path}，请从备份恢复密钥 / "
                "the database is there but its keys are not: restore the key file from a backup"
            )
        save_keys(new_keys(), settings.keys_path)
    keys = load_keys(settings.keys_path, settings.cipher)
    store = Store(settings.database_path, exclusive=exclusive, readers=settings.readers)
    try:
        store.write_now(lambda db: _make_ready(db, settings, keys))
        if exclusive or store.read_now(remembered) is None:
            caught_up = store.write_now(lambda db: catch_up(db, keys, unix_ms()))
            if ERASE in caught_up.applied:
                clear_away(settings, keys)
        if exclusive:
            store.write_now(lambda db: _intake(settings, keys).retry_rejected(db, unix_ms()))
    except BaseException:
        store.close()
        raise
    return store, keys


def _make_ready(db: sqlite3.Connection, settings: Settings, keys: Keys) -> None:
    """Migrate; give a new database its epoch and the reference feed that every device follows."""
    migrate(db, MIGRATIONS)
    _keep_pages_in_step(db, settings, keys)
    ensure_epoch(db)
    if versions_of(db, REFERENCE_VILLAGE) == (0, 0):
        divisions = list(load_divisions())
        publish_reference(
            _intake(settings, keys), db, load_catalogue(), published_calendar(), divisions, unix_ms()
        )


def _keep_pages_in_step(db: sqlite3.Connection, settings: Settings, keys: Keys) -> None:
    """Write what the pages read again, where an older version wrote the store; it may take minutes, so it says so."""
    told_at = monotonic()

    def progress(what: str, done: int, total: int) -> None:
        nonlocal told_at
        if monotonic() - told_at >= TOLD_EVERY_SECONDS:
            told_at = monotonic()
            sys.stderr.write(f"正在为页面建立索引：{what} {done}/{total} / indexing for the pages\n")

    keep_in_step(db, keys, Knowledge(keys, settings.month_closes_on_working_day), unix_ms(), progress)


def _intake(settings: Settings, keys: Keys) -> Intake:
    return Intake(keys, Knowledge(keys, settings.month_closes_on_working_day))
