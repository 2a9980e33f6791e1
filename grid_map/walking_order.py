"""An order in which to walk today's due households.

Starts where the worker stands, or at the first house number; nearest neighbour, then 2-opt and or-opt until
nothing gets shorter. The result is never longer than the order of house numbers: that order is improved
too, and the shortest is taken. The same input gives the same order; ties keep house-number order.

Lengths are metres on a local plane, straight from door to door: an order of at most a few kilometres needs no
geodesic, and nobody's path is measured or kept.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import cos, hypot, radians

import msgspec

from grid_map.house_numbers import house_number_key

_METERS_PER_DEGREE = 111_195.0
_SHORTER_METERS = 1e-6  # what counts as shorter; stops rounding noise from going round in circles
_SEGMENT_MAX = 3  # or-opt moves runs of up to three households


class Stop(msgspec.Struct, frozen=True):
    """A household to see: `house_number` as in its address (3组12号), its position in degrees."""

    id: str
    house_number: str
    lon: float
    lat: float


class WalkingOrder(msgspec.Struct, frozen=True):
    """The ids in order, the length of that walk and of the one by house number, in metres."""

    ids: tuple[str, ...]
    length_meters: float
    house_number_length_meters: float


def by_house_number(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    """The stops in house-number order; ties by id."""
    return tuple(sorted(stops, key=lambda s: (house_number_key(s.house_number), s.id)))


def walking_order(stops: Sequence[Stop], start: tuple[float, float] | None = None) -> WalkingOrder:
    """The order to walk; `start` is where the worker stands, (lon, lat), None for the first house number."""
    ordered = by_house_number(stops)
    if not ordered:
        return WalkingOrder((), 0.0, 0.0)
    doors = [(stop.lon, stop.lat) for stop in ordered]
    points = doors if start is None else [start, *doors]
    distances = _distances(points)
    plain = list(range(len(points)))
    candidates = (_improved(plain, distances), _improved(_nearest(distances), distances))
    best = min(candidates, key=lambda path: _length(path, distances))
    walked = [ordered[i] for i in best] if start is None else [ordered[i - 1] for i in best[1:]]
    return WalkingOrder(tuple(s.id for s in walked), _length(best, distances), _length(plain, distances))


def _distances(points: list[tuple[float, float]]) -> list[list[float]]:
    """Metres between all points, on the plane that touches the first one's parallel."""
    east = _METERS_PER_DEGREE * cos(radians(points[0][1]))
    plane = [(lon * east, lat * _METERS_PER_DEGREE) for lon, lat in points]
    return [[hypot(x - u, y - v) for u, v in plane] for x, y in plane]


def _length(path: list[int], distances: list[list[float]]) -> float:
    return sum(distances[a][b] for a, b in pairwise(path))


def _nearest(distances: list[list[float]]) -> list[int]:
    path, left = [0], set(range(1, len(distances)))
    while left:
        row = distances[path[-1]]
        following = min(left, key=lambda i: (row[i], i))
        left.remove(following)
        path.append(following)
    return path


def _improved(path: list[int], distances: list[list[float]]) -> list[int]:
    """An open path with a fixed start, improved until no reversal and no moved run makes it shorter."""
    path = list(path)
    while _reverse_once(path, distances) or _move_once(path, distances):
        pass
    return path


def _reverse_once(path: list[int], distances: list[list[float]]) -> bool:
    """One sweep of 2-opt: reverses runs wherever that is shorter; whether anything changed."""
    changed = False
    last = len(path) - 1
    for i in range(1, last):
        for j in range(i + 1, last + 1):
            before, first, end = path[i - 1], path[i], path[j]
            gain = distances[before][first] - distances[before][end]
            if j < last:
                after = path[j + 1]
                gain += distances[end][after] - distances[first][after]
            if gain > _SHORTER_METERS:
                path[i : j + 1] = path[i : j + 1][::-1]
                changed = True
    return changed


def _move_once(path: list[int], distances: list[list[float]]) -> bool:
    """Or-opt: moves the first run that is better elsewhere; whether one was moved."""
    for size in range(1, _SEGMENT_MAX + 1):
        for i in range(1, len(path) - size + 1):
            run = path[i : i + size]
            rest = path[:i] + path[i + size :]
            freed = _link(distances, path[i - 1], run[0]) + _joined(distances, run[-1], path, i + size)
            freed -= _joined(distances, path[i - 1], path, i + size)
            for k in range(1, len(rest) + 1):
                cost = _link(distances, rest[k - 1], run[0]) + _joined(distances, run[-1], rest, k)
                cost -= _joined(distances, rest[k - 1], rest, k)
                if freed - cost > _SHORTER_METERS:
                    path[:] = rest[:k] + run + rest[k:]
                    return True
    return False


def _link(distances: list[list[float]], a: int, b: int) -> float:
    return distances[a][b]


def _joined(distances: list[list[float]], a: int, path: list[int], at: int) -> float:
    """The way from `a` to what stands at a place of the path; nothing at its end."""
    return distances[a][path[at]] if at < len(path) else 0.0
