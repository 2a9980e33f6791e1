"""Grids: polygons with a code, and which grid a position is in.

The default code rule is a village code + 3 digits, numbered west to east, north to south ([ASSUMED] in the
domain notes, Codes; a setting). Grids are re-cut, so each carries a version and effective dates.

A position on a border belongs to the grid with the lowest code, on every machine.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from math import ceil, sqrt
from typing import Literal

import msgspec
import shapely

Position = tuple[float, float]
Ring = tuple[Position, ...]


class Grid(msgspec.Struct, frozen=True):
    """One grid. `parts` are polygons, each an outer ring and its holes; positions are (lon, lat), WGS-84.

    `village` is a 12-digit code. `label` is shown with the geometry, 演示位置 for the demonstration's.
    """

    code: str
    name: str
    village: str
    parts: tuple[tuple[Ring, ...], ...]
    effective_from: date | None = None
    effective_to: date | None = None
    version: int = 1
    label: str = ""

    def in_force(self, day: date) -> bool:
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day <= self.effective_to
        )


class CodeRule(msgspec.Struct, frozen=True):
    """How grid codes are made: village code + `digits` digits from `first` on, by rows or by columns.

    `rows`: rows from north to south, each from west to east. `columns`: columns from west to east, each from
    north to south.
    """

    digits: int = 3
    first: int = 1
    reading: Literal["rows", "columns"] = "rows"

    def matches(self, code: str, village: str) -> bool:
        tail = code.removeprefix(village)
        return code.startswith(village) and len(tail) == self.digits and tail.isascii() and tail.isdigit()

    def number(self, village: str, centres: Sequence[Position]) -> tuple[str, ...]:
        """Codes for grids of one village, in the order of `centres`. ValueError when the digits do not suffice."""
        if self.first + len(centres) > 10**self.digits:
            raise ValueError(
                f"网格数超出编码位数：{len(centres)}（more grids than {self.digits} digits can number）"
            )
        codes = [""] * len(centres)
        for place, index in enumerate(self._reading_order(centres)):
            codes[index] = f"{village}{self.first + place:0{self.digits}d}"
        return tuple(codes)

    def _reading_order(self, centres: Sequence[Position]) -> list[int]:
        """Cuts the centres into about the square root of their number of lines, then reads line by line."""
        by_rows = self.reading == "rows"
        order = sorted(range(len(centres)), key=lambda i: (-centres[i][1], centres[i][0], i))
        if not by_rows:
            order = sorted(range(len(centres)), key=lambda i: (centres[i][0], -centres[i][1], i))
        size = max(1, ceil(sqrt(len(centres))))
        lines = [order[at : at + size] for at in range(0, len(order), size)]
        for line in lines:
            line.sort(key=lambda i: (centres[i][0], i) if by_rows else (-centres[i][1], i))
        return [index for line in lines for index in line]


def outline(grid: Grid) -> shapely.MultiPolygon:
    """The grid's geometry for computing."""
    return shapely.MultiPolygon([shapely.Polygon(part[0], part[1:]) for part in grid.parts])


class GridIndex:
    """Which grid a position is in, by a tree of the grids' bounds. Immutable; build a new one when grids change."""

    def __init__(self, grids: Iterable[Grid]) -> None:
        self.grids = tuple(sorted(grids, key=lambda g: (g.code, -g.version)))
        self._shapes = [outline(grid) for grid in self.grids]
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)
        self._by_code: dict[str, int] = {}
        for index, grid in enumerate(self.grids):
            self._by_code.setdefault(grid.code, index)

    def get(self, code: str) -> Grid | None:
        """The grid of a code, its highest version where there are several."""
        index = self._by_code.get(code)
        return None if index is None else self.grids[index]

    def grid_at(self, lon: float, lat: float, day: date | None = None) -> Grid | None:
        """The grid that holds a position, of those in force on `day` if one is given. None outside all grids.

        On a border, or where grids overlap: the lowest code, then the highest version.
        """
        hits: list[int] = sorted(self._tree.query(shapely.Point(lon, lat), predicate="intersects").tolist())
        for index in hits:
            grid = self.grids[index]
            if day is None or grid.in_force(day):
                return grid
        return None

    def shape(self, code: str) -> shapely.MultiPolygon | None:
        """The geometry of a code's grid, prepared for many questions."""
        index = self._by_code.get(code)
        return None if index is None else self._shapes[index]
