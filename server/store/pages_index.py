"""Typed copies for the pages: cases, tasks, requests, signatures, and where and when visits were.

They follow the records in the same transaction and can be written again from them at any time.
"""

from __future__ import annotations

from typing import Any

import msgspec

from grid_map.counting import VisitFact
from grid_map.days import count_day
from server.store.case_row import CASE_COLUMNS, CaseRow, row_of
from server.store.world import StoreWorld
from sync.clock import corrected_ms, moment_ms
from sync.record import Record

_FIELDS = CaseRow.__struct_fields__
_INSERT_CASE = f"INSERT INTO cases ({CASE_COLUMNS}) VALUES ({','.join('?' * len(_FIELDS))})"
_INSERT_VISIT = "INSERT INTO visit_days VALUES (?, ?, ?, ?, ?)"
_DELETE_VISIT = "DELETE FROM visit_days WHERE village = ? AND day = ? AND record = ?"

_VisitKey = tuple[str, str, str]
VisitDay = tuple[str, str, str, str, str | None]
"""Village, day, visit, grid, household."""


def case_row_in(world: StoreWorld, record: Record) -> CaseRow:
    """The row of a case by the catalogue and the calendar of now."""
    return row_of(record, world.catalogue, world.knowledge.calendar)


def index_case(world: StoreWorld, row: CaseRow, before: CaseRow | None) -> None:
    """Bring the row of a case in step; of one that was there, only what differs is written."""
    if before is not None and before.village == row.village:
        _update_case(world, row, before)
        return
    if before is not None:
        _delete(world, "cases", before.village, row.record)
    world.db.execute(_INSERT_CASE, msgspec.structs.astuple(row))


def _update_case(world: StoreWorld, row: CaseRow, before: CaseRow) -> None:
    changed = [name for name in _FIELDS if getattr(row, name) != getattr(before, name)]
    if changed:
        world.db.execute(
            f"UPDATE cases SET {', '.join(f'{name} = ?' for name in changed)} WHERE village = ? AND record = ?",
            (*(getattr(row, name) for name in changed), row.village, row.record),
        )


class VisitDays:
    """Where and when the visits that one transaction touches were; one that was taken back has no row."""

    def __init__(self, world: StoreWorld) -> None:
        self.world = world
        self._sums: dict[_VisitKey, int] = {}
        self._rows: dict[_VisitKey, VisitDay] = {}

    def add(self, visit: VisitFact, day: str, sign: int) -> None:
        """A visit more (1) or less (-1) on a day."""
        key = visit.village, day, visit.id
        self._sums[key] = self._sums.get(key, 0) + sign
        if sign > 0:
            self._rows[key] = (*key, visit.grid, visit.household)

    def write(self) -> None:
        """Write what has gathered, in the order of the key."""
        gone = [key for key, number in self._sums.items() if number < 0]
        new = [self._rows[key] for key in sorted(key for key, number in self._sums.items() if number > 0)]
        if gone:
            self.world.db.executemany(_DELETE_VISIT, gone)
        if new:
            self.world.db.executemany(_INSERT_VISIT, new)


def index_task(world: StoreWorld, record: Record, before: Record | None) -> None:
    """Bring the row of a task in step."""
    _replace(world, "tasks", record, before, _task(record))


def index_request(world: StoreWorld, record: Record, before: Record | None) -> None:
    """Bring the row of a request beyond the catalogue in step."""
    _replace(world, "requests", record, before, _request(record))


def index_signed_day(world: StoreWorld, record: Record, before: Record | None) -> None:
    """Bring the row of a day's signature in step."""
    _replace(world, "signed_days", record, before, _signed_day(record))


def _task(record: Record) -> tuple[Any, ...] | None:
    if record.void is not None:
        return None
    values = record.values
    return (
        record.village,
        record.id,
        values.get("type") or "other",
        values.get("state") or "open",
        record.holder or values["holder"],
        values.get("due"),
        values.get("case"),
        values.get("household"),
    )


def _request(record: Record) -> tuple[Any, ...] | None:
    if record.void is not None:
        return None
    return record.village, record.id, count_day(_said_ms(record, "asked_at")).isoformat()


def _signed_day(record: Record) -> tuple[Any, ...] | None:
    if record.void is not None:
        return None
    values = record.values
    countersigned = values.get("countersigned_at")
    return (
        record.village,
        values["day"],
        record.id,
        values["outgoing"],
        _said_ms(record, "signed_at"),
        values.get("incoming"),
        None if countersigned is None else _said_ms(record, "countersigned_at"),
    )


def _said_ms(record: Record, field: str) -> int:
    """A moment of a record; one that was written with its creation is put right by the offset of then."""
    offset_ms = 0 if field in record.clocks else record.offset_ms
    return corrected_ms(moment_ms(record.values[field]), offset_ms)


def _replace(
    world: StoreWorld, table: str, record: Record, before: Record | None, row: tuple[Any, ...] | None
) -> None:
    """Put a record's row in the place of the one that it had, if it had one."""
    if before is not None:
        _delete(world, table, before.village, record.id)
    if row is not None:
        world.db.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)


def _delete(world: StoreWorld, table: str, village: str, record: str) -> None:
    world.db.execute(f"DELETE FROM {table} WHERE village = ? AND record = ?", (village, record))


_TABLES = {"case": "cases", "task": "tasks", "request": "requests", "day-signature": "signed_days"}


def remove(world: StoreWorld, record: Record) -> None:
    """Take an erased record out. A visit is none: of an erased one its figures stay."""
    if (table := _TABLES.get(record.kind)) is not None:
        _delete(world, table, record.village, record.id)
