"""Requests beyond the catalogue (目录外诉求): how items come in. The text stands in the record."""

from __future__ import annotations

import sqlite3

import msgspec

from server.store.places import VillageRange


class RequestRow(msgspec.Struct, frozen=True):
    """One request that stands, and the day on which it was asked."""

    village: str
    record: str
    asked_day: str


def requests_of(
    db: sqlite3.Connection,
    villages: VillageRange,
    first: str,
    last: str,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[RequestRow], str | None]:
    """A page of the requests of the days `first` to `last` (ISO, both included), newest first, and its cursor.

    ValueError for a cursor that is none.
    """
    beyond, bound = "", tuple[str, ...]()
    if after is not None:
        try:
            bound = msgspec.json.decode(after, type=tuple[str, str, str])
        except msgspec.MsgspecError as error:
            raise ValueError("not a cursor of this list") from error
        beyond = " AND (r.asked_day, r.village, r.record) < (?, ?, ?)"
    rows = db.execute(
        "SELECT r.village, r.record, r.asked_day FROM villages v CROSS JOIN requests r WHERE r.village = v.village"
        f" AND r.asked_day BETWEEN ? AND ? AND v.village >= ? AND v.village < ?{beyond}"
        " ORDER BY r.asked_day DESC, r.village DESC, r.record DESC LIMIT ?",
        (first, last, *villages, *bound, limit + 1),
    ).fetchall()
    found = [RequestRow(*row) for row in rows[:limit]]
    if len(rows) <= limit:
        return found, None
    end = found[-1]
    return found, msgspec.json.encode((end.asked_day, end.village, end.record)).decode()


def request_counts(db: sqlite3.Connection, villages: VillageRange, first: str, last: str) -> dict[str, int]:
    """How many requests were asked from `first` to `last` (ISO days, both included), by village."""
    rows = db.execute(
        "SELECT r.village, count(*) FROM villages v CROSS JOIN requests r WHERE r.village = v.village"
        " AND r.asked_day BETWEEN ? AND ? AND v.village >= ? AND v.village < ? GROUP BY r.village",
        (first, last, *villages),
    )
    return dict(rows.fetchall())
