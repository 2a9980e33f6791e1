"""Pace: a round counts for a worker once it attempted a household (`round.attempted`), on the day it began.

Invariants: `round_credits` counts the attempting visits of a round by worker; `round_days` the own and the accompanied
rounds of a worker in a grid on a day, of which two phones on one outing make one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from grid_map.counting import pace_of_counts
from grid_map.counting_rules import ROUND_ATTEMPTED
from grid_map.days import count_day
from server.store.tally_keys import Key
from server.store.world import StoreWorld
from sync.counting_facts import occurred_ms
from sync.record import Record


class CountedRounds:
    """The rounds that one transaction touches."""

    def __init__(self, world: StoreWorld) -> None:
        self.world = world
        self._credits: dict[tuple[str, str, str], int] = defaultdict(int)
        self._changed: list[tuple[Record | None, Record]] = []

    def credit(self, village: str, round_id: str, workers: Sequence[str], sign: int) -> None:
        """One attempting visit more or less, for its worker and whoever came along."""
        for worker in dict.fromkeys(workers):
            self._credits[village, round_id, worker] += sign

    def changed(self, before: Record | None, record: Record) -> None:
        """A round that is new, taken back, or was put on another day."""
        self._changed.append((before, record))

    def write(self, late: Callable[[date], int]) -> Iterator[tuple[Key, int]]:
        """Write credits; what they add to the tallies.

        Rounds first, by the credits that they had, then credits by the rounds as they are now: so each counts once.
        """
        for before, record in self._changed:
            workers = self._credited(record)
            if workers and before is not None and before.void is None:
                yield from (self._count(before, worker, -1, late) for worker in workers)
            if workers and record.void is None:
                yield from (self._count(record, worker, 1, late) for worker in workers)
        for (village, round_id, worker), number in self._credits.items():
            row = self.world.db.execute(
                "INSERT INTO round_credits VALUES (?, ?, ?, ?) ON CONFLICT (village, round, worker)"
                " DO UPDATE SET visits = visits + excluded.visits RETURNING visits",
                (village, round_id, worker, number),
            ).fetchone()
            was = row[0] - number
            if (was > 0) != (row[0] > 0):
                round_ = self.world.get(round_id)
                if round_ is not None and round_.kind == "round" and round_.void is None:
                    yield self._count(round_, worker, 1 if was == 0 else -1, late)

    def _credited(self, record: Record) -> list[str]:
        rows = self.world.db.execute(
            "SELECT worker FROM round_credits WHERE village = ? AND round = ? AND visits > 0",
            (record.village, record.id),
        ).fetchall()
        return [worker for (worker,) in rows]

    def _count(self, record: Record, worker: str, sign: int, late: Callable[[date], int]) -> tuple[Key, int]:
        day = count_day(occurred_ms(record))
        grid, text = record.grid or "", day.isoformat()
        own = sign if worker == record.values["worker"] else 0
        accompanied = sign - own
        row = self.world.db.execute(
            "INSERT INTO round_days VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (village, worker, grid, day)"
            " DO UPDATE SET own = own + excluded.own, accompanied = accompanied + excluded.accompanied"
            " RETURNING own, accompanied",
            (record.village, worker, grid, text, own, accompanied),
        ).fetchone()
        change = pace_of_counts(*row) - pace_of_counts(row[0] - own, row[1] - accompanied)
        return (record.village, text[:7], ROUND_ATTEMPTED.key, grid, worker, "", "", "", late(day)), change
