"""Tasks by village, case and who has them in hand."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from server.store.places import VillageRange

NEVER = "9999-12-31"


class TaskRow(msgspec.Struct, frozen=True):
    """One task that stands. `due` is an ISO day; `type` and `state` as `sync.kinds` names them."""

    village: str
    record: str
    type: str
    state: str
    holder: str
    due: str | None
    case: str | None
    household: str | None


_COLUMNS = 'village, record, type, state, holder, due, "case", household'


def tasks_of(
    db: sqlite3.Connection,
    villages: VillageRange,
    *,
    state: str | None = "open",
    task_type: str | None = None,
    holder: str | None = None,
    due_before: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[TaskRow], str | None]:
    """A page of tasks, the earliest due first (undated last), and the cursor behind it (None: the last page).

    Meant for `state="open"`, which has an index; ValueError for a cursor that is none.
    """
    where, values = "", list[Any](villages)
    if state == "open":
        where = " AND state = 'open'"  # said as the index says it, or it is not used
        state = None
    for column, value in (
        ("state = ?", state),
        ("type = ?", task_type),
        ("holder = ?", holder),
        ("due < ?", due_before),
    ):
        if value is not None:
            where += f" AND {column}"
            values.append(value)
    if after is not None:
        where += f" AND (coalesce(due, '{NEVER}'), village, record) > (?, ?, ?)"
        values += _decode(after)
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM tasks WHERE village >= ? AND village < ?{where}"
        f" ORDER BY coalesce(due, '{NEVER}'), village, record LIMIT ?",
        (*values, limit + 1),
    ).fetchall()
    found = [TaskRow(*row) for row in rows[:limit]]
    if len(rows) <= limit:
        return found, None
    last = found[-1]
    return found, msgspec.json.encode((last.due or NEVER, last.village, last.record)).decode()


def tasks_of_case(db: sqlite3.Connection, village: str, case: str) -> list[TaskRow]:
    """The tasks of a case in its village, done and cancelled ones too, the earliest due first."""
    named = db.execute(
        'SELECT record FROM tasks WHERE village = ? AND "case" = ?', (village, case)
    ).fetchall()
    tasks = [
        TaskRow(*row)
        for (record,) in named
        for row in db.execute(
            f"SELECT {_COLUMNS} FROM tasks WHERE village = ? AND record = ?", (village, record)
        )
    ]
    return sorted(tasks, key=lambda task: (task.due or NEVER, task.record))


def _decode(after: str) -> tuple[str, str, str]:
    try:
        return msgspec.json.decode(after, type=tuple[str, str, str])
    except msgspec.MsgspecError as error:
        raise ValueError("not a cursor of this list") from error
