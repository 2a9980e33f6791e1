"""Is a location fix plausible? Remarks for a person to look at; a fix never blocks and never lowers a count.

A fix is optional evidence (domain notes, What users complain about). Distances are geodesics on the WGS-84
ellipsoid (geopy), and what a phone says about its own accuracy is always given the benefit of the doubt.
"""

from math import isfinite
from typing import Literal

import msgspec
import shapely
from geopy.distance import geodesic

from grid_map.coordinates import CoordinateSystem, to_wgs84
from grid_map.grids import Grid, Position, outline


class Fix(msgspec.Struct, frozen=True):
    """A measured position, kept as it was measured. `accuracy_meters` is the phone's own 68 % radius."""

    lon: float
    lat: float
    accuracy_meters: float | None
    source: Literal["gps", "network", "manual"]
    system: CoordinateSystem
    at_ms: int

    def wgs84(self) -> Position:
        return to_wgs84(self.lon, self.lat, self.system)


class FixLimits(msgspec.Struct, frozen=True):
    """From where on a fix is worth a remark; settings."""

    distance_meters_max: float = 300.0
    accuracy_meters_max: float = 200.0
    speed_kmh_max: float = 120.0


class Remark(msgspec.Struct, frozen=True):
    """Something a person may want to look at, with its figures; never a judgement."""

    code: str
    message: str
    message_en: str


def distance_meters(a: Position, b: Position) -> float:
    """The geodesic between two (lon, lat) positions in WGS-84."""
    return float(geodesic((a[1], a[0]), (b[1], b[0])).meters)


def remarks(
    fix: Fix,
    household: Position | None = None,
    grid: Grid | None = None,
    previous: Fix | None = None,
    limits: FixLimits | None = None,
) -> tuple[Remark, ...]:
    """What is odd about a fix, compared with the household's position, the grid, and the worker's last fix.

    An empty tuple means nothing to remark. `household` is (lon, lat) in WGS-84.
    """
    limits = limits or FixLimits()
    if not (abs(fix.lat) <= 90 and abs(fix.lon) <= 180):
        return (Remark("not-a-position", "定位数值无效，已按原样保存", "not a position; kept as it came"),)
    found = (
        _accuracy(fix, limits),
        _from_household(fix, household, limits) if household is not None else None,
        _from_grid(fix, grid, limits) if grid is not None else None,
        _speed(fix, previous, limits) if previous is not None else None,
    )
    return tuple(remark for remark in found if remark is not None)


def _slack(fix: Fix) -> float:
    """The phone's own radius; 0 where it gives none that makes sense."""
    given = fix.accuracy_meters
    return given if given is not None and isfinite(given) and given >= 0 else 0.0


def _accuracy(fix: Fix, limits: FixLimits) -> Remark | None:
    if fix.accuracy_meters is None or not (isfinite(fix.accuracy_meters) and fix.accuracy_meters >= 0):
        return Remark("accuracy-unknown", "定位没有给出精度", "the fix does not say how accurate it is")
    if fix.accuracy_meters <= limits.accuracy_meters_max:
        return None
    meters = round(fix.accuracy_meters)
    return Remark("accuracy-low", f"定位精度较低，约 {meters} 米", f"low accuracy, about {meters} m")


def _from_household(fix: Fix, household: Position, limits: FixLimits) -> Remark | None:
    meters = distance_meters(fix.wgs84(), household)
    if meters <= limits.distance_meters_max + _slack(fix):
        return None
    return Remark(
        "far-from-household",
        f"定位距住户约 {round(meters)} 米，可能是补记或定位漂移",
        f"about {round(meters)} m from the household; written up later, or drift",
    )


def _from_grid(fix: Fix, grid: Grid, limits: FixLimits) -> Remark | None:
    shape, here = outline(grid), shapely.Point(fix.wgs84())
    if shape.intersects(here):
        return None
    nearest = shapely.get_coordinates(shapely.shortest_line(shape, here)).tolist()[0]
    meters = distance_meters(fix.wgs84(), (nearest[0], nearest[1]))
    if meters <= limits.distance_meters_max + _slack(fix):
        return None
    return Remark(
        "outside-grid",
        f"定位在网格外约 {round(meters)} 米",
        f"about {round(meters)} m outside the grid",
    )


def _speed(fix: Fix, previous: Fix, limits: FixLimits) -> Remark | None:
    seconds = (fix.at_ms - previous.at_ms) / 1000
    if seconds < 0:
        return Remark("earlier-than-last", "定位时间早于上一次定位", "earlier than the last fix")
    meters = distance_meters(fix.wgs84(), previous.wgs84()) - _slack(fix) - _slack(previous)
    if meters <= 0:
        return None
    kmh = meters / max(seconds, 1.0) * 3.6
    if kmh <= limits.speed_kmh_max:
        return None
    return Remark(
        "fast",
        f"与上一次定位相比，移动约 {round(kmh)} 公里/小时，可能是定位漂移",
        f"about {round(kmh)} km/h since the last fix; perhaps drift",
    )
