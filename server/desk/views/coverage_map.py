"""The map of coverage: villages (unions of their grids) or grids, by their share of overdue households.

Geometry comes from the records of grids; it is computed again when one of them changes.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import Any, Final

import msgspec
import shapely
import shapely.ops

from grid_map.coordinates import wgs84_to_gcj02
from grid_map.grids import outline
from server.desk.views.coverage import TOWN_DIGITS, VILLAGE_DIGITS, PlaceRow
from server.keys import Keys
from server.settings import Settings
from server.store.grid_shapes import GridShape, grids_digest, grids_of
from server.store.places import village_range

SHARES: Final = (0.0, 0.05, 0.1, 0.2)
"""Shades: none, up to 5 %, up to 10 %, up to 20 %, more."""
DECIMALS: Final = 6
_KEPT_MAX = 64
_Outlines = dict[str, shapely.Geometry]
_kept: dict[tuple[str, str], tuple[_Outlines, str]] = {}


class Area(msgspec.Struct, frozen=True):
    """A place on the map. `geometry` is GeoJSON; `shade` counts from 0 (none overdue) to 4."""

    code: str
    name: str
    address: str
    households: int
    overdue: int
    shade: int
    geometry: dict[str, Any]


class Tiles(msgspec.Struct, frozen=True):
    """A base map, where the server has one set."""

    url: str
    attribution: str


class CoverageMap(msgspec.Struct, frozen=True):
    """What the map draws; `label` is to be said beside it (演示位置), `missing` are places without geometry."""

    areas: list[Area]
    label: str
    missing: list[str]
    tiles: Tiles | None


def shade_of(share: float) -> int:
    """The shade of a share of overdue households."""
    return sum(share > above for above in SHARES)


def coverage_map(
    db: sqlite3.Connection,
    keys: Keys,
    settings: Settings,
    place: str,
    rows: list[PlaceRow],
    addresses: dict[str, str],
) -> CoverageMap:
    """The map of the places below; `addresses` says which page each of them leads to."""
    outlines, label = _outlines(db, keys, place)
    shifted = settings.tile_url is not None and settings.tile_system == "gcj02"
    areas = [
        Area(
            code=row.code,
            name=row.name,
            address=addresses.get(row.code, ""),
            households=row.households,
            overdue=row.overdue,
            shade=shade_of(row.share),
            geometry=_geometry(outlines[row.code], shifted),
        )
        for row in rows
        if row.code in outlines
    ]
    tiles = None if settings.tile_url is None else Tiles(settings.tile_url, settings.tile_attribution or "")
    missing = [row.name for row in rows if row.code and row.code not in outlines]
    return CoverageMap(areas, label, missing, tiles)


def _outlines(db: sqlite3.Connection, keys: Keys, place: str) -> tuple[_Outlines, str]:
    villages = village_range(place)
    at = place, grids_digest(db, villages)
    found = _kept.get(at)
    if found is None:
        shapes = grids_of(db, keys, villages)
        labels = {shape.label for shape in shapes if shape.label}
        found = _united(place, shapes), "、".join(sorted(labels))
        while len(_kept) >= _KEPT_MAX:
            _kept.pop(next(iter(_kept)), None)
        _kept[at] = found
    return found


def _united(place: str, shapes: list[GridShape]) -> _Outlines:
    parts: dict[str, list[shapely.Geometry]] = defaultdict(list)
    for shape in shapes:
        if shape.grid is not None:
            parts[_code(place, shape)].append(outline(shape.grid))
    return {
        code: of[0] if len(of) == 1 else shapely.union_all(of, grid_size=10**-DECIMALS)
        for code, of in parts.items()
    }


def _code(place: str, shape: GridShape) -> str:
    if len(place) == VILLAGE_DIGITS:
        return shape.code
    return shape.village[:TOWN_DIGITS] if len(place) < TOWN_DIGITS else shape.village


def _geometry(shape: shapely.Geometry, shifted: bool) -> dict[str, Any]:
    if shifted:
        shape = shapely.ops.transform(wgs84_to_gcj02, shape)
    return dict(shapely.geometry.mapping(shapely.set_precision(shape, 10**-DECIMALS)))
