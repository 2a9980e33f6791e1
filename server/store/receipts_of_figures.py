"""The records behind a figure: rounds with what made them count, visits and cases of one worker or one grid.

Invariant: what is listed as counted adds up to the tally of the same rule, but for cases that were erased since.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from server.keys import Keys
from server.store.bodies import opened
from sync.record import Record


def credited_rounds(
    db: sqlite3.Connection, keys: Keys, village: str, *, worker: str | None = None, grid: str | None = None
) -> Iterator[tuple[Record, str, int]]:
    """Rounds that a visit made count, with the worker who has them counted and how many visits did so.

    Of one worker or one grid, of all time (some hundred a year); void ones are left out.
    """
    where, values = "", [village]
    for column, value in (("c.worker", worker), ("r.part", grid)):
        if value is not None:
            where += f" AND {column} = ?"
            values.append(value)
    rows = db.execute(
        "SELECT c.round, c.worker, c.visits, r.body FROM round_credits c JOIN records r"
        " ON r.village = c.village AND r.id = c.round"
        f" WHERE c.village = ? AND c.visits > 0{where} ORDER BY c.round, c.worker",
        values,
    )
    for identifier, of, visits, body in rows:
        record = opened(keys, identifier, body)
        if record.kind == "round" and record.void is None:
            yield record, of, visits


def visits_between(
    db: sqlite3.Connection,
    keys: Keys,
    village: str,
    first_day: str,
    last_day: str,
    *,
    grid: str | None = None,
    worker: str | None = None,
) -> list[Record]:
    """The visits of some days (ISO, both included), in order; of a grid, or of a worker as their first one."""
    where, values = "", [village, first_day, last_day]
    for column, value in (("v.grid", grid), ("r.holder", worker)):
        if value is not None:
            where += f" AND {column} = ?"
            values.append(value)
    rows = db.execute(
        "SELECT v.record, r.body FROM visit_days v JOIN records r ON r.village = v.village AND r.id = v.record"
        f" WHERE v.village = ? AND v.day >= ? AND v.day <= ?{where} ORDER BY v.day, v.record",
        values,
    )
    return [opened(keys, identifier, body) for identifier, body in rows]


def visits_of_household(
    db: sqlite3.Connection, keys: Keys, household: str, village: str, first_day: str, last_day: str
) -> list[Record]:
    """The visits to a household in a village, in order."""
    rows = db.execute(
        "SELECT v.record, r.body FROM visit_days v JOIN records r ON r.village = v.village AND r.id = v.record"
        " WHERE v.village = ? AND v.household = ? AND v.day >= ? AND v.day <= ? ORDER BY v.day, v.record",
        (village, household, first_day, last_day),
    )
    return [opened(keys, identifier, body) for identifier, body in rows]


def due_of_household(db: sqlite3.Connection, village: str, household: str) -> tuple[str | None, str | None]:
    """The day of a household's last counted visit, and the day by which it is to be visited next."""
    row = db.execute(
        "SELECT last_counted, next_due FROM households_due WHERE village = ? AND household = ?",
        (village, household),
    ).fetchone()
    return (None, None) if row is None else (row[0], row[1])


def cases_captured_by(
    db: sqlite3.Connection, keys: Keys, village: str, first_day: str, last_day: str, worker: str
) -> list[Record]:
    """The cases that a worker captured on some days and that were not taken back, in order; erased ones are gone."""
    rows = db.execute(
        "SELECT c.record, r.body FROM cases c JOIN records r ON r.village = c.village AND r.id = c.record"
        " WHERE c.village = ? AND c.void = 0 AND c.captured_day >= ? AND c.captured_day <= ?"
        " ORDER BY c.captured_ms, c.record",
        (village, first_day, last_day),
    )
    found = (opened(keys, identifier, body) for identifier, body in rows)
    return [record for record in found if record.by == worker]


def villages_worked_in(db: sqlite3.Connection, worker: str) -> list[str]:
    """The villages in which a worker has or ever had a grid."""
    rows = db.execute("SELECT DISTINCT village FROM assignments WHERE worker = ? ORDER BY village", (worker,))
    return [village for (village,) in rows]
