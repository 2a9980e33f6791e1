"""Tallies: counts kept in the transaction that applies the operation, so that a dashboard never scans visits.

Invariants
- A tally is the sum of what each record adds, by a named rule of `grid_map.counting`; when a record changes, what it
  added before is taken off and what it adds now is put on.
- `late` is 1 for what came, or was taken back, after its month had closed (补录): the sum of `late = 0` is the closed
  figure and never changes, the sum of both the present one.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from grid_map.counting import attempts, covers
from grid_map.days import count_day
from server.store import record_operations
from server.store.bodies import opened
from server.store.case_row import CaseRow
from server.store.counted_days import HouseholdDays
from server.store.counted_rounds import CountedRounds
from server.store.facts_index import index_facts
from server.store.pages_index import VisitDays, case_row_in, index_case
from server.store.tally_keys import CASE_CAPTURED, CASE_DECIDED, VISIT_RECORDED, Key
from server.store.world import StoreWorld
from sync.counting_facts import visit_fact
from sync.record import Record


class Tally:
    """Sums of one transaction, written once at its end."""

    def __init__(self, world: StoreWorld) -> None:
        self.world = world
        self.counts: dict[Key, int] = defaultdict(int)
        self.days = HouseholdDays(world)
        self.rounds = CountedRounds(world)
        self.visit_days = VisitDays(world)

    def late(self, day: date) -> int:
        """1 if the month of a day has closed by now."""
        return 1 if self.world.knowledge.month_closed(day, self.world.now_ms) else 0

    def visit(self, record: Record, sign: int) -> None:
        """Add (1) or take off (-1) what a visit counts for."""
        if record.void is not None:
            return
        visit = visit_fact(record)
        day = count_day(visit.occurred_at_ms)
        text = day.isoformat()
        self.visit_days.add(visit, text, sign)
        late, classes = self.late(day), self.world.knowledge.classes
        self.counts[
            visit.village, text[:7], VISIT_RECORDED, visit.grid, visit.workers[0], visit.visit_class, visit.outcome, "",
            late
        ] += sign  # fmt: skip
        if visit.household is not None and covers(visit, classes.get(visit.visit_class)):
            self.days.add(visit, text, late, sign)
        if visit.round is not None and attempts(visit):
            self.rounds.credit(visit.village, visit.round, visit.workers, sign)

    def case(self, record: Record, row: CaseRow, sign: int) -> None:
        """Add (1) or take off (-1) a case that was captured, and its decision if it has one. `row` is its row."""
        if row.void:
            return
        of = row.grid or "", record.by, "", row.mode, row.item
        day = row.captured_day
        self.counts[row.village, day[:7], CASE_CAPTURED, *of, self.late(date.fromisoformat(day))] += sign
        if row.decided_day is not None:
            self.counts[decided_key(row, self.late(date.fromisoformat(row.decided_day)))] += sign

    def write(self) -> None:
        """Write what has gathered; sums of zero cost nothing."""
        self.visit_days.write()
        for key, number in (*self.days.write(), *self.rounds.write(self.late)):
            self.counts[key] += number
        self.world.db.executemany(
            "INSERT INTO tallies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (village, month, rule, grid, worker, class, mode, item, late)"
            " DO UPDATE SET count = count + excluded.count",
            [(*key, number) for key, number in self.counts.items() if number],
        )


def decided_key(row: CaseRow, late: int) -> Key:
    """What a decided case counts for by `case.decided`."""
    month = (row.decided_day or "")[:7]
    return row.village, month, CASE_DECIDED, row.grid or "", "", row.timing, row.mode, row.item, late


def count_changes(world: StoreWorld) -> None:
    """Bring every tally, and every typed copy of a fact, in step with the records that were put."""
    tally = Tally(world)
    for identifier in world.changed:
        record = world.get(identifier)
        if record is None:
            continue
        stored = world.before[identifier]
        before = None if stored is None else opened(world.keys, identifier, stored.body)
        if before is not None and before.village != record.village:
            record_operations.moved(world.db, identifier, before.village, record.village)
        match record.kind:
            case "visit":
                if before is not None:
                    tally.visit(before, -1)
                tally.visit(record, 1)
            case "round":
                tally.rounds.changed(before, record)
            case "case":
                _case(tally, before, record)
            case _:
                index_facts(world, record, before)
    tally.write()


def _case(tally: Tally, before: Record | None, record: Record) -> None:
    row, was = case_row_in(tally.world, record), None
    if before is not None:
        was = case_row_in(tally.world, before)
        tally.case(before, was, -1)
    tally.case(record, row, 1)
    index_case(tally.world, row, was)
