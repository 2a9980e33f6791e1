"""Grids: codes, which grid a position is in, GeoJSON in and out."""

import json
import math
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_map.geojson import read_grids, write_grids
from grid_map.grids import CodeRule, Grid, GridIndex, Ring
from grid_map.problems import BadInputError
from grid_map.tessellation import demo_grids

VILLAGE = "330481106222"


def square(west: float, south: float, side: float = 0.01) -> Ring:
    east, north = west + side, south + side
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


def grid(number: int, *rings: Ring, **other: Any) -> Grid:
    made = Grid(f"{VILLAGE}{number:03d}", f"第{number}网格", VILLAGE, (rings,))
    return msgspec.structs.replace(made, **other)


WEST, EAST = grid(1, square(120.5, 30.25, 0.25)), grid(2, square(120.75, 30.25, 0.25))


def test_default_codes_read_rows_from_the_north_west() -> None:
    centres = [(120.3, 30.1), (120.1, 30.1), (120.3, 30.3), (120.1, 30.3)]
    assert CodeRule().number(VILLAGE, centres) == tuple(f"{VILLAGE}{n:03d}" for n in (4, 3, 2, 1))
    by_columns = CodeRule(digits=2, first=10, reading="columns").number(VILLAGE, centres)
    assert by_columns == tuple(f"{VILLAGE}{n:02d}" for n in (13, 11, 12, 10))


@given(st.lists(st.tuples(st.floats(120, 121), st.floats(30, 31)), max_size=40))
def test_codes_are_unique_and_follow_the_rule(centres: list[tuple[float, float]]) -> None:
    codes = CodeRule().number(VILLAGE, centres)
    assert sorted(codes) == [f"{VILLAGE}{n:03d}" for n in range(1, len(centres) + 1)]
    assert all(CodeRule().matches(code, VILLAGE) for code in codes)


def test_too_many_grids_for_the_digits_are_refused() -> None:
    assert len(CodeRule(digits=1).number(VILLAGE, [(0.0, 0.0)] * 9)) == 9
    with pytest.raises(ValueError, match="网格数超出编码位数"):
        CodeRule(digits=1).number(VILLAGE, [(0.0, 0.0)] * 10)


def test_a_position_on_a_border_belongs_to_the_lowest_code_whatever_the_order() -> None:
    for grids in ((WEST, EAST), (EAST, WEST)):
        index = GridIndex(grids)
        for lon, lat, code in (
            (120.75, 30.3, "001"),
            (120.6, 30.3, "001"),
            (120.9, 30.3, "002"),
            (121.0, 30.5, "002"),
        ):
            found = index.grid_at(lon, lat)
            assert found is not None and found.code == VILLAGE + code
        assert index.grid_at(119.0, 30.3) is None


def test_a_hole_is_outside_but_its_border_is_inside() -> None:
    holed = grid(1, square(120.0, 30.0, 1.0), square(120.25, 30.25, 0.5))
    index = GridIndex([holed])
    assert index.grid_at(120.5, 30.5) is None
    assert index.grid_at(120.25, 30.5) == holed


def test_versions_and_days_choose_the_grid_in_force() -> None:
    old = msgspec.structs.replace(WEST, effective_to=date(2026, 6, 30))
    new = msgspec.structs.replace(WEST, effective_from=date(2026, 7, 1), version=2)
    index = GridIndex([old, new])
    assert index.grid_at(120.6, 30.3, date(2026, 6, 30)) == old
    assert index.grid_at(120.6, 30.3, date(2026, 7, 1)) == new
    assert index.get(WEST.code) == new
    assert index.get("nothing") is None and index.shape("nothing") is None


def test_an_empty_index_knows_nothing() -> None:
    assert GridIndex([]).grid_at(120.5, 30.5) is None


def test_the_demonstration_grids_come_back_from_geojson_as_they_were() -> None:
    grids = demo_grids("330481106")
    assert read_grids(write_grids(grids)) == grids
    document = json.loads(write_grids(grids))
    assert document["features"][0]["properties"]["label"] == "演示位置"
    assert document["features"][0]["geometry"]["type"] == "Polygon"


def test_several_parts_holes_and_dates_come_back() -> None:
    one = grid(1, square(120.0, 30.0), effective_from=date(2026, 1, 1), version=3)
    many = msgspec.structs.replace(
        one, code=f"{VILLAGE}002", parts=((square(120.0, 30.0),), (square(121.0, 30.0),))
    )
    assert read_grids(write_grids([one, many])) == (one, many)


def document(**changes: Any) -> dict[str, Any]:
    item = json.loads(write_grids([WEST]))["features"][0]
    for path, value in changes.items():
        *keys, last = path.split("__")
        place = item
        for key in keys:
            place = place[key]
        place[last] = value
    return {"type": "FeatureCollection", "features": [item]}


