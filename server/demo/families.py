"""Who lives together: households as couples, families, three generations, elderly people and tenants.

Everything is in years of age until the end, so that relations keep their distance: a mother is 20 to 42 years
older than her child, a father at least 20, spouses at most 8 years apart. Birth days are set within the year of
age, which can bring two people at most one year closer.
"""

from collections.abc import Callable
from random import Random

import msgspec

HEAD, SPOUSE, SON, DAUGHTER = "户主", "配偶", "子", "女"
FATHER, MOTHER, GRANDSON, GRANDDAUGHTER = "父", "母", "孙子", "孙女"
DAUGHTER_IN_LAW, SON_IN_LAW, LODGER = "儿媳", "女婿", "非亲属"
ADULT_YEARS = 18

Make = Callable[[Random], "list[Person]"]


class Person(msgspec.Struct):
    """One member. `line` names a line of descent: whoever shares it in a household shares a surname."""

    relation: str
    sex: str
    age: int
    line: str


def _between(random: Random, low: int, high: int) -> int:
    return low + int(random.random() * (high - low + 1))


def _other(sex: str) -> str:
    return "female" if sex == "male" else "male"


def _head(random: Random, low: int, high: int, men: float = 0.8) -> Person:
    sex = "male" if random.random() < men else "female"
    return Person(HEAD, sex, _between(random, low, high), "head")


def _spouse(random: Random, person: Person, relation: str = SPOUSE, line: str = "spouse") -> Person:
    """Women are on the average two years younger; both of age to marry (20 and 22)."""
    sex = _other(person.sex)
    older = _between(random, -4, 1) if sex == "female" else _between(random, -1, 4)
    return Person(relation, sex, max(23, person.age + older), line)


def _child(random: Random, mother: int, age_max: int, names: tuple[str, str], line: str) -> Person:
    low = max(0, mother - 40)
    high = max(low, min(age_max, mother - 22))
    son = random.random() < 0.52
    return Person(names[0 if son else 1], "male" if son else "female", _between(random, low, high), line)


def _children(random: Random, parents: list[Person], count: int, names: tuple[str, str]) -> list[Person]:
    """Children of a couple, eldest first, under one surname (in three couples of twenty the mother's)."""
    mother = min(person.age for person in parents)
    wanted = "male" if random.random() < 0.85 else "female"
    line = next(person.line for person in parents if person.sex == wanted)
    found = [_child(random, mother, 26, names, line) for _ in range(count)]
    return sorted(found, key=lambda child: -child.age)


def couple_elder(random: Random) -> list[Person]:
    head = _head(random, 62, 86)
    return [head, _spouse(random, head)]


def couple(random: Random) -> list[Person]:
    head = _head(random, 26, 60)
    return [head, _spouse(random, head)]


def family(random: Random) -> list[Person]:
    head = _head(random, 28, 54)
    parents = [head, _spouse(random, head)]
    return parents + _children(random, parents, 2 if random.random() < 0.3 else 1, (SON, DAUGHTER))


def three_generations(random: Random) -> list[Person]:
    return _with_parents(random) if random.random() < 0.6 else _with_grandchildren(random)


def _with_parents(random: Random) -> list[Person]:
    """The middle generation is the head; one or both parents live along."""
    head = _head(random, 32, 56, men=0.85)
    parents = [head, _spouse(random, head)]
    mother_age = head.age + _between(random, 21, 32)
    elders = []
    if random.random() < 0.7:
        elders.append(Person(FATHER, "male", min(98, mother_age + _between(random, -1, 4)), "head"))
    if random.random() < 0.8 or not elders:
        elders.append(Person(MOTHER, "female", min(98, mother_age), "mother"))
    count = 2 if random.random() < 0.25 else 1
    return parents + elders + _children(random, parents, count, (SON, DAUGHTER))


def _with_grandchildren(random: Random) -> list[Person]:
    """The eldest is the head; a married child brings the grandchildren. A son-in-law who moves in is no rarity."""
    head = _head(random, 54, 76, men=0.85)
    spouse = _spouse(random, head)
    mother_age = min(head.age, spouse.age)
    stays = "male" if random.random() < 0.65 else "female"
    age = max(25, min(mother_age - 21, mother_age - _between(random, 21, 30)))
    child = Person(SON if stays == "male" else DAUGHTER, stays, age, "head")
    partner = _spouse(random, child, DAUGHTER_IN_LAW if stays == "male" else SON_IN_LAW, "partner")
    pair = [child, partner]
    count = 2 if random.random() < 0.25 else 1
    return [head, spouse, *pair, *_children(random, pair, count, (GRANDSON, GRANDDAUGHTER))]


def elder_alone(random: Random) -> list[Person]:
    return [_head(random, 64, 94, men=0.4)]


def single(random: Random) -> list[Person]:
    return [_head(random, 24, 60, men=0.65)]


def tenants(random: Random) -> list[Person]:
    head = _head(random, 20, 52)
    draw = random.random()
    if draw < 0.4 or head.age < 26:
        return [head]
    if draw < 0.55:
        return [head, Person(LODGER, head.sex, _between(random, 19, 50), "lodger")]
    parents = [head, _spouse(random, head)]
    return parents if draw < 0.8 else parents + _children(random, parents, 1, (SON, DAUGHTER))


# Shares of households, in thousandths: first of a village, then of a community (more tenants, fewer elders along).
COMPOSITION: tuple[tuple[str, Make, int, int], ...] = (
    ("couple_elder", couple_elder, 125, 120),
    ("couple", couple, 90, 110),
    ("family", family, 290, 325),
    ("three_generations", three_generations, 220, 135),
    ("elder_alone", elder_alone, 95, 90),
    ("single", single, 70, 70),
    ("tenants", tenants, 110, 150),
)
