"""Cutting a convex piece of ground into parts by weight (recursive bisection), for demonstration data."""

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from math import cos, radians, sin
from typing import TypeVar

from grid_map.grids import Position
from grid_map.mixing import fraction

T = TypeVar("T")
Piece = tuple[Position, ...]  # a convex polygon, not closed

_LONGITUDE_SCALE = cos(radians(30.42))  # a degree of longitude over one of latitude, where the city lies
_CUT_ROUNDS = 24
_TILT_MAX = 0.3  # radians: straight north-south cuts everywhere would look like a chessboard
Place = Callable[[T], Position]


def cut(
    piece: Piece, items: Sequence[tuple[T, float]], seed: int, place: Place[T] | None = None
) -> list[tuple[T, Piece]]:
    """Gives every item a part of the piece whose area is in proportion to its weight.

    `place` says roughly where an item lies; without it, items keep their order along the cuts.
    """
    if len(items) < 2:
        return [(item, piece) for item, _ in items]
    direction = _direction(piece, seed + len(items))
    if place is not None:
        items = sorted(items, key=lambda i: _along(place(i[0]), direction))
    before = list(accumulate(weight for _, weight in items))
    half = min(range(1, len(items)), key=lambda n: abs(2 * before[n - 1] - before[-1]))
    low, high = _bisect(piece, direction, before[half - 1] / before[-1])
    return cut(low, items[:half], seed + 1, place) + cut(high, items[half:], seed + 2, place)


def centre(piece: Piece) -> Position:
    """The centre of mass."""
    x0, y0 = piece[0]  # relative to a corner: products of whole degrees would lose the small differences
    doubled = x = y = 0.0
    for (a, b), (c, d) in pairwise((*piece, piece[0])):
        cross = (a - x0) * (d - y0) - (c - x0) * (b - y0)
        doubled += cross
        x += (a + c - 2 * x0) * cross
        y += (b + d - 2 * y0) * cross
    return x0 + x / (3 * doubled), y0 + y / (3 * doubled)


def _direction(piece: Piece, seed: int) -> Position:
    """Along the longer side, a little tilted."""
    width = (max(x for x, _ in piece) - min(x for x, _ in piece)) * _LONGITUDE_SCALE
    height = max(y for _, y in piece) - min(y for _, y in piece)
    corner = int(piece[0][0] * 1e6), int(piece[0][1] * 1e6)
    tilt = (fraction(seed, *corner) * 2 - 1) * _TILT_MAX
    return (cos(tilt), sin(tilt)) if width >= height else (sin(tilt), cos(tilt))


def _along(point: Position, direction: Position) -> float:
    return point[0] * direction[0] + point[1] * direction[1]


def _bisect(piece: Piece, direction: Position, share: float) -> tuple[Piece, Piece]:
    """Two parts by a straight cut across the direction; the first has that share of the area."""
    low = min(_along(p, direction) for p in piece)
    high = max(_along(p, direction) for p in piece)
    wanted = _area(piece) * share
    for _ in range(_CUT_ROUNDS):
        middle = (low + high) / 2
        if _area(_below(piece, direction, middle)) < wanted:
            low = middle
        else:
            high = middle
    opposite = (-direction[0], -direction[1])
    return _below(piece, direction, low), _below(piece, opposite, -low)


def _below(piece: Piece, direction: Position, limit: float) -> Piece:
    """What lies on the near side of a line (Sutherland-Hodgman, one edge)."""
    kept: list[Position] = []
    for start, end in pairwise((*piece, piece[0])):
        a, b = _along(start, direction) - limit, _along(end, direction) - limit
        if a <= 0:
            kept.append(start)
        if a * b < 0:
            part = a / (a - b)
            kept.append((start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])))
    return tuple(kept)


def _area(piece: Piece) -> float:
    if len(piece) < 3:
        return 0.0
    x0, y0 = piece[0]
    around = pairwise((*piece, piece[0]))
    return abs(sum((a - x0) * (d - y0) - (c - x0) * (b - y0) for (a, b), (c, d) in around)) / 2
