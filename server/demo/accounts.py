"""The demonstration's accounts: a village's workers and lead, a town's clerk and supervisor, the city's one
administrator. Passwords are seeded like everything else, so these accounts are for demonstrations alone."""

from collections.abc import Iterable
from functools import lru_cache
from random import Random

import msgspec

from forms.catalogue import load_catalogue
from grid_map.divisions import load_divisions, short_code, within
from server.demo.facts import new_id, seeded
from server.demo.names import given_name, surname
from server.demo.size import HOUSEHOLDS, village_size

# Accounts exist before anything else; a fixed moment (2026-01-01 08:00 in Haining) keeps their ids independent
# of the day on which the city is made.
MADE_AT_MS = 1_767_225_600_000
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_PASSWORD_GROUPS, _GROUP_LENGTH = 3, 5
_LEAD_BORN, _WORKERS_BORN = (1968, 1988), (1972, 2001)


class DemoAccount(msgspec.Struct, frozen=True):
    """An account to be made. `division` has 12 digits for a village, 9 for a town, 6 for the city.

    `number` counts a village's workers from 1; it is 0 for everybody else.

    `id` is the worker that operations, rotas and assignments name. `departments` is empty but for a town clerk.
    """

    id: str
    username: str
    password: str
    name: str
    role: str
    division: str
    number: int = 0
    departments: tuple[str, ...] = ()


def password(random: Random) -> str:
    """Fifteen letters and digits that cannot be mistaken for each other, in groups: 74 bits."""
    groups = ("".join(random.choices(_LETTERS, k=_GROUP_LENGTH)) for _ in range(_PASSWORD_GROUPS))
    return "-".join(groups)


def _account(
    random: Random, username: str, role: str, division: str, born: tuple[int, int], number: int = 0,
    departments: tuple[str, ...] = (),
) -> DemoAccount:  # fmt: skip
    sex = "female" if random.random() < 0.5 else "male"
    name = surname(random) + given_name(random, sex, random.randint(*born))
    made = MADE_AT_MS + number
    return DemoAccount(
        new_id(random, made),
        username,
        password(random),
        name,
        role,
        short_code(division),
        number,
        departments,
    )


@lru_cache(maxsize=512)
def village_accounts(seed: int, village: str, households: int = HOUSEHOLDS) -> tuple[DemoAccount, ...]:
    """A village's lead, then its workers by number."""
    random = seeded(seed, village, "accounts")
    lead = _account(random, f"{village}-lead", "village_lead", village, _LEAD_BORN)
    workers = village_size(seed, village, households).workers
    return lead, *(
        _account(random, f"{village}-w{number}", "worker", village, _WORKERS_BORN, number)
        for number in range(1, workers + 1)
    )


@lru_cache(maxsize=64)
def town_accounts(seed: int, town: str) -> tuple[DemoAccount, ...]:
    """A town's clerk, for every department, and its supervisor."""
    random = seeded(seed, town, "accounts")
    departments = tuple(department.key for department in load_catalogue().departments)
    short = short_code(town)
    return (
        _account(random, f"{short}-clerk", "town_clerk", town, _LEAD_BORN, departments=departments),
        _account(random, f"{short}-supervisor", "town_supervisor", town, _LEAD_BORN),
    )


def accounts(seed: int, villages: Iterable[str], households: int = HOUSEHOLDS) -> list[DemoAccount]:
    """The city administrator, then town by town its people, then village by village theirs."""
    wanted = sorted(villages)
    divisions = load_divisions()
    city = next(division for division in divisions if division.kind == "city")
    admin = seeded(seed, city.code, "accounts")
    made = [_account(admin, "city-admin", "city_administrator", city.code, _LEAD_BORN)]
    for town in divisions.towns():
        inside = [village for village in wanted if within(village, town.code)]
        if inside:
            made += town_accounts(seed, town.code)
        for village in inside:
            made += village_accounts(seed, village, households)
    return made


def town_clerk(seed: int, village: str) -> DemoAccount:
    """Who works the town's queue for a village. KeyError if the village is not in the list of divisions."""
    division = load_divisions().get(village)
    if division is None or division.parent is None:
        raise KeyError(village)
    return town_accounts(seed, division.parent)[0]
