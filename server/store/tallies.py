"""Tallies: counts kept in the transaction that applies the operation, so that a dashboard never scans visits.

Invariant: a tally is the sum of what each record adds, each by a named rule of `grid_map.counting`; when a record
changes, what it added before is taken off and what it adds now is put on. So `check` can compute all of them again
from the records alone and must find the same.

`late` is 1 for what arrived after its month had closed (补录): it stands beside the closed figure, which keeps both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import msgspec

from grid_map.counting import RoundFact, VisitFact, attempts, covers, pace_of_counts
from grid_map.counting_rules import HOUSEHOLD_DAY, ROUND_ATTEMPTED
from grid_map.days import count_day
from server.store.bodies import opened
from server.store.due import DEFAULT_CLASS, update_last_counted
from server.store.facts_index import index_facts
from server.store.world import StoreWorld
from sync.clock import corrected_ms, moment_ms
from sync.record import Record

VISIT_RECORDED = "visit.recorded"
CASE_CAPTURED = "case.captured"

Key = tuple[str, str, str, str, str, str, str, str, int]
"""(village, month, rule, grid, worker, class, mode, item, late)"""


class Tally:
    """Sums of one transaction, written once at its end."""

    def __init__(self, world: StoreWorld) -> None:
        self.world = world
        self.counts: dict[Key, int] = defaultdict(int)

    def add(self, key: Key, number: int) -> None:
        """Add to one tally."""
        self.counts[key] += number

    def write(self) -> None:
        """Write what has gathered; sums of zero cost nothing."""
        rows = [(*key, number) for key, number in self.counts.items() if number]
        self.world.db.executemany(
            "INSERT INTO tallies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (village, month, rule, grid, worker, class, mode, item, late)"
            " DO UPDATE SET count = count + excluded.count",
            rows,
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
        index_facts(world, record, before)
        match record.kind:
            case "visit":
                _count_visit(tally, before, -1)
                _count_visit(tally, record, 1)
            case "round":
                _count_round(tally, before, record)
            case "case":
                _count_case(tally, before, -1)
                _count_case(tally, record, 1)
    tally.write()


def visit_fact(record: Record) -> VisitFact:
    """What counting needs of a visit; it occurred when the phone says, put right by its clock offset."""
    values = record.values
    return VisitFact(
        id=record.id,
        round=values.get("round"),
        workers=(values["worker"], *values.get("companions", ())),
        household=values.get("household"),
        grid=record.grid or "",
        village=record.village,
        visit_class=values.get("visit_class", DEFAULT_CLASS),
        outcome=values["outcome"],
        occurred_at_ms=occurred_ms(record),
        voided=record.void is not None,
    )


def round_fact(record: Record) -> RoundFact:
    """What counting needs of a round."""
    finished = record.values.get("finished_at")
    return RoundFact(
        id=record.id,
        worker=record.values["worker"],
        grid=record.grid or "",
        village=record.village,
        started_at_ms=occurred_ms(record),
        finished_at_ms=None if finished is None else moment_ms(finished),
        voided=record.void is not None,
    )


def occurred_ms(record: Record) -> int:
    """When a visit, round or case occurred, in corrected Unix milliseconds."""
    said = record.values.get("started_at") or record.values.get("captured_at")
    return corrected_ms(moment_ms(str(said)), record.offset_ms)


def _late(world: StoreWorld, day: date, received_ms: int) -> int:
    return 1 if world.knowledge.month_closed(day, received_ms) else 0


def _count_visit(tally: Tally, record: Record | None, sign: int) -> None:
    if record is None or record.void is not None:
        return
    world, visit = tally.world, visit_fact(record)
    day = count_day(visit.occurred_at_ms)
    late = _late(world, day, record.received_ms)
    month, worker, grid = day.isoformat()[:7], visit.workers[0], visit.grid
    key = (visit.village, month, VISIT_RECORDED, grid, worker, visit.visit_class, visit.outcome, "", late)
    tally.add(key, sign)
    if covers(visit, world.knowledge.classes.get(visit.visit_class)) and visit.household is not None:
        _count_household_day(tally, visit, day, sign, late)
    if visit.round is not None and attempts(visit):
        for credited in dict.fromkeys(visit.workers):
            _credit_round(tally, visit.village, visit.round, credited, sign)


def _count_household_day(tally: Tally, visit: VisitFact, day: date, sign: int, late: int) -> None:
    """A household counts once a day: with its first counting visit, until its last one is taken back."""
    world = tally.world
    row = world.db.execute(
        "INSERT INTO counted_days VALUES (?, ?, ?, ?) ON CONFLICT (village, household, day)"
        " DO UPDATE SET visits = visits + excluded.visits RETURNING visits",
        (visit.village, visit.household, day.isoformat(), sign),
    ).fetchone()
    if row[0] != (1 if sign > 0 else 0):
        return
    tally.add(
        (
            visit.village,
            day.isoformat()[:7],
            HOUSEHOLD_DAY.key,
            visit.grid,
            "",
            visit.visit_class,
            "",
            "",
            late,
        ),
        sign,
    )
    update_last_counted(world, visit.village, str(visit.household))


def _credit_round(tally: Tally, village: str, round_id: str, worker: str, sign: int) -> None:
    row = tally.world.db.execute(
        "INSERT INTO round_credits VALUES (?, ?, ?, ?) ON CONFLICT (village, round, worker)"
        " DO UPDATE SET visits = visits + excluded.visits RETURNING visits",
        (village, round_id, worker, sign),
    ).fetchone()
    if row[0] == (1 if sign > 0 else 0):
        record = tally.world.get(round_id)
        if record is not None and record.kind == "round" and record.void is None:
            _add_round_day(tally, record, worker, sign)


def _count_round(tally: Tally, before: Record | None, record: Record) -> None:
    """A round that appears after its visits, is taken back or put on another day: move what it is credited for."""
    if before is None and not _credits(tally.world, record):
        return
    counted_before = before is not None and before.void is None
    counted_now = record.void is None
    if counted_before and counted_now and occurred_ms(before or record) == occurred_ms(record):
        return
    for worker in _credits(tally.world, record):
        if before is not None and counted_before:
            _add_round_day(tally, before, worker, -1)
        if counted_now:
            _add_round_day(tally, record, worker, 1)


def _credits(world: StoreWorld, record: Record) -> Iterable[str]:
    rows = world.db.execute(
        "SELECT worker FROM round_credits WHERE village = ? AND round = ? AND visits > 0",
        (record.village, record.id),
    ).fetchall()
    return [worker for (worker,) in rows]


def _add_round_day(tally: Tally, record: Record, worker: str, sign: int) -> None:
    """One own or accompanied round more or less on a worker's day; two phones on one outing make one round."""
    world, fact = tally.world, round_fact(record)
    day = count_day(fact.started_at_ms)
    late = _late(world, day, record.received_ms)
    own = 1 if worker == fact.worker else 0
    row = world.db.execute(
        "INSERT INTO round_days VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (village, worker, grid, day, late)"
        " DO UPDATE SET own = own + excluded.own, accompanied = accompanied + excluded.accompanied"
        " RETURNING own, accompanied",
        (fact.village, worker, fact.grid, day.isoformat(), late, sign * own, sign * (1 - own)),
    ).fetchone()
    now, was = pace_of_counts(*row), pace_of_counts(row[0] - sign * own, row[1] - sign * (1 - own))
    tally.add(
        (fact.village, day.isoformat()[:7], ROUND_ATTEMPTED.key, fact.grid, worker, "", "", "", late),
        now - was,
    )


def _count_case(tally: Tally, record: Record | None, sign: int) -> None:
    if record is None or record.void is not None:
        return
    day = count_day(occurred_ms(record))
    item = tally.world.catalogue.item(record.values["item"], record.values["item_version"])
    mode = item.mode.value if item is not None else ""
    late = _late(tally.world, day, record.received_ms)
    month, place = day.isoformat()[:7], record.grid or ""
    tally.add(
        (record.village, month, CASE_CAPTURED, place, record.by, "", mode, record.values["item"], late), sign
    )


class TallyRow(msgspec.Struct, frozen=True):
    """One tally as the data API gives it."""

    village: str
    month: str
    rule: str
    grid: str
    worker: str
    visit_class: str
    mode: str
    item: str
    late: bool
    count: int
