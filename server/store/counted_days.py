"""Coverage: a household counts at most once a day (`household.day`), from its first counting visit to its last.

Invariant: `counted_days.visits` is the number of visits that count for a household on a day; the household is in the
tally while that is above zero, under the class and grid of the visit that brought it there.
"""

from __future__ import annotations

from collections.abc import Iterator

from grid_map.counting import VisitFact
from grid_map.counting_rules import HOUSEHOLD_DAY
from server.store.due import counted_on, recount_last
from server.store.tally_keys import Key
from server.store.world import StoreWorld

_Where = tuple[str, str, str]


class HouseholdDays:
    """The household-days that one transaction touches."""

    def __init__(self, world: StoreWorld) -> None:
        self.world = world
        self._sums: dict[_Where, int] = {}
        self._first: dict[_Where, tuple[str, str, int]] = {}

    def add(self, visit: VisitFact, day: str, late: int, sign: int) -> None:
        """One counting visit more or less."""
        where = visit.village, str(visit.household), day
        self._sums[where] = self._sums.get(where, 0) + sign
        if sign > 0:
            self._first.setdefault(where, (visit.grid, visit.visit_class, late))
        else:
            self._first[where] = (visit.grid, visit.visit_class, late)

    def write(self) -> Iterator[tuple[Key, int]]:
        """Write the sums; what they add to the tallies."""
        if not self._sums:
            return
        present = self._present()
        rows = []
        counted: list[_Where] = []
        uncounted: list[_Where] = []
        for where, number in self._sums.items():
            was, grid, visit_class = present.get(where, (0, "", ""))
            first_grid, first_class, late = self._first[where]
            if was == 0:
                grid, visit_class = first_grid, first_class
            rows.append((*where, was + number, grid, visit_class))
            if (was > 0) != (was + number > 0):
                village, _, day = where
                key = (village, day[:7], HOUSEHOLD_DAY.key, grid, "", visit_class, "", "", late)
                yield key, 1 if was == 0 else -1
                (counted if was == 0 else uncounted).append(where)
        self.world.db.executemany("INSERT OR REPLACE INTO counted_days VALUES (?, ?, ?, ?, ?, ?)", rows)
        counted_on(self.world, counted)
        recount_last(self.world, [(village, household) for village, household, _ in uncounted])

    def _present(self) -> dict[_Where, tuple[int, str, str]]:
        found: dict[_Where, tuple[int, str, str]] = {}
        for village in {where[0] for where in self._sums}:
            households = sorted({where[1] for where in self._sums if where[0] == village})
            days = sorted({where[2] for where in self._sums if where[0] == village})
            rows = self.world.db.execute(
                "SELECT household, day, visits, grid, class FROM counted_days WHERE village = ?"
                f" AND household IN ({','.join('?' * len(households))}) AND day IN ({','.join('?' * len(days))})",
                (village, *households, *days),
            )
            for household, day, visits, grid, visit_class in rows:
                found[village, household, day] = visits, grid, visit_class
        return found
