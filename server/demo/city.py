"""The demonstration city as a whole: which villages, what all of them share, and the facts of each."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Literal

from forms.handling.rota import TENTATIVE_NOTE, DrawnDay
from grid_map.divisions import Division, load_divisions
from grid_map.geojson import feature
from grid_map.grids import Grid
from grid_map.tessellation import DECIMALS, demo_grids
from grid_map.visit_classes import load_visit_classes
from server.demo.accounts import DemoAccount, town_clerk, village_accounts
from server.demo.addresses import addresses
from server.demo.cases import CASES_A_WORKING_DAY, Cases
from server.demo.due import History, draw_behind, history_of, plan_calls
from server.demo.facts import Change, Fact, new_id, seeded
from server.demo.numbers import IdentityNumbers
from server.demo.paths import Post
from server.demo.population import draw_households
from server.demo.rota import draw_rota, working_days
from server.demo.rounds import Outings, share_grids
from server.demo.settlement import Settlement
from server.demo.size import HOUSEHOLDS, village_size
from server.demo.times import at, month_end, months_before
from server.demo.visit_mix import draw_visit_classes
from server.demo.visits import Visits
from sync.ids import derived

Scale = Literal["village", "town", "city"]
MONTHS = 3
TOWN = "330481106000"
VILLAGE = "330481106222"
_DIRECTORY_ROLES = frozenset({"village_lead", "worker"})
_ROTA_PUBLISHED_DAYS_BEFORE = 6


def scale_villages(scale: Scale) -> tuple[str, ...]:
    """The villages of a scale: one with a rare character in its name, its whole town, or all 236 units."""
    divisions = load_divisions()
    if scale == "city":
        return tuple(unit.code for unit in _units())
    in_town = [unit.code for unit in divisions.units_of(TOWN)]
    if scale == "town":
        return tuple(in_town)
    return (VILLAGE if VILLAGE in in_town else next(code for code in in_town if code[9] == "2"),)


def city_facts(villages: tuple[str, ...], seed: int, at_ms: int) -> Iterator[Fact]:
    """The grids of these villages, each in its village's feed; divisions come with the reference data.

    A grid's definition is its GeoJSON feature with the coordinates as text, as no operation holds a fraction.
    """
    for village in villages:
        for grid in demo_grids(village, seed):
            fields = {
                "key": grid.code,
                "version": grid.version,
                "definition": _without_fractions(feature(grid)),
            }
            yield Fact("grid", derived("grid", grid.code), village, at_ms, fields)


def _without_fractions(value: Any) -> Any:
    """The same with numbers that are no integers written as text (sync protocol, Operation)."""
    if isinstance(value, float):
        return f"{value:.{DECIMALS}f}"
    if isinstance(value, dict):
        return {key: _without_fractions(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_fractions(inner) for inner in value]
    return value


def village_facts(
    village: str, seed: int, today: date, months: int = MONTHS, households: int = HOUSEHOLDS
) -> Iterator[Fact | Change]:
    """Everything of one village, in the order of time, so that whatever a fact refers to comes before it.

    The one exception is a visit and the cases captured on it, which name each other. Nothing falls on or after
    `today` but the rota's days, up to the end of next month. KeyError for a village that is not in the list.
    """
    return iter(sorted(_VillageMaker(village, seed, today, months, households).all(), key=_time))


def _time(fact: Fact | Change) -> int:
    return fact.at_ms


@lru_cache(maxsize=1)
def _units() -> tuple[Division, ...]:
    divisions = load_divisions()
    return tuple(unit for town in divisions.towns() for unit in divisions.units_of(town.code))


def _unit(village: str) -> tuple[int, Division]:
    """A unit and its place in the list of all units."""
    for place, unit in enumerate(_units()):
        if unit.code == village:
            return place, unit
    raise KeyError(village)


class _VillageMaker:
    """Makes one village, step by step, from one source of randomness."""

    def __init__(self, village: str, seed: int, today: date, months: int, households: int) -> None:
        self.village, self.seed, self.today = village, seed, today
        self.place, self.unit = _unit(village)
        self.random = seeded(seed, village)
        self.size = village_size(seed, village, households)
        self.history: History = history_of(today, months_before(today, months))
        self.registered_ms = at(self.history.registered.toordinal(), 8 * 60)
        self.accounts: tuple[DemoAccount, ...] = village_accounts(seed, village, households)
        self.workers = [account.id for account in self.accounts if account.role == "worker"]
        self.grids: tuple[Grid, ...] = demo_grids(village, seed)
        self.workers_of = share_grids([grid.code for grid in self.grids], self.workers)
        first = date.fromordinal(self.history.first).replace(day=1)
        self.rota = draw_rota(self.random, self.workers, first, month_end(today, 1))

    def all(self) -> list[Fact | Change]:
        """Directory, rota, households, rounds and visits, cases."""
        made: list[Fact | Change] = [*self._directory(), *self._rota_facts()]
        last = date.fromordinal(self.history.last)
        settlement = Settlement(self.random, self.village, self.history.registered, last)
        made += self._settle(settlement)
        outings = Outings(self.random, self.workers_of, self.rota, self.history.first, self.history.last)
        visits = Visits(self.random, self.village, settlement.homes, outings)
        made += self._visit(settlement, outings, visits)
        cases = Cases(self.random, self.village, settlement.homes, self._post())
        made += cases.facts(visits.met, self._case_count())
        made += cases.reminders(visits.not_home)
        return made

    def _directory(self) -> Iterator[Fact]:
        """The people of the village, and whose grids are whose."""
        since = self.history.registered.isoformat()
        for account in self.accounts:
            if account.role in _DIRECTORY_ROLES:
                fields = {"name": account.name, "role": account.role, "from_day": since}
                yield Fact("worker", derived("worker", account.id), self.village, self.registered_ms, fields)
        for grid, workers in self.workers_of.items():
            for worker in workers:
                record = new_id(self.random, self.registered_ms)
                fields = {"worker": worker, "grid": grid, "from_day": since}
                yield Fact("assignment", record, self.village, self.registered_ms, fields)

    def _rota_facts(self) -> Iterator[Fact]:
        """Published some days before the month begins, the next month's at the latest yesterday."""
        for entry in self.rota:
            published = entry.day.replace(day=1) - timedelta(days=_ROTA_PUBLISHED_DAYS_BEFORE)
            day = max(self.history.registered.toordinal(), min(published.toordinal(), self.history.last))
            made = at(day, 10 * 60) + entry.day.day
            record = derived("rota", self.village, entry.day.isoformat())
            yield Fact("rota", record, self.village, made, _rota_fields(entry))

    def _settle(self, settlement: Settlement) -> Iterator[Fact]:
        community = self.unit.kind == "community"
        count = self.size.households
        numbers = IdentityNumbers(self.place)
        drawn = draw_households(self.random, count, self.today, numbers, community)
        doors = addresses(self.random, self.unit, self.grids, count, self.seed)
        return settlement.facts(drawn, doors, draw_visit_classes(self.random, drawn))

    def _visit(self, settlement: Settlement, outings: Outings, visits: Visits) -> Iterator[Fact | Change]:
        homes, classes = settlement.homes, load_visit_classes()
        behind = draw_behind(self.random, [home.visit_class for home in homes])
        for place, home in enumerate(homes):
            visit_class = classes[home.visit_class]
            earlier = plan_calls(
                self.random, outings, place, home.grid, visit_class, place in behind, self.history
            )
            if earlier is not None:
                yield visits.earlier(place, earlier, self.random.choice(self.workers_of[home.grid]))
        yield from visits.facts()

    def _post(self) -> Post:
        rota = {entry.day: entry for entry in self.rota}
        first = date.fromordinal(self.history.first)
        return Post(working_days(first, self.today), rota, town_clerk(self.seed, self.village).id, self.today)

    def _case_count(self) -> int:
        days = working_days(date.fromordinal(self.history.first), date.fromordinal(self.history.last))
        return round(CASES_A_WORKING_DAY * len(days) * self.size.households / HOUSEHOLDS)


def _rota_fields(entry: DrawnDay) -> dict[str, object]:
    fields: dict[str, object] = {
        "day": entry.day.isoformat(),
        "window": list(entry.window),
        "leave": list(entry.leave),
    }
    if entry.tentative:
        fields["note"] = TENTATIVE_NOTE
    return fields
