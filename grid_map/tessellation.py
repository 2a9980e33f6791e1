"""Demonstration geometry: a made-up cutting of the city into towns, villages and about five grids each.

No village outlines were found (domain notes, Codes), so none are claimed: every grid carries the label 演示位置.
Only two things resemble the ground: the extent (30.25-30.58 N, 120.30-120.87 E) and roughly which town lies where.

How: the convex outline is cut in two again and again, by weight, down to towns, villages and grids; the centres
of the pieces are the seeds of one Voronoi diagram, whose cells are the grids. Neighbours in it share their
vertices, so after rounding to 6 decimals there is still no gap and no overlap, and a village or a town is simply
the union of its grids. Deterministic: the same divisions and seed give the same grids.
"""

from collections.abc import Sequence
from functools import lru_cache

import shapely

from grid_map.cutting import Piece, centre, cut
from grid_map.divisions import Division, Divisions, load_divisions, within
from grid_map.grids import CodeRule, Grid, Position, Ring
from grid_map.mixing import mixed

DEMO_LABEL = "演示位置"
DECIMALS = 6
OUTLINE: Piece = (
    (120.33, 30.35), (120.50, 30.31), (120.70, 30.28), (120.83, 30.28), (120.865, 30.36), (120.86, 30.47),
    (120.80, 30.56), (120.70, 30.57), (120.55, 30.53), (120.40, 30.46), (120.31, 30.40),
)  # fmt: skip
# Roughly where a town lies: longitude and latitude.
_TOWN_PLACES = {
    "330481001000": (120.73, 30.53), "330481002000": (120.67, 30.50), "330481003000": (120.67, 30.55),
    "330481004000": (120.76, 30.46), "330481101000": (120.35, 30.40), "330481103000": (120.45, 30.42),
    "330481105000": (120.52, 30.43), "330481106000": (120.68, 30.36), "330481107000": (120.60, 30.47),
    "330481108000": (120.84, 30.30), "330481110000": (120.58, 30.36), "330481112000": (120.82, 30.42),
}  # fmt: skip
# A community is built more densely than a village, so it gets less ground.
_GROUND = {"community": 0.55, "village": 1.0, "pseudo": 0.8}


@lru_cache(maxsize=4)
def demo_grids(code: str | None = None, seed: int = 1) -> tuple[Grid, ...]:
    """The demonstration's grids of a village, a town or the whole city (None), in code order."""
    if code is None:
        return tessellate(load_divisions(), seed)
    return tuple(grid for grid in demo_grids(None, seed) if within(grid.village, code))


def tessellate(divisions: Divisions, seed: int = 1) -> tuple[Grid, ...]:
    """Grids for every unit of any divisions, in code order; a town that is not on the map lies in the middle."""
    units: list[Division] = []
    seeds: list[Position] = []
    for town, ground in _towns(divisions, seed):
        members = [(unit, _GROUND[unit.kind]) for unit in divisions.units_of(town.code)]
        for unit, piece in cut(ground, members, seed):
            for _, part in cut(piece, [(n, 1.0) for n in range(_grid_count(unit, seed))], seed):
                units.append(unit)
                seeds.append(centre(part))
    rings = _cells(seeds)
    by_unit: dict[str, list[Ring]] = {}
    for unit, ring in zip(units, rings, strict=True):
        by_unit.setdefault(unit.code, []).append(ring)
    return tuple(grid for code in sorted(by_unit) for grid in _grids_of(code, by_unit[code]))


def _towns(divisions: Divisions, seed: int) -> list[tuple[Division, Piece]]:
    towns = []
    for town in divisions.towns():
        weight = sum(_GROUND[unit.kind] for unit in divisions.units_of(town.code))
        if weight:
            towns.append((town, weight))
    middle = centre(OUTLINE)
    return cut(OUTLINE, towns, seed, lambda town: _TOWN_PLACES.get(town.code, middle))


def _grid_count(unit: Division, seed: int) -> int:
    """4, 5 or 6: on average 5."""
    return 4 + mixed(seed, int(unit.code)) % 3


def _cells(seeds: Sequence[Position]) -> list[Ring]:
    """The Voronoi cell of each seed within the outline, rounded: an outer ring, closed, counter-clockwise."""
    outline = shapely.Polygon(OUTLINE)
    diagram = shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=outline, ordered=True)
    cells = shapely.intersection(shapely.get_parts(diagram), outline)
    return [_rounded(cell) for cell in shapely.orient_polygons(cells).tolist()]


def _rounded(cell: shapely.Polygon) -> Ring:
    """Rounding is the same for all cells that meet in a vertex; vertices that become one are written once."""
    ring: list[Position] = []
    for lon, lat in shapely.get_coordinates(cell.exterior).round(DECIMALS).tolist():
        if not ring or ring[-1] != (lon, lat):
            ring.append((lon, lat))
    return tuple(ring)


def _grids_of(village: str, rings: list[Ring]) -> list[Grid]:
    codes = CodeRule().number(village, [centre(ring[:-1]) for ring in rings])
    grids = [
        Grid(code=code, name=f"第{int(code[12:])}网格", village=village, parts=((ring,),), label=DEMO_LABEL)
        for code, ring in zip(codes, rings, strict=True)
    ]
    return sorted(grids, key=lambda grid: grid.code)
