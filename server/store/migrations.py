"""Numbered steps that bring a database to the schema of this software.

A step is `("0001_accounts", function)`; `function(database)` gets a `sqlite_utils.Database`. Each is applied
once, in the order of the list, and noted in the table `_sqlite_migrations` (set "allpost").
"""

import sqlite3
from collections.abc import Callable, Sequence

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from server.store.errors import StoreTooNew

Step = tuple[str, Callable[[Database], None]]


def migrate(db: sqlite3.Connection, steps: Sequence[Step]) -> list[str]:
    """Apply the steps still missing; return their names. Call it inside `store.write`: all or none.

    Raises StoreTooNew when the database holds steps that this software does not know.
    """
    database = Database(db, recursive_triggers=False)
    migrations = _as_migrations(steps)
    _refuse_newer(database, migrations, steps)
    names = [step.name for step in migrations.pending(database)]
    migrations.apply(database)
    return names


def pending(db: sqlite3.Connection, steps: Sequence[Step]) -> list[str]:
    """The names of the steps not yet applied; it writes nothing."""
    database = Database(db, recursive_triggers=False)
    return [step.name for step in _as_migrations(steps).pending(database)]


def _as_migrations(steps: Sequence[Step]) -> Migrations:
    migrations = Migrations("allpost")
    for name, function in steps:
        migrations(name=name)(function)
    return migrations


def _refuse_newer(database: Database, migrations: Migrations, steps: Sequence[Step]) -> None:
    known = {name for name, _ in steps}
    unknown = [applied.name for applied in migrations.applied(database) if applied.name not in known]
    if unknown:
        raise StoreTooNew(
            f"数据库由更新版本的软件写成（{unknown[-1]}），请升级本软件 / "
            f"a newer version wrote this database ({unknown[-1]}): upgrade this software"
        )
