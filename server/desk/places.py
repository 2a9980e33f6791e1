"""The names of places, from the divisions that the catalogue's feed carries."""

from __future__ import annotations

import sqlite3

from grid_map.divisions import load_divisions
from server.keys import Keys


def place_name(db: sqlite3.Connection, keys: Keys, place: str) -> str:
    """A village's, town's or the city's name; the code itself where nobody has named it."""
    found = load_divisions().get(place)
    return place if found is None else found.name
