"""Tasks that end with what they were for: a delivery once it is delivered, a supplement once it is sent back."""

from __future__ import annotations

import sqlite3

from server.casework.writing import change_of
from server.keys import Keys
from server.own_device import Draft
from server.store.records import record_in
from server.store.task_list import tasks_of_case
from sync.record import Record


def ended_tasks(db: sqlite3.Connection, keys: Keys, case: Record, sort: str) -> list[Draft]:
    """The changes that end a case's open tasks of a sort (`type` of the record)."""
    found = (
        record_in(db, keys, case.village, row.record)
        for row in tasks_of_case(db, case.village, case.id)
        if row.type == sort and row.state == "open"
    )
    return [change_of(task, {"state": "done"}) for task in found if task is not None]
