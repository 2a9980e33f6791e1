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
from server.store.bodies import opened
from server.store.counted_days import HouseholdDays
from server.store.counted_rounds import CountedRounds
from server.store.facts_index import index_facts
from server.store.matters import index_matter
from server.store.tally_keys import CASE_CAPTURED, VISIT_RECORDED, Key
from server.store.world import StoreWorld
from sync.counting_facts import occurred_ms, visit_fact
from sync.record import Record


class Tally:
    """Sums of one transaction, written once at its end."""

    def __init__(self, world: StoreWorld) -> None:
        self.world = world
        self.counts: dict[Key, int] = defaultdict(int)
        self.days = HouseholdDays(world)
        self.rounds = CountedRounds(world)

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
        late, classes = self.late(day), self.world.knowledge.classes
        self.counts[
            visit.village, text[:7], VISIT_RECORDED, visit.grid, visit.workers[0], visit.visit_class, visit.outcome, "",
            late
        ] += sign  # fmt: skip
        if visit.household is not None and covers(visit, classes.get(visit.visit_class)):
            self.days.add(visit, text, late, sign)
        if visit.round is not None and attempts(visit):
            self.rounds.credit(visit.village, visit.round, visit.workers, sign)

    def case(self, record: Record, sign: int) -> None:
        """Add (1) or take off (-1) a case that was captured."""
        if record.void is not None:
            return
        day = count_day(occurred_ms(record))
        item = self.world.catalogue.item(record.values["item"], record.values["item_version"])
        mode = item.mode.value if item is not None else ""
        month, place = day.isoformat()[:7], record.grid or ""
        self.counts[
            record.village,
            month,
            CASE_CAPTURED,
            place,
            record.by,
            "",
            mode,
            record.values["item"],
            self.late(day),
        ] += sign

    def write(self) -> None:
        """Write what has gathered; sums of zero cost nothing."""
        for key, number in (*self.days.write(), *self.rounds.write(self.late)):
            self.counts[key] += number
        self.world.db.executemany(
            "INSERT INTO tallies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (village, month, rule, grid, worker, class, mode, item, late)"
            " DO UPDATE SET count = count + excluded.count",
            [(*key, number) for key, number in self.counts.items() if number],
        )


def count_changes(world: StoreWorld) -> None:
    """Bring every tally, and every typed copy of a fact, in step with the records that were put."""
    tally = Tally(world)
    for identifier in world.changed:
        record = world.get(identifier)
        if record is None:
            continue
        stored = world.before[identifier]
        before = None if stored is None else opened(world.keys, identifier, stored.body)
        match record.kind:
            case "visit":
                if before is not None:
                    tally.visit(before, -1)
                tally.visit(record, 1)
            case "round":
                tally.rounds.changed(before, record)
            case "case":
                if before is not None:
                    tally.case(before, -1)
                tally.case(record, 1)
                index_matter(world, record, before)
            case _:
                index_facts(world, record, before)
    tally.write()
