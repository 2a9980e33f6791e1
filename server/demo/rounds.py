"""When workers can go out, and which household is called at on which outing.

An outing is half a day of one worker in one grid, on a working day without window duty or leave; a few are in the
evening or at the weekend. Calls are dealt out to the outings of a household's grid within the days on which they
should fall, at most `VISITS_A_ROUND_MAX` each. Where a grid has no outing left in those days (a holiday week), one
more is made: in the evening, or on the holiday. An outing without calls did not take place.
"""

from bisect import bisect_left, bisect_right
from random import Random

import msgspec

from forms.handling.rota import DrawnDay
from server.demo.visit_mix import ROUNDS_A_YEAR, VISITS_A_ROUND_MAX

MORNING, AFTERNOON, EVENING = 0, 1, 2
EVENING_CALLS_MAX = 6
_HALF_DAYS_A_YEAR = (
    244  # half of 249 working days, less five of leave, in mornings and afternoons, and some evenings
)
_HALF_DAY_SHARE, _EVENING_SHARE, _SATURDAY_SHARE = ROUNDS_A_YEAR / _HALF_DAYS_A_YEAR, 0.03, 0.04


class Call(msgspec.Struct):
    """One attempt at one household (its place in the village) with its outcome."""

    household: int
    outcome: str


class Outing(msgspec.Struct):
    """One worker, one grid, half a day. `day` is an ordinal."""

    day: int
    part: int
    worker: str
    grid: str
    calls: list[Call]

    def takes(self, household: int) -> bool:
        """Whether there is room for one more, and this household is not on it yet."""
        room = EVENING_CALLS_MAX if self.part == EVENING else VISITS_A_ROUND_MAX
        return len(self.calls) < room and all(call.household != household for call in self.calls)


class Outings:
    """All possible outings of a village between two days (ordinals, both included)."""

    def __init__(
        self, random: Random, workers_of: dict[str, list[str]], rota: list[DrawnDay], first: int, last: int
    ) -> None:
        self.first = first
        self._random = random
        self._workers_of = workers_of
        self._rota = {entry.day.toordinal(): entry for entry in rota}
        self._by_grid: dict[str, list[Outing]] = {grid: [] for grid in workers_of}
        self._taken: set[tuple[int, int, str]] = set()
        self._workers = sorted({worker for workers in workers_of.values() for worker in workers})
        grids_of: dict[str, list[str]] = {}
        for grid, workers in workers_of.items():
            for worker in workers:
                grids_of.setdefault(worker, []).append(grid)
        for day in range(first, last + 1):
            self._plan_day(day, grids_of)
        self._days = {grid: [o.day for o in outings] for grid, outings in self._by_grid.items()}

    def all(self) -> list[Outing]:
        """Those that took place, in the order of time."""
        made = [outing for outings in self._by_grid.values() for outing in outings if outing.calls]
        return sorted(made, key=lambda o: (o.day, o.part, o.worker, o.grid))

    def free(self, day: int, part: int) -> list[str]:
        """The workers who are neither at the window nor on leave that day, nor out at that time."""
        entry = self._rota.get(day)
        away = () if entry is None else (*entry.window, *entry.leave)
        return [w for w in self._workers if w not in away and (day, part, w) not in self._taken]

    def place(self, household: int, grid: str, first: int, last: int, outcome: str) -> Outing | None:
        """Deal out one call within the days `first` to `last`; None where the days are used up or there are none."""
        if first > last:
            return None
        outings, days = self._by_grid[grid], self._days[grid]
        low, high = bisect_left(days, first), bisect_right(days, last)
        span = high - low
        start = int(self._random.random() * span) if span else 0
        for step in range(span):
            outing = outings[low + (start + step) % span]
            if outing.takes(household):
                outing.calls.append(Call(household, outcome))
                return outing
        extra = self._extra(grid, first, last)
        if extra is not None:
            extra.calls.append(Call(household, outcome))
        return extra

    def _plan_day(self, day: int, grids_of: dict[str, list[str]]) -> None:
        random, entry = self._random, self._rota.get(day)
        for worker, grids in grids_of.items():
            for part in (MORNING, AFTERNOON, EVENING):
                share = _EVENING_SHARE if part == EVENING else _HALF_DAY_SHARE
                if entry is None:
                    share = _SATURDAY_SHARE if part == MORNING else 0.0
                elif worker in entry.leave or (worker in entry.window and part != EVENING):
                    share = 0.0
                if random.random() < share:
                    grid = grids[int(random.random() * len(grids))]
                    self._by_grid[grid].append(Outing(day, part, worker, grid, []))
                    self._taken.add((day, part, worker))

    def _extra(self, grid: str, first: int, last: int) -> Outing | None:
        """One more outing: an evening of a working day if there is one, else a morning of a day off."""
        days = list(range(first, last + 1))
        self._random.shuffle(days)
        for working in (True, False):
            for day in days:
                entry = self._rota.get(day)
                if (entry is not None) is not working:
                    continue
                part = EVENING if working else MORNING
                for worker in self._workers_of[grid]:
                    away = entry is not None and worker in entry.leave
                    if not away and (day, part, worker) not in self._taken:
                        return self._insert(Outing(day, part, worker, grid, []))
        return None

    def _insert(self, outing: Outing) -> Outing:
        place = bisect_right(self._days[outing.grid], outing.day)
        self._by_grid[outing.grid].insert(place, outing)
        self._days[outing.grid].insert(place, outing.day)
        self._taken.add((outing.day, outing.part, outing.worker))
        return outing


def share_grids(grids: list[str], workers: list[str]) -> dict[str, list[str]]:
    """Each grid's workers: everybody has at least one grid, and every grid somebody."""
    shared: dict[str, list[str]] = {grid: [] for grid in grids}
    for place in range(max(len(grids), len(workers))):
        shared[grids[place % len(grids)]].append(workers[place % len(workers)])
    return shared
