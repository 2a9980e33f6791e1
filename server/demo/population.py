"""The households and residents of one village, named, numbered and addressed, in the order of their doors."""

from datetime import date
from random import Random

import msgspec

from server.demo.families import (
    ADULT_YEARS,
    COMPOSITION,
    HEAD,
    SPOUSE,
    Make,
    Person,
)
from server.demo.names import given_name, surname
from server.demo.numbers import IdentityNumbers, phone_number

NUMBER_RECORDED_SHARE = 0.96
PHONE_SHARE = 0.8
MOVED_OUT_SHARE = 0.01
DAYS_A_YEAR = 365.2425


class Resident(msgspec.Struct):
    """A resident; `birth_date` is ISO text, `age` in full years on the day the village is made for."""

    name: str
    sex: str
    birth_date: str
    age: int
    relation: str
    identity_number: str | None
    phone: str | None
    moved_out: bool


class Household(msgspec.Struct):
    """A household; `composition` is its line in `families.COMPOSITION`. The first resident is its head."""

    composition: str
    residents: list[Resident]

    @property
    def head(self) -> Resident:
        return self.residents[0]


def draw_households(
    random: Random, count: int, today: date, numbers: IdentityNumbers, community: bool
) -> list[Household]:
    """`count` households in the exact shares of the composition, shuffled: neighbours are not alike."""
    makes = _shares(count, community)
    random.shuffle(makes)
    phones = random.randrange(10_000)
    households = []
    for composition, make in makes:
        people = make(random)
        newcomer = composition == "tenants"
        residents = _residents(random, people, today, numbers, newcomer, phones)
        phones += len(residents)
        households.append(Household(composition, residents))
    return households


def _shares(count: int, community: bool) -> list[tuple[str, Make]]:
    makes: list[tuple[str, Make]] = []
    done = 0
    for name, make, in_village, in_community in COMPOSITION:
        done += in_community if community else in_village
        makes += [(name, make)] * (round(count * done / 1000) - len(makes))
    return makes


def _residents(
    random: Random, people: list[Person], today: date, numbers: IdentityNumbers, newcomer: bool, phones: int
) -> list[Resident]:
    surnames: dict[str, str] = {}
    today_ordinal = today.toordinal()
    residents = []
    for place, person in enumerate(people):
        born = date.fromordinal(_birth_ordinal(random, person.age, today_ordinal))
        birth_date = born.isoformat()
        if (family_name := surnames.get(person.line)) is None:
            family_name = surnames[person.line] = surname(random, newcomer)
        recorded = random.random() < NUMBER_RECORDED_SHARE
        has_phone = ADULT_YEARS <= person.age < 88 and random.random() < PHONE_SHARE
        residents.append(
            Resident(
                name=family_name + given_name(random, person.sex, born.year),
                sex=person.sex,
                birth_date=birth_date,
                age=person.age,
                relation=person.relation,
                identity_number=numbers.issue(birth_date, person.sex) if recorded else None,
                phone=phone_number(phones + place) if has_phone else None,
                moved_out=person.relation not in {HEAD, SPOUSE} and random.random() < MOVED_OUT_SHARE,
            )
        )
    return residents


def _birth_ordinal(random: Random, age: int, today_ordinal: int) -> int:
    """A day on which somebody was born who is `age` today: at least a day ago, as nobody is born today."""
    return today_ordinal - int((age + 0.006 + 0.984 * random.random()) * DAYS_A_YEAR) - 1
