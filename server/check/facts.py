"""Counts and typed copies against the records: all of a village's records, brought through the same functions.

What depends on the order of arrival is compared as far as records alone can tell: a figure as the sum of what came in
time and late, a household-day without the class of the visit that came first. `replay` compares every row as it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from grid_map.counting_rules import HOUSEHOLD_DAY
from server.check.fault import Fault, compared
from server.keys import Keys
from server.store.case_row import CASE_COLUMNS
from server.store.due import next_due_text
from server.store.knowledge import Knowledge
from server.store.tallies import count_changes
from server.store.world import StoreWorld
from sync.kinds import REFERENCE_VILLAGE
from sync.record import Record

_COPIES = {
    "assignments": ("网格分工", "an assignment", "record, worker, grid, from_day, to_day, void"),
    "rotas": ("轮值", "a rota entry", "day, worker, duty, record"),
    "matters": ("待办事项", "an open matter", "kind, record, state, at_window"),
    "cases": ("办件索引", "a case's row", CASE_COLUMNS),
    "tasks": ("任务索引", "a task's row", 'record, type, state, holder, due, "case", household'),
    "requests": ("目录外诉求索引", "a request's row", "record, asked_day"),
    "signed_days": (
        "签字索引",
        "a signed day",
        "day, record, outgoing, signed_ms, incoming, countersigned_ms",
    ),
    "hand_ups": ("报送批次", "a batch handed up", "record, number, worker, handed_up_ms, cases"),
    "ratings": ("好差评", "a rating", 'record, "case", level, rated_ms'),
    "visit_days": ("走访日索引", "a visit's day", "day, record, grid, household"),
    "explained": ("签字说明", "an explanation", "device, day, missing"),
    "identity_lookup": ("证件号索引", "an identity number's index", "hash, record"),
    "counted_days": ("已计入户日", "a counted day", "household, day, visits"),
    "round_credits": ("走访计入", "a round's credit", "round, worker, visits"),
    "round_days": ("走访日计数", "a day's rounds", "worker, grid, day, own, accompanied"),
}
_MAY_BE_ZERO = {
    "counted_days": "visits <> 0",
    "round_credits": "visits <> 0",
    "round_days": "own <> 0 OR accompanied <> 0",
}
_TALLIES = (
    "SELECT month, rule, CASE rule WHEN ?2 THEN '' ELSE grid END, worker, CASE rule WHEN ?2 THEN '' ELSE class END,"
    " mode, item, sum(count) FROM tallies WHERE village = ?1 GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(count) <> 0"
)


class Facts:
    """A scratch database into which records are counted again. `scratch` is empty but for its tables."""

    def __init__(
        self, db: sqlite3.Connection, scratch: sqlite3.Connection, keys: Keys, closes_on: int
    ) -> None:
        self.db, self.scratch, self.keys = db, scratch, keys
        reference = db.execute("SELECT * FROM records WHERE village = ?", (REFERENCE_VILLAGE,)).fetchall()
        if reference:
            marks = ",".join("?" * len(reference[0]))
            scratch.executemany(f"INSERT INTO records VALUES ({marks})", reference)  # noqa: S608
        scratch.executemany("INSERT INTO moved VALUES (?, ?)", db.execute("SELECT id, village FROM moved"))
        self.knowledge = Knowledge(keys, closes_on)

    def grids(self, villages: dict[str, dict[str, Record]]) -> Iterator[Fault]:
        """The list of grids, of all villages together."""
        right = {
            record.values["key"]: village
            for village, records in villages.items()
            for record in records.values()
            if record.kind == "grid"
        }
        stored = dict(self.db.execute("SELECT grid, village FROM grids").fetchall())
        self.scratch.executemany("INSERT OR REPLACE INTO grids VALUES (?, ?)", right.items())
        yield from compared("grids", "", ("网格", "a grid"), stored, right)

    def village(self, village: str, records: dict[str, Record], now_ms: int) -> Iterator[Fault]:
        """Every count and typed copy of one village."""
        world = StoreWorld(self.scratch, self.keys, self.knowledge, now_ms)
        world.village = village
        for record in records.values():
            world.put(record, None)
        count_changes(world)
        for table, (zh, en, columns) in _COPIES.items():
            where = f" AND ({_MAY_BE_ZERO[table]})" if table in _MAY_BE_ZERO else ""
            sql = f"SELECT {columns} FROM {table} WHERE village = ?{where}"  # noqa: S608
            stored, right = (_set(db, sql, village) for db in (self.db, self.scratch))
            yield from compared(table.replace("_", "-"), village, (zh, en), stored, right)
        kept, counted = (_tallies(db, village) for db in (self.db, self.scratch))
        counted = with_erased(counted, _erased_tallies(self.db, village))
        yield from compared("tallies", village, ("计数", "a tally"), kept, counted)
        yield from self._due(village, world)

    def due(self, villages: dict[str, dict[str, Record]]) -> Iterator[Fault]:
        """The households to visit, once every village was counted: one that moved is counted where it was, too."""
        sql = "SELECT household, grid, class, last_counted FROM households_due WHERE village = ?"
        for village in villages:
            stored, right = (_set(db, sql, village) for db in (self.db, self.scratch))
            what = "应走访户", "a household's due day"
            yield from compared("households-due", village, what, stored, right)

    def _due(self, village: str, world: StoreWorld) -> Iterator[Fault]:
        """The next due day follows from the class, since when it holds, and the last counted day."""
        rows = self.db.execute(
            "SELECT household, class, since, last_counted, next_due FROM households_due WHERE village = ?",
            (village,),
        ).fetchall()
        for household, visit_class, since, last, said in rows:
            right = next_due_text(world, visit_class, since, last)
            if said != right:
                yield Fault(
                    "households-due",
                    village,
                    household,
                    f"应走访日为 {said}，应为 {right}",
                    f"due {said}, not {right}",
                )


def _set(db: sqlite3.Connection, sql: str, village: str) -> dict[tuple[Any, ...], bool]:
    rows = db.execute(sql, (village,))
    return {tuple(v.hex() if isinstance(v, bytes) else v for v in row): True for row in rows}


def with_erased(
    counted: dict[tuple[Any, ...], int], erased: dict[tuple[Any, ...], int]
) -> dict[tuple[Any, ...], int]:
    """Counts with what erased records had counted for put on; sums of zero are none."""
    sums = {key: counted.get(key, 0) + erased.get(key, 0) for key in counted.keys() | erased.keys()}
    return {key: number for key, number in sums.items() if number}


def _erased_tallies(db: sqlite3.Connection, village: str) -> dict[tuple[Any, ...], int]:
    rows = db.execute(
        "SELECT month, rule, grid, worker, class, mode, item, count FROM erased_tallies WHERE village = ?",
        (village,),
    )
    return {tuple(row[:-1]): row[-1] for row in rows}


def _tallies(db: sqlite3.Connection, village: str) -> dict[tuple[Any, ...], int]:
    rows = db.execute(_TALLIES, (village, HOUSEHOLD_DAY.key))
    return {tuple(row[:-1]): row[-1] for row in rows}
