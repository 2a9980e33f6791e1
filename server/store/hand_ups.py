"""Batches handed up to the town, and ratings, by village: typed copies that follow their records."""

from __future__ import annotations

import sqlite3

import msgspec

from server.store.world import StoreWorld
from sync.clock import moment_ms
from sync.record import Record


class HandUpRow(msgspec.Struct, frozen=True):
    """One batch: its number on the cover list, who handed it up and when, and how many cases it held then."""

    village: str
    record: str
    number: str
    worker: str
    handed_up_ms: int
    cases: int


class RatingRow(msgspec.Struct, frozen=True):
    """How one handling was rated; `level` as `forms.handling.rating` names it."""

    village: str
    record: str
    case: str
    level: str
    rated_ms: int


_HAND_UPS = "village, record, number, worker, handed_up_ms, cases"
_RATINGS = 'village, record, "case", level, rated_ms'


def index_hand_up(world: StoreWorld, record: Record) -> None:
    """Keep the row of a batch; nothing in it ever changes."""
    values = record.values
    world.db.execute(
        f"INSERT INTO hand_ups ({_HAND_UPS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (village, record) DO NOTHING",
        (record.village, record.id, values["number"], values["worker"], moment_ms(values["handed_up_at"]),
         len(values["cases"])),
    )  # fmt: skip


def index_rating(world: StoreWorld, record: Record) -> None:
    """Keep the row of a rating; it is given once."""
    values = record.values
    world.db.execute(
        f"INSERT INTO ratings ({_RATINGS}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (village, record) DO NOTHING",
        (record.village, record.id, values["subject"], values["level"], moment_ms(values["rated_at"])),
    )


def hand_ups_of(db: sqlite3.Connection, village: str, before_ms: int | None, limit: int) -> list[HandUpRow]:
    """The batches of a village, the latest first; `before_ms` goes on behind the last row of a page."""
    rows = db.execute(
        f"SELECT {_HAND_UPS} FROM hand_ups WHERE village = ? AND handed_up_ms < ?"
        " ORDER BY handed_up_ms DESC, record DESC LIMIT ?",
        (village, 2**62 if before_ms is None else before_ms, limit),
    )
    return [HandUpRow(*row) for row in rows]


def hand_up_row(db: sqlite3.Connection, village: str, record: str) -> HandUpRow | None:
    """One batch."""
    row = db.execute(
        f"SELECT {_HAND_UPS} FROM hand_ups WHERE village = ? AND record = ?",
        (village, record),
    ).fetchone()
    return None if row is None else HandUpRow(*row)


def number_taken(db: sqlite3.Connection, village: str, number: str) -> bool:
    """Whether a batch of the village has this number."""
    row = db.execute("SELECT 1 FROM hand_ups WHERE village = ? AND number = ?", (village, number)).fetchone()
    return row is not None


def ratings_of(db: sqlite3.Connection, village: str, limit: int) -> list[RatingRow]:
    """The ratings of a village, the latest first."""
    rows = db.execute(
        f"SELECT {_RATINGS} FROM ratings WHERE village = ? ORDER BY rated_ms DESC, record LIMIT ?",
        (village, limit),
    )
    return [RatingRow(*row) for row in rows]


def is_rated(db: sqlite3.Connection, village: str, record: str) -> bool:
    """Whether a rating with this id has been given."""
    row = db.execute("SELECT 1 FROM ratings WHERE village = ? AND record = ?", (village, record)).fetchone()
    return row is not None
