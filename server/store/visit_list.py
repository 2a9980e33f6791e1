"""Which visits stand behind a number: where and when each occurred, that was not taken back."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from server.store.places import VillageRange, villages_in

_Cursor = tuple[str, str, str]


class VisitRow(msgspec.Struct, frozen=True):
    """One visit that stands; `household` is None for a place."""

    village: str
    day: str
    record: str
    grid: str
    household: str | None


def visits_on(
    db: sqlite3.Connection,
    villages: VillageRange,
    first_day: str,
    last_day: str,
    *,
    grid: str | None = None,
    household: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[VisitRow], str | None]:
    """A page of the visits of some days (ISO, both included), and the cursor behind it (None: the last page).

    By village and day. Counted by `visit.recorded`, of which each is one. ValueError for a wrong cursor.
    """
    where, values = "", list[Any]()
    for column, value in (("grid", grid), ("household", household)):
        if value is not None:
            where += f" AND {column} = ?"
            values.append(value)
    sql = (
        "SELECT village, day, record, grid, household FROM visit_days WHERE village = ? AND day >= ? AND day <= ?"
        f" AND (day, record) > (?, ?){where} ORDER BY day, record LIMIT ?"
    )
    begin, day, record = _read(after)
    rows: list[VisitRow] = []
    for village in villages_in(db, villages):
        if village < begin:
            continue
        behind = (day, record) if village == begin else ("", "")
        bound = (village, first_day, last_day, *behind, *values, limit + 1 - len(rows))
        rows += [VisitRow(*row) for row in db.execute(sql, bound)]
        if len(rows) > limit:
            last = rows[limit - 1]
            return rows[:limit], msgspec.json.encode((last.village, last.day, last.record)).decode()
    return rows, None


def _read(after: str | None) -> _Cursor:
    if after is None:
        return "", "", ""
    try:
        return msgspec.json.decode(after, type=tuple[str, str, str])
    except msgspec.MsgspecError as error:
        raise ValueError("not a cursor of this list") from error
