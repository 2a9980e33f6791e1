"""Coordinate systems and how plausible a fix is."""

from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_map.coordinates import (
    BD09_ROUND_TRIP_ERROR_DEGREES_MAX,
    ROUND_TRIP_ERROR_DEGREES_MAX,
    bd09_to_gcj02,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    in_gcj02_area,
    to_wgs84,
    wgs84_to_gcj02,
)
from grid_map.location import Fix, FixLimits, distance_meters, remarks
from grid_map.tessellation import demo_grids

LONGITUDES, LATITUDES = st.floats(74, 135), st.floats(18, 54)
HOME = (120.69, 30.33)


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [  # published with the circulated formula
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_known_positions(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert wgs84_to_gcj02(*wgs84) == pytest.approx(gcj02, abs=1e-11)
    assert gcj02_to_wgs84(*gcj02) == pytest.approx(wgs84, abs=1e-9)


@given(LONGITUDES, LATITUDES)
def test_there_and_back_stays_within_the_stated_bound(lon: float, lat: float) -> None:
    back = gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat))
    assert abs(back[0] - lon) <= ROUND_TRIP_ERROR_DEGREES_MAX
    assert abs(back[1] - lat) <= ROUND_TRIP_ERROR_DEGREES_MAX
    again = bd09_to_gcj02(*gcj02_to_bd09(lon, lat))
    assert max(abs(again[0] - lon), abs(again[1] - lat)) <= BD09_ROUND_TRIP_ERROR_DEGREES_MAX


@given(LONGITUDES, LATITUDES)
def test_the_shift_is_real_and_below_a_kilometre_and_a_half(lon: float, lat: float) -> None:
    shifted = wgs84_to_gcj02(lon, lat)
    assert 0 < hypot(shifted[0] - lon, shifted[1] - lat) * 111_195 < 1500


@given(LONGITUDES, LATITUDES, st.sampled_from(["wgs84", "cgcs2000", "gcj02", "bd09"]))
def test_every_system_has_a_way_back(lon: float, lat: float, system: str) -> None:
    back = to_wgs84(*from_wgs84(lon, lat, system), system)  # type: ignore[arg-type]
    assert back == pytest.approx((lon, lat), abs=1.1 * BD09_ROUND_TRIP_ERROR_DEGREES_MAX)


def test_outside_china_nothing_moves() -> None:
    paris = (2.35, 48.86)
    assert not in_gcj02_area(*paris)
    assert wgs84_to_gcj02(*paris) == paris == gcj02_to_wgs84(*paris)
    assert from_wgs84(*HOME, "cgcs2000") == HOME


def fix(lon: float, lat: float, accuracy: float | None = 10.0, at_ms: int = 0, system: str = "wgs84") -> Fix:
    return Fix(lon, lat, accuracy, "gps", system, at_ms)  # type: ignore[arg-type]


def codes(*args: object, **named: object) -> list[str]:
    return [r.code for r in remarks(*args, **named)]  # type: ignore[arg-type]


def test_a_plausible_fix_has_no_remarks() -> None:
    grid = demo_grids("330481106222")[0]
    inside = grid.parts[0][0][0]
    assert codes(fix(*HOME), HOME) == []
    assert codes(fix(*inside), household=inside, grid=grid, previous=fix(*inside, at_ms=-60_000)) == []


def test_the_geodesic_is_the_ellipsoids() -> None:
    # one degree of latitude at 30 N is 110,852 to 110,861 m on the ellipsoid, not 111,195
    assert distance_meters((120.0, 30.0), (120.0, 31.0)) == pytest.approx(110_861, abs=10)


def test_a_far_fix_is_remarked_with_its_distance_and_accuracy_gets_the_benefit_of_the_doubt() -> None:
    far = (HOME[0], HOME[1] + 0.01)
    found = remarks(fix(*far), HOME)
    assert [r.code for r in found] == ["far-from-household"]
    assert "1109 米" in found[0].message and "1109 m" in found[0].message_en
    assert codes(fix(*far, accuracy=900.0), HOME) == ["accuracy-low"]
    assert codes(fix(*far), HOME, limits=FixLimits(distance_meters_max=2000)) == []


def test_a_fix_in_another_system_is_compared_in_wgs84() -> None:
    shifted = from_wgs84(*HOME, "gcj02")
    assert codes(fix(*shifted, system="gcj02"), HOME) == []
    assert codes(fix(*shifted), HOME) == ["far-from-household"]


def test_a_fix_outside_its_grid_is_remarked() -> None:
    grid, other = demo_grids("330481106222")[0], demo_grids("330481101")[0]
    assert codes(fix(*other.parts[0][0][0]), grid=grid) == ["outside-grid"]


def test_speed_since_the_last_fix() -> None:
    far = (HOME[0], HOME[1] + 0.1)
    assert codes(fix(*far, at_ms=60_000), previous=fix(*HOME)) == ["fast"]
    # 11.1 km in 300 s are 133 km/h, in 400 s 100 km/h
    assert codes(fix(*far, at_ms=300_000), previous=fix(*HOME)) == ["fast"]
    assert codes(fix(*far, at_ms=400_000), previous=fix(*HOME)) == []
    assert codes(fix(*HOME, at_ms=0), previous=fix(*HOME, at_ms=5)) == ["earlier-than-last"]
    assert codes(fix(*HOME), previous=fix(*HOME)) == []


def test_odd_numbers_are_a_remark_too() -> None:
    assert codes(fix(500.0, 91.0), HOME) == ["not-a-position"]
    assert codes(fix(float("nan"), 30.0), HOME) == ["not-a-position"]
    for accuracy in (None, float("nan"), float("inf"), -1.0):
        assert codes(fix(*HOME, accuracy=accuracy), HOME) == ["accuracy-unknown"]
