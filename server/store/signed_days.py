"""Which days were signed off and countersigned, and which still are to be."""

from __future__ import annotations

import sqlite3

import msgspec

from server.store.places import VillageRange


class SignedDay(msgspec.Struct, frozen=True):
    """A signature that stands: who signed when (milliseconds), and who countersigned."""

    village: str
    day: str
    record: str
    outgoing: str
    signed_ms: int
    incoming: str | None
    countersigned_ms: int | None


class UnsignedDay(msgspec.Struct, frozen=True):
    """A day that is to be signed and is not: the rota put somebody at the window, or a phone's work of it arrived."""

    village: str
    day: str
    window: int
    arrived: int


def signed_between(db: sqlite3.Connection, villages: VillageRange, first: str, last: str) -> list[SignedDay]:
    """The signatures of the days `first` to `last` (ISO, both included), by village and day."""
    rows = db.execute(
        "SELECT s.village, s.day, s.record, s.outgoing, s.signed_ms, s.incoming, s.countersigned_ms"
        " FROM villages v CROSS JOIN signed_days s WHERE s.village = v.village AND s.day BETWEEN ? AND ?"
        " AND v.village >= ? AND v.village < ? ORDER BY s.village, s.day, s.record",
        (first, last, *villages),
    )
    return [SignedDay(*row) for row in rows]


def unsigned_between(
    db: sqlite3.Connection, villages: VillageRange, first: str, last: str
) -> list[UnsignedDay]:
    """The days `first` to `last` (ISO, both included; a day that has begun) that are to be signed and are not.

    A day is to be signed where the rota put somebody at the window, or where operations of it arrived from a phone.
    """
    signed = {(one.village, one.day) for one in signed_between(db, villages, first, last)}
    window = {
        (village, day): count
        for village, day, count in db.execute(
            "SELECT r.village, r.day, count(DISTINCT r.worker) FROM villages v CROSS JOIN rotas r"
            " WHERE r.village = v.village AND r.day BETWEEN ? AND ? AND r.duty = 'window'"
            " AND v.village >= ? AND v.village < ? GROUP BY r.village, r.day",
            (first, last, *villages),
        )
    }
    arrived = {
        (village, day): count
        for village, day, count in db.execute(
            "SELECT a.village, a.day, sum(a.last - a.first + 1) FROM devices d CROSS JOIN arrivals a"
            " WHERE a.village = d.village AND a.device = d.id AND a.day BETWEEN ? AND ?"
            " AND d.village >= ? AND d.village < ? GROUP BY a.village, a.day",
            (first, last, *villages),
        )
    }
    return [
        UnsignedDay(village, day, window.get((village, day), 0), arrived.get((village, day), 0))
        for village, day in sorted((window.keys() | arrived.keys()) - signed)
    ]
