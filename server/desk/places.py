"""The names of places, from the divisions that are published; kept as long as the reference feed stands still."""

from __future__ import annotations

import sqlite3
from datetime import date

import msgspec

from grid_map.divisions import Division, Divisions, short_code
from server.keys import Keys
from server.store.changes import versions_of
from server.store.division_records import published_divisions
from server.store.places import village_range, villages_in
from sync.kinds import REFERENCE_VILLAGE

KEPT_MAX = 4
_kept: dict[tuple[str, int], Divisions] = {}


class Place(msgspec.Struct, frozen=True):
    """A place that can be entered: its code of 12, 9 or 6 digits, its name, and whether anything is recorded there."""

    code: str
    name: str
    used: bool
    villages: list[Place] = []


def divisions_of(db: sqlite3.Connection, keys: Keys) -> Divisions:
    """The published divisions, as this snapshot has them."""
    file = next((path for _, name, path in db.execute("PRAGMA database_list") if name == "main"), "")
    at = file, versions_of(db, REFERENCE_VILLAGE)[0]
    found = _kept.get(at)
    if found is None:
        found = published_divisions(db, keys)
        while len(_kept) >= KEPT_MAX:
            _kept.pop(next(iter(_kept)), None)
        _kept[at] = found
    return found


def place_name(db: sqlite3.Connection, keys: Keys, place: str) -> str:
    """A village's name with its town's, a town's or the city's; the code itself where nobody has named it."""
    return divisions_of(db, keys).display_name(place)


def short_name(db: sqlite3.Connection, keys: Keys, place: str) -> str:
    """A place's own name, where its town stands beside it already."""
    found = divisions_of(db, keys).get(place)
    return place if found is None else found.short_name


def places_below(db: sqlite3.Connection, keys: Keys, place: str, today: date) -> list[Place]:
    """The towns of a city, or the town itself, each with its villages in force; those in use first."""
    divisions = divisions_of(db, keys)
    towns = divisions.towns() if len(place) == 6 else [divisions.get(place)]
    used = set(villages_in(db, village_range(place)))
    found = []
    for town in towns:
        if town is not None and town.in_force(today):
            below = [
                Place(unit.code, unit.short_name, unit.code in used)
                for unit in divisions.children(town.code)
                if unit.in_force(today) or unit.code in used
            ]
            found.append(_town(town, below))
    return sorted(found, key=lambda one: not one.used)


def _town(town: Division, villages: list[Place]) -> Place:
    return Place(short_code(town.code), town.name, any(one.used for one in villages), villages)
