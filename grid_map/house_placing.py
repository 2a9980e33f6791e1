"""Demonstration households placed in a grid: along lanes, numbered the way people walk.

A lane runs along the grid's longer side; the next one comes back, so house numbers follow a walk through the
grid. Odd and even numbers stand on the two sides of a lane. A villagers' group (组) is one lane or a few short
ones, numbered from 1; now and then a house was built between two others (12-1号).
"""

from collections.abc import Iterator
from math import atan2, ceil, cos, radians, sin, sqrt

import msgspec
import shapely
from shapely import affinity

from grid_map.grids import Grid, Position, outline
from grid_map.mixing import fraction, mixed
from grid_map.tessellation import DECIMALS

_METERS_PER_DEGREE = 111_195.0
_EDGE_METERS = 25.0  # houses keep this far from the grid's border
_SIDE_METERS = 9.0  # from the middle of a lane to a door
_GROUP_HOUSES_MIN = 25
_BETWEEN_EVERY = 30  # one house in so many was built between two others


class PlacedHouse(msgspec.Struct, frozen=True):
    """A demonstration house: `group`, `number` and `sub` (0 for none) make its number; position in degrees."""

    group: int
    number: int
    sub: int
    lon: float
    lat: float

    def house_number(self, group_word: str = "组") -> str:
        """3组12号, 3组12-1号; another word (幢, 弄) for places that have no groups."""
        sub = f"-{self.sub}" if self.sub else ""
        return f"{self.group}{group_word}{self.number}{sub}号"


def place_households(grid: Grid, count: int, seed: int = 1, first_group: int = 1) -> tuple[PlacedHouse, ...]:
    """`count` houses inside the grid, in the order of their numbers; groups are numbered from `first_group`.

    For a village number the groups through: pass the last group of one grid + 1 as the next one's first.
    Deterministic by grid code, count and seed.
    """
    shape = outline(grid)
    plane = _Plane(shape.centroid.x, shape.centroid.y)
    key = mixed(seed, int(grid.code) if grid.code.isdigit() else 0)
    doors = list(_doors(plane.to_meters(shape), count, key))
    positions = [plane.to_degrees(door) for _, door, _ in doors]
    inside = shapely.contains_xy(shape, positions).tolist() if positions else []
    houses: list[PlacedHouse] = []
    lane_before, group, number, sub, in_group = -1, first_group, 0, 0, 0
    for place, (lane, _, middle) in enumerate(doors):
        if lane != lane_before and in_group >= _GROUP_HOUSES_MIN:
            group, number, in_group = group + 1, 0, 0
        between = number > 0 and mixed(key, place) % _BETWEEN_EVERY == 0
        number, sub = (number, sub + 1) if between else (number + 1, 0)
        lane_before, in_group = lane, in_group + 1
        lon, lat = positions[place] if inside[place] else plane.to_degrees(middle)
        houses.append(PlacedHouse(group, number, sub, lon, lat))
    return tuple(houses)


class _Plane:
    """Metres around a point, good for a few kilometres."""

    def __init__(self, lon: float, lat: float) -> None:
        self._lon, self._lat = lon, lat
        self._east = _METERS_PER_DEGREE * cos(radians(lat))

    def to_meters(self, shape: shapely.MultiPolygon) -> shapely.MultiPolygon:
        moved = affinity.translate(shape, -self._lon, -self._lat)
        return affinity.scale(moved, self._east, _METERS_PER_DEGREE, origin=(0, 0))

    def to_degrees(self, point: Position) -> Position:
        lon, lat = self._lon + point[0] / self._east, self._lat + point[1] / _METERS_PER_DEGREE
        return round(lon, DECIMALS), round(lat, DECIMALS)


def _doors(shape: shapely.MultiPolygon, count: int, key: int) -> Iterator[tuple[int, Position, Position]]:
    """For each house, in walking order: its lane, its door, and the middle of the lane in front of it (metres)."""
    angle = _long_side(shape)
    turned = affinity.rotate(shape, -angle, origin=(0, 0), use_radians=True)
    lanes = _lanes(turned, count)
    lengths = [abs(end[0] - start[0]) for start, end in lanes]
    total = sum(lengths)
    cosine, sine = cos(angle), sin(angle)
    lane, walked = 0, 0.0
    for place in range(count):
        at = (place + 0.2 + 0.6 * fraction(key, place, 1)) / count * total
        while at > walked + lengths[lane] and lane < len(lanes) - 1:
            walked += lengths[lane]
            lane += 1
        (start_x, y), (end_x, _) = lanes[lane]
        x = start_x + (at - walked if end_x > start_x else walked - at)
        side = _SIDE_METERS if place % 2 else -_SIDE_METERS
        # turned back into place: (x, y) times the rotation
        middle = (x * cosine - y * sine, x * sine + y * cosine)
        yield lane, (middle[0] - side * sine, middle[1] + side * cosine), middle


def _long_side(shape: shapely.MultiPolygon) -> float:
    """The direction of the longer side, in radians."""
    corners = shapely.get_coordinates(shape.minimum_rotated_rectangle.exterior).tolist()
    (ax, ay), (bx, by), (cx, cy) = corners[:3]
    if (bx - ax) ** 2 + (by - ay) ** 2 >= (cx - bx) ** 2 + (cy - by) ** 2:
        return atan2(by - ay, bx - ax)
    return atan2(cy - by, cx - bx)


def _lanes(shape: shapely.MultiPolygon, count: int) -> list[tuple[Position, Position]]:
    """Parallel lanes through the shape, every second one walked backwards; far enough apart for `count` houses."""
    inner = shape.buffer(-_EDGE_METERS)
    ground = shape if inner.is_empty else inner
    left, low, right, high = ground.bounds
    apart = 2 * sqrt(ground.area / max(count, 1))
    rows = max(1, min(ceil((high - low) / apart), count))
    lanes: list[tuple[Position, Position]] = []
    for row in range(rows):
        y = low + (row + 0.5) * (high - low) / rows
        crossing = shapely.intersection(ground, shapely.LineString([(left - 1, y), (right + 1, y)]))
        spans = [part.bounds for part in shapely.get_parts(crossing).tolist() if part.length > 0]
        for from_x, _, to_x, _ in sorted(spans, reverse=row % 2 == 1):
            lanes.append(((from_x, y), (to_x, y)) if row % 2 == 0 else ((to_x, y), (from_x, y)))
    return lanes
