"""Coordinate systems used in China, and the way between them.

WGS-84 is what a phone's GPS measures. CGCS2000 (天地图) differs from it by centimetres to decimetres, far
below a phone's accuracy, and is taken as the same here. GCJ-02 (高德, 腾讯) shifts positions within China
by up to several hundred metres; BD-09 (百度) shifts GCJ-02 once more. What was measured is stored with its
system; conversion is for display and comparison (domain notes, Codes).

Error bound. The forward formulas are the publicly circulated ones; nobody publishes the official
transformation, so how far they are from a map service's own is not claimed here. Between themselves they
are exact: wgs84 -> gcj02 -> wgs84 returns to within ROUND_TRIP_ERROR_DEGREES_MAX in each coordinate, and
bd09 -> gcj02 -> bd09 to within BD09_ROUND_TRIP_ERROR_DEGREES_MAX (its inverse is an approximation). Tests
hold both bounds.

All functions take and give (lon, lat) in degrees. Outside a rectangle around China positions are unchanged.
"""

from math import atan2, cos, pi, sin, sqrt
from typing import Literal

CoordinateSystem = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]

ROUND_TRIP_ERROR_DEGREES_MAX = 1e-9
BD09_ROUND_TRIP_ERROR_DEGREES_MAX = 1e-5

# The Krasovsky 1940 ellipsoid, as the circulated formula has it.
_SEMI_MAJOR_METERS = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD09_TURN = pi * 3000.0 / 180.0
_INVERSE_ROUNDS_MAX = 30


def in_gcj02_area(lon: float, lat: float) -> bool:
    """Whether the formula applies: the rectangle that is used with it, larger than China's mainland."""
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def wgs84_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """A GPS position as 高德 and 腾讯 draw it."""
    if not in_gcj02_area(lon, lat):
        return lon, lat
    shift_lon, shift_lat = _shift(lon, lat)
    return lon + shift_lon, lat + shift_lat


def gcj02_to_wgs84(lon: float, lat: float) -> tuple[float, float]:
    """The inverse, by fixed-point iteration; see the error bound above."""
    if not in_gcj02_area(lon, lat):
        return lon, lat
    guess_lon, guess_lat = lon, lat
    for _ in range(_INVERSE_ROUNDS_MAX):
        shift_lon, shift_lat = _shift(guess_lon, guess_lat)
        wrong_lon, wrong_lat = guess_lon + shift_lon - lon, guess_lat + shift_lat - lat
        guess_lon, guess_lat = guess_lon - wrong_lon, guess_lat - wrong_lat
        if max(abs(wrong_lon), abs(wrong_lat)) < ROUND_TRIP_ERROR_DEGREES_MAX / 10:
            break
    return guess_lon, guess_lat


def gcj02_to_bd09(lon: float, lat: float) -> tuple[float, float]:
    """A GCJ-02 position as 百度 draws it."""
    radius = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * _BD09_TURN)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * _BD09_TURN)
    return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006


def bd09_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The circulated approximate inverse; see the error bound above."""
    x, y = lon - 0.0065, lat - 0.006
    radius = sqrt(x * x + y * y) - 0.00002 * sin(y * _BD09_TURN)
    angle = atan2(y, x) - 0.000003 * cos(x * _BD09_TURN)
    return radius * cos(angle), radius * sin(angle)


def to_wgs84(lon: float, lat: float, system: CoordinateSystem) -> tuple[float, float]:
    """A position of any system in WGS-84."""
    if system == "bd09":
        return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))
    return gcj02_to_wgs84(lon, lat) if system == "gcj02" else (lon, lat)


def from_wgs84(lon: float, lat: float, system: CoordinateSystem) -> tuple[float, float]:
    """A WGS-84 position in any system."""
    if system == "bd09":
        return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))
    return wgs84_to_gcj02(lon, lat) if system == "gcj02" else (lon, lat)


def _shift(lon: float, lat: float) -> tuple[float, float]:
    """What GCJ-02 adds to a WGS-84 position, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    ripple = 20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (ripple + 20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (ripple + 20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    radians = lat / 180.0 * pi
    flattening = 1.0 - _ECCENTRICITY_SQUARED * sin(radians) ** 2
    meridian = _SEMI_MAJOR_METERS * (1.0 - _ECCENTRICITY_SQUARED) / flattening**1.5
    parallel = _SEMI_MAJOR_METERS / sqrt(flattening) * cos(radians)
    return east / parallel * 180.0 / pi, north / meridian * 180.0 / pi
