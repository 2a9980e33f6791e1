"""Rounds and household visits as facts, from the outings that took place."""

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

import msgspec

from server.demo.facts import Change, Fact, new_id
from server.demo.families import ADULT_YEARS
from server.demo.findings import NOTES, PURPOSES, draw_finding
from server.demo.rota import calendar
from server.demo.rounds import AFTERNOON, EVENING, Outing, Outings
from server.demo.settlement import Home
from server.demo.times import at
from sync.clock import moment

FINDING_SHARE, COMPANION_SHARE, LATER_SHARE = 0.04, 0.02, 0.02
_NOTE_SHARE, _LOCATION_SHARE = 0.12, 0.25
_BEGINS = {0: 8 * 60 + 35, AFTERNOON: 13 * 60 + 40, EVENING: 18 * 60 + 15}
_WALK, _VISIT, _DOOR, _PHONE = (
    (2.0, 4.0),
    (6.0, 5.0),
    (1.0, 1.5),
    (2.0, 3.0),
)  # minutes: at least, and up to more


class Met(msgspec.Struct):
    """A visit at which somebody was met: what a case captured there needs. `fields` are still open for its cases."""

    id: str
    worker: str
    home: Home
    day: int
    started_ms: int
    ended_ms: int
    fields: dict[str, Any]


class Visits:
    """The visits of one village, yielded as facts; `met` gathers what cases and tasks follow from."""

    def __init__(self, random: Random, village: str, homes: list[Home], outings: Outings) -> None:
        self._random = random
        self._village = village
        self._homes = homes
        self._outings = outings
        self.met: list[Met] = []
        self.not_home: list[tuple[str, Home, int]] = []

    def facts(self) -> Iterator[Fact | Change]:
        """Each round, opened and finished by its worker, and its visits in walking order."""
        for outing in self._outings.all():
            yield from self._round(outing)

    def earlier(self, household: int, day: int, worker: str) -> Fact:
        """The last visit before the history, known by its day from the paper register: no round, no details."""
        home = self._homes[household]
        working = calendar().working_day_from(date.fromordinal(day)).day.toordinal()
        start = at(working if working < self._outings.first else day, 9 * 60 + 420 * self._random.random())
        end = start + 8 * 60_000
        fields = {
            "worker": worker,
            "grid": home.grid,
            "household": home.id,
            "visit_class": home.visit_class,
            "outcome": "met",
            "started_at": moment(start),
            "ended_at": moment(end),
            "recorded_at": moment(end),
            "purposes": ["regular_visit"],
        }
        return Fact("visit", new_id(self._random, end), self._village, end, fields)

    def _round(self, outing: Outing) -> Iterator[Fact | Change]:
        random = self._random
        start = at(outing.day, _BEGINS[outing.part] + 25 * random.random())
        record = new_id(random, start)
        opened = {"worker": outing.worker, "grid": outing.grid, "started_at": moment(start)}
        yield Fact("round", record, self._village, start, opened)
        companion = self._companion(outing)
        now = start
        for call in sorted(outing.calls, key=lambda call: call.household):
            begin = now + self._minutes(_WALK)
            length = _VISIT if call.outcome == "met" else _PHONE if call.outcome == "phone" else _DOOR
            now = begin + self._minutes(length)
            home = self._homes[call.household]
            yield self._visit(record, outing, home, call.outcome, companion, begin, now)
        now += self._minutes(_WALK)
        finished, seen = {"finished_at": moment(now)}, {"finished_at": None}
        yield Change("round", record, self._village, now, finished, seen, outing.worker)

    def _visit(
        self,
        record: str,
        outing: Outing,
        home: Home,
        outcome: str,
        companion: str | None,
        begin: int,
        end: int,
    ) -> Fact:
        random = self._random
        later = outing.part != EVENING and random.random() < LATER_SHARE
        written = at(outing.day, 17 * 60 + 30 + 120 * random.random()) if later else end
        identifier = new_id(random, written)
        fields: dict[str, Any] = {
            "round": record,
            "worker": outing.worker,
            "grid": outing.grid,
            "household": home.id,
            "visit_class": home.visit_class,
            "outcome": outcome,
            "started_at": moment(begin),
            "ended_at": moment(end),
            "recorded_at": moment(written),
            "purposes": ["regular_visit"],
        }
        if later:
            fields["written_up_later"] = True
        if companion is not None:
            fields["companions"] = [companion]
        if outcome == "met":
            self._describe(fields, home)
            if not later:
                self.met.append(Met(identifier, outing.worker, home, outing.day, begin, end, fields))
        elif outcome == "not_home":
            self.not_home.append((outing.worker, home, end))
        return Fact("visit", identifier, self._village, written, fields)

    def _describe(self, fields: dict[str, Any], home: Home) -> None:
        """Who was met, what was talked about and found; a position now and then, as evidence is optional."""
        random = self._random
        adults = [person.id for person in home.people if person.age >= ADULT_YEARS and person.present]
        fields["met"] = [adults[int(random.random() ** 2 * len(adults))]]
        draw = random.random()
        if draw < 0.4:
            fields["purposes"] = sorted({"regular_visit", PURPOSES[int(draw * 10 * len(PURPOSES) / 4)]})
        if random.random() < _NOTE_SHARE:
            fields["note"] = random.choice(NOTES)
        if random.random() < FINDING_SHARE:
            finding = draw_finding(random)
            fields["findings"] = [finding]
            fields["disposition"] = finding["disposition"]
        if random.random() < _LOCATION_SHARE:
            fields["location"] = {**home.location, "accuracy_m": 5 + int(random.random() * 30)}

    def _companion(self, outing: Outing) -> str | None:
        """Now and then a colleague comes along."""
        random = self._random
        if random.random() >= COMPANION_SHARE:
            return None
        others = [worker for worker in self._outings.free(outing.day, outing.part) if worker != outing.worker]
        return random.choice(others) if others else None

    def _minutes(self, length: tuple[float, float]) -> int:
        return int((length[0] + length[1] * self._random.random()) * 60_000)
