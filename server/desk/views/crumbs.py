"""The way down to where somebody is: from the visitor's own town over a village to a grid."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from server.desk.navigation import address_of
from server.desk.places import short_name
from server.desk.visitor import Visitor
from server.keys import Keys

_DIGITS = (6, 9, 12)


class Crumb(NamedTuple):
    """One step: its name and the page it leads to."""

    name: str
    address: str


def coverage_crumbs(db: sqlite3.Connection, keys: Keys, visitor: Visitor) -> list[Crumb]:
    """The coverage pages above and at this place, as far as they are the visitor's."""
    return [
        Crumb(short_name(db, keys, visitor.place[:digits]), address_of(visitor.place[:digits], "coverage"))
        for digits in _DIGITS
        if len(visitor.account.division) <= digits <= len(visitor.place)
    ]


def figures_crumbs(db: sqlite3.Connection, keys: Keys, visitor: Visitor) -> list[Crumb]:
    """The page of case figures at this place."""
    page = "case-figures" if len(visitor.place) == _DIGITS[-1] else "cases"
    return [Crumb(short_name(db, keys, visitor.place), address_of(visitor.place, page))]
