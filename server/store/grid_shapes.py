"""The grids of villages as their records define them: names for lists, geometry for maps."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

import msgspec

from grid_map.geojson import read_grids
from grid_map.grids import Grid
from grid_map.problems import BadInputError
from server.keys import Keys
from server.store.bodies import opened
from server.store.places import VillageRange


class GridShape(msgspec.Struct, frozen=True):
    """A grid that stands: its code and name; `grid` is None where its record draws nothing that can be drawn."""

    code: str
    village: str
    name: str
    grid: Grid | None

    @property
    def label(self) -> str:
        """What is to be said beside the geometry, as 演示位置."""
        return "" if self.grid is None else self.grid.label


def grids_digest(db: sqlite3.Connection, villages: VillageRange) -> str:
    """What changes whenever a grid of these villages does: a hash of their records as they are kept."""
    rows = db.execute(
        "SELECT body FROM records WHERE kind = 'grid' AND village >= ? AND village < ?", villages
    )
    digest = hashlib.sha256()
    for (body,) in sorted(rows):  # an ORDER BY would go over every record of the villages
        digest.update(body)
    return digest.hexdigest()


def grids_of(db: sqlite3.Connection, keys: Keys, villages: VillageRange) -> list[GridShape]:
    """The grids of these villages, by code; of one that was re-cut the highest version."""
    found: dict[str, tuple[int, GridShape]] = {}
    rows = db.execute(
        "SELECT id, village, body FROM records WHERE kind = 'grid' AND village >= ? AND village < ?", villages
    )
    for identifier, village, body in rows:
        record = opened(keys, identifier, body)
        if record.void is not None:
            continue
        code, version = str(record.values["key"]), int(record.values.get("version") or 1)
        if code not in found or found[code][0] <= version:
            found[code] = version, _shape(code, village, record.values["definition"])
    return [shape for _, (_, shape) in sorted(found.items())]


def _shape(code: str, village: str, definition: Any) -> GridShape:
    properties = definition.get("properties") if isinstance(definition, dict) else None
    said = properties.get("name") if isinstance(properties, dict) else None
    name = said if isinstance(said, str) and said.strip() else f"{code.removeprefix(village)}网格"
    document = {"type": "FeatureCollection", "features": [_with_numbers(definition)]}
    try:
        (grid,) = read_grids(msgspec.json.encode(document))
    except BadInputError:
        return GridShape(code, village, name, None)
    return GridShape(code, village, name, grid)


def _with_numbers(definition: Any) -> Any:
    """A feature with its positions as numbers: an operation holds no fractions, so its record writes them as text."""
    if not isinstance(definition, dict) or not isinstance(definition.get("geometry"), dict):
        return definition
    geometry = definition["geometry"]
    return definition | {"geometry": geometry | {"coordinates": _numbers(geometry.get("coordinates"))}}


def _numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbers(one) for one in value]
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
