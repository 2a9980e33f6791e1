"""The households and residents of a village as facts, and what later generators need to know of them."""

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

import msgspec

from server.demo.addresses import Address
from server.demo.facts import Fact, new_id
from server.demo.families import ADULT_YEARS
from server.demo.population import Household, Resident
from server.demo.times import at
from server.demo.visit_mix import ORDINARY, Share

POSITION_SOURCE = "demonstration"
_REGISTERED_MINUTE = 9 * 60
_DAYS_TO_REGISTER_MAX = 35
_TAG_ELDER_ALONE = "独居老人"


class Inhabitant(msgspec.Struct):
    """A resident with the id of its record, which was written down at `written_ms`."""

    id: str
    written_ms: int
    name: str
    sex: str
    age: int
    phone: str | None
    identity_number: str | None
    relation: str
    present: bool


class Home(msgspec.Struct):
    """A household with the id of its record; the first of `people` is its head."""

    id: str
    grid: str
    visit_class: str
    address: str
    location: dict[str, Any]
    phone: str | None
    people: list[Inhabitant]

    @property
    def adults(self) -> list[Inhabitant]:
        """Those who can act for themselves and are there: at least the head."""
        return [person for person in self.people if person.age >= ADULT_YEARS and person.present]


class Settlement:
    """Turns drawn households into homes and their facts, one millisecond after another on the day `registered`.

    Who was born since is written down some weeks after the birth, at the latest on the day `last`.
    """

    def __init__(self, random: Random, village: str, registered: date, last: date) -> None:
        self._random = random
        self._village = village
        self._registered = registered.isoformat()
        self._last = last.toordinal()
        self._now = at(registered.toordinal(), _REGISTERED_MINUTE)
        self.homes: list[Home] = []

    def facts(
        self, households: list[Household], doors: list[Address], classes: list[Share | None]
    ) -> Iterator[Fact]:
        """Each household followed by its residents."""
        for household, door, share in zip(households, doors, classes, strict=True):
            home = self._home(household, door, share)
            self.homes.append(home)
            yield self._household(home, household, door, share)
            for person, resident in zip(home.people, household.residents, strict=True):
                yield self._resident(home, person, resident)

    def _home(self, household: Household, door: Address, share: Share | None) -> Home:
        self._now += 1
        people = [self._inhabitant(resident) for resident in household.residents]
        return Home(
            id=new_id(self._random, self._now),
            grid=door.grid,
            visit_class=ORDINARY if share is None else share.visit_class,
            address=door.text,
            location={
                "latitude": door.latitude,
                "longitude": door.longitude,
                "system": "WGS-84",
                "source": POSITION_SOURCE,
            },
            phone=next((person.phone for person in people if person.phone), None),
            people=people,
        )

    def _inhabitant(self, resident: Resident) -> Inhabitant:
        written = self._now
        if resident.birth_date >= self._registered:
            born = date.fromisoformat(resident.birth_date).toordinal()
            day = born + 1 + int(_DAYS_TO_REGISTER_MAX * self._random.random())
            written = at(min(day, self._last), _REGISTERED_MINUTE + 360 * self._random.random())
        return Inhabitant(
            id=new_id(self._random, written),
            written_ms=written,
            name=resident.name,
            sex=resident.sex,
            age=resident.age,
            phone=resident.phone,
            identity_number=resident.identity_number,
            relation=resident.relation,
            present=not resident.moved_out,
        )

    def _household(self, home: Home, household: Household, door: Address, share: Share | None) -> Fact:
        fields: dict[str, Any] = {
            "name": f"{household.head.name}户",
            "address": door.text,
            "house_number": door.house_number,
            "grid": door.grid,
            "village": self._village,
            "visit_class": home.visit_class,
            "location": home.location,
            "status": "present",
        }
        if share is not None:
            fields["visit_class_reason"] = share.reason
        if home.phone is not None:
            fields["phone"] = home.phone
        if household.composition == "elder_alone":
            fields["tags"] = [_TAG_ELDER_ALONE]
        return Fact("household", home.id, self._village, self._now, fields)

    def _resident(self, home: Home, person: Inhabitant, resident: Resident) -> Fact:
        fields: dict[str, Any] = {
            "household": home.id,
            "name": person.name,
            "sex": person.sex,
            "birth_date": resident.birth_date,
            "relation": person.relation,
            "status": "moved_out" if resident.moved_out else "present",
        }
        if person.identity_number is not None:
            fields["identity_number"] = person.identity_number
        if person.phone is not None:
            fields["phone"] = person.phone
        return Fact("resident", person.id, self._village, person.written_ms, fields)