def problems_of(data: Any) -> list[tuple[str, str]]:
    with pytest.raises(BadInputError) as caught:
        read_grids(data if isinstance(data, str | bytes) else json.dumps(data))
    assert all(p.message and p.message_en for p in caught.value.problems)
    return [(p.pointer, p.code) for p in caught.value.problems]


def test_rings_wound_the_wrong_way_are_turned_and_heights_left_out() -> None:
    backwards = [[lon, lat, 4.5] for lon, lat in reversed(WEST.parts[0][0])]
    (read,) = read_grids(json.dumps(document(geometry__coordinates=[backwards])))
    assert set(read.parts[0][0]) == set(WEST.parts[0][0])
    signed = sum(
        a[0] * b[1] - b[0] * a[1] for a, b in zip(read.parts[0][0], read.parts[0][0][1:], strict=False)
    )
    assert signed > 0


P, G = "/features/0/properties", "/features/0/geometry"
RING = [list(p) for p in WEST.parts[0][0]]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xff", [("", "json")]),
        ("{", [("", "json")]),
        ("[" * 100_000, [("", "json")]),
        ('{"type": "FeatureCollection", "features": [NaN]}', [("", "json")]),
        ([], [("/type", "type")]),
        ({"type": "FeatureCollection"}, [("/features", "type")]),
        ({"type": "FeatureCollection", "features": [7]}, [("/features/0/type", "type")]),
        (document(properties=None), [(P, "type")]),
        (document(geometry=None), [(f"{G}/type", "type")]),
        (document(geometry__type="Point"), [(f"{G}/type", "type")]),
        (document(geometry__type=["Polygon"]), [(f"{G}/type", "type")]),
        (document(geometry__coordinates=[]), [(f"{G}/coordinates", "empty")]),
        (document(geometry__coordinates=None), [(f"{G}/coordinates", "empty")]),
        (document(geometry__coordinates=[RING[:3]]), [(f"{G}/coordinates/0", "ring")]),
        (document(geometry__coordinates=[RING[:4]]), [(f"{G}/coordinates/0", "open")]),
        (
            document(geometry__coordinates=[[[30.3, 120.5], ["a", 1], *RING]]),
            [(f"{G}/coordinates/0/0", "position"), (f"{G}/coordinates/0/1", "position")],
        ),
        (
            document(geometry__coordinates=[[RING[0], RING[2], RING[1], RING[3], RING[0]]]),
            [(f"{G}/coordinates", "shape")],
        ),
        (
            document(geometry__type="MultiPolygon", geometry__coordinates=[[RING], [RING]]),
            [(f"{G}/coordinates", "shape")],
        ),
        (
            document(properties__name=" ", properties__code="330481106222X", properties__version=0),
            [(f"{P}/name", "required"), (f"{P}/code", "code"), (f"{P}/version", "version")],
        ),
        (
            document(properties__village="3304", properties__effective_from="2026-02-30"),
            [(f"{P}/village", "village"), (f"{P}/effective_from", "date")],
        ),
        (
            document(properties__effective_from="2026-02-01", properties__effective_to="2026-01-01"),
            [(f"{P}/effective_to", "period")],
        ),
        (document(properties__label=7), [(f"{P}/label", "type")]),
        (
            {"type": "FeatureCollection", "features": document()["features"] * 2},
            [("/features/1/properties/code", "repeated")],
        ),
        (
            {**document(), "crs": {"type": "name", "properties": {"name": "EPSG:4490"}}},
            [("/crs", "crs")],
        ),
    ],
)
def test_a_bad_file_is_refused_with_all_its_problems(data: Any, expected: list[tuple[str, str]]) -> None:
    assert problems_of(data) == expected


def test_mistakes_of_several_features_come_together() -> None:
    first, second = document(properties__name=None), document(geometry__coordinates=[RING[:3]])
    both = {"type": "FeatureCollection", "features": [*first["features"], *second["features"]]}
    assert [p.split("/")[2] for p, _ in problems_of(both)] == ["0", "1"]


def test_a_code_rule_of_ones_own_is_kept() -> None:
    data = json.dumps(document(properties__code=f"{VILLAGE}07"))
    assert read_grids(data, CodeRule(digits=2))[0].code.endswith("07")
    assert problems_of(data) == [(f"{P}/code", "code")]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "features", "properties", "geometry", "coordinates", "code"]), inner
        )
    ),
    max_leaves=20,
)


@given(JSON, JSON, JSON)
def test_no_json_makes_it_crash(properties: Any, coordinates: Any, whole: Any) -> None:
    for data in (whole, document(properties=properties), document(geometry__coordinates=coordinates)):
        text = json.dumps(data)
        if "Infinity" not in text:
            try:
                grids = read_grids(text)
            except BadInputError as error:
                assert error.problems
            else:
                assert all(
                    math.isfinite(n) for g in grids for part in g.parts for r in part for p in r for n in p
                )
