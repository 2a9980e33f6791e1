"""The demonstration geometry: no gaps, no overlaps, every unit in one piece; houses inside, in a walkable order."""

import math
from collections import Counter, defaultdict
from itertools import pairwise

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from grid_map.cutting import centre, cut
from grid_map.divisions import load_divisions
from grid_map.grids import CodeRule, Grid, GridIndex, outline
from grid_map.house_placing import PlacedHouse, place_households
from grid_map.tessellation import DEMO_LABEL, OUTLINE, demo_grids, tessellate
from grid_map.walking_order import Stop, by_house_number

GRIDS = demo_grids()
SHAPES = [outline(g) for g in GRIDS]


def test_every_unit_has_four_to_six_grids_and_five_on_average() -> None:
    counts = Counter(g.village for g in GRIDS)
    assert set(counts) == {u.code for u in load_divisions().units_of("330481")}
    assert set(counts.values()) == {4, 5, 6}
    assert 4.7 < len(GRIDS) / 236 < 5.3


def test_codes_follow_the_rule_and_everything_is_labelled_a_demonstration() -> None:
    assert all(CodeRule().matches(g.code, g.village) for g in GRIDS)
    assert [g.code for g in GRIDS] == sorted({g.code for g in GRIDS})
    assert {g.label for g in GRIDS} == {DEMO_LABEL} == {"演示位置"}


def test_shapes_are_valid_small_and_inside_the_stated_extent() -> None:
    assert all(s.is_valid and s.area > 0 for s in SHAPES)
    assert max(len(g.parts[0][0]) for g in GRIDS) <= 16
    west, south, east, north = shapely.union_all(SHAPES).bounds
    assert west >= 120.30 and east <= 120.87 and south >= 30.25 and north <= 30.58
    assert all(round(n, 6) == n for g in GRIDS for position in g.parts[0][0] for n in position)


def test_there_is_no_overlap_between_any_two_grids() -> None:
    tree = shapely.STRtree(SHAPES)
    left, right = tree.query(SHAPES, predicate="intersects")
    pairs = [(a, b) for a, b in zip(left.tolist(), right.tolist(), strict=True) if a < b]
    assert len(pairs) > len(GRIDS)
    for a, b in pairs:
        assert SHAPES[a].touches(SHAPES[b]), (GRIDS[a].code, GRIDS[b].code)


def test_there_is_no_gap_anywhere() -> None:
    whole = shapely.union_all(SHAPES)
    assert whole.geom_type == "Polygon" and not list(whole.interiors)
    assert whole.area == pytest.approx(sum(s.area for s in SHAPES), rel=1e-12)
    assert whole.exterior.hausdorff_distance(shapely.Polygon(OUTLINE).exterior) < 2e-6


def test_edges_are_shared_vertex_by_vertex() -> None:
    """What makes gaps impossible: each inner edge is written by exactly two grids, once in each direction."""
    edges: Counter[tuple[tuple[float, float], tuple[float, float]]] = Counter()
    for g in GRIDS:
        ring = g.parts[0][0]
        edges.update(pairwise(ring))
    assert set(edges.values()) == {1}
    lonely = [edge for edge in edges if (edge[1], edge[0]) not in edges]
    border = shapely.Polygon(OUTLINE).exterior
    assert all(border.distance(shapely.Point(p)) < 2e-6 for edge in lonely for p in edge)


@pytest.mark.parametrize("digits", [9, 12])
def test_every_town_and_village_is_in_one_piece(digits: int) -> None:
    parts = defaultdict(list)
    for g, shape in zip(GRIDS, SHAPES, strict=True):
        parts[g.code[:digits]].append(shape)
    for code, shapes in parts.items():
        assert shapely.union_all(shapes).geom_type == "Polygon", code


def test_the_same_seed_gives_the_same_grids_and_another_does_not() -> None:
    assert tessellate(load_divisions(), 1) == GRIDS
    assert tessellate(load_divisions(), 2) != GRIDS


def test_a_town_and_a_village_are_parts_of_the_city() -> None:
    town = demo_grids("330481106")
    assert {g.code for g in demo_grids("330481106222")} < {g.code for g in town} < {g.code for g in GRIDS}
    assert {g.village[:9] for g in town} == {"330481106"}


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=30), st.integers(0, 1000))
def test_cutting_gives_each_its_share(weights: list[float], seed: int) -> None:
    pieces = cut(OUTLINE, list(enumerate(weights)), seed)
    assert [item for item, _ in pieces] == list(range(len(weights)))
    area = shapely.Polygon(OUTLINE).area
    for item, piece in pieces:
        shape = shapely.Polygon(piece)
        assert shape.area == pytest.approx(area * weights[item] / sum(weights), rel=1e-3)
        assert shape.buffer(1e-9).contains(shapely.Point(centre(piece)))


@pytest.mark.parametrize("count", [0, 1, 2, 7, 60, 400])
def test_houses_stand_inside_their_grid_each_at_its_own_door(count: int) -> None:
    for g, shape in list(zip(GRIDS, SHAPES, strict=True))[::131]:
        houses = place_households(g, count)
        assert len(houses) == count
        assert all(shape.contains(shapely.Point(h.lon, h.lat)) for h in houses)
        assert len({(h.lon, h.lat) for h in houses}) == count
        assert len({h.house_number() for h in houses}) == count


def on_the_ground(houses: tuple[PlacedHouse, ...]) -> list[tuple[float, float]]:
    """Metres, near enough for telling a walk from a jump."""
    return [(h.lon * 95_900, h.lat * 111_195) for h in houses]


def size_meters(grid: Grid) -> float:
    return math.sqrt(outline(grid).area * 95_900 * 111_195)


U_SHAPE = ((120.6, 30.3), (120.63, 30.3), (120.63, 30.31), (120.62, 30.31), (120.62, 30.302), (120.61, 30.302),
           (120.61, 30.31), (120.6, 30.31), (120.6, 30.3))  # fmt: skip


@pytest.mark.parametrize(
    ("g", "step_max"),
    [
        *((GRIDS[n], 0.5) for n in (0, 200, 500, 900)),
        (Grid("330481106222999", "U", "330481106222", ((U_SHAPE,),)), 1),
    ],
)
def test_house_number_order_is_a_walk_without_jumps(g: Grid, step_max: float) -> None:
    houses = place_households(g, 400)
    stops = [Stop(str(n), h.house_number(), h.lon, h.lat) for n, h in enumerate(houses)]
    assert [s.id for s in by_house_number(stops)] == [s.id for s in stops]
    steps = [math.dist(a, b) for a, b in pairwise(on_the_ground(houses))]
    assert max(steps) < step_max * size_meters(g)
    assert sum(steps) / len(steps) < size_meters(g) / 20


def test_neighbouring_numbers_stand_on_two_sides_of_a_lane() -> None:
    places = on_the_ground(place_households(GRIDS[500], 400))
    across = []
    for a, b, c in zip(places, places[1:], places[2:], strict=False):
        doubled = abs((c[0] - a[0]) * (b[1] - a[1]) - (b[0] - a[0]) * (c[1] - a[1]))
        across.append(doubled / math.dist(a, c))
    assert sorted(across)[len(across) // 2] == pytest.approx(18, abs=3)


def test_groups_go_on_through_a_village_and_some_houses_were_built_between() -> None:
    first = place_households(GRIDS[0], 400)
    second = place_households(GRIDS[1], 400, first_group=first[-1].group + 1)
    numbers = {h.house_number() for h in (*first, *second)}
    assert len(numbers) == 800
    assert any("-1号" in n for n in numbers)
    assert PlacedHouse(3, 12, 1, 0, 0).house_number("幢") == "3幢12-1号"


def test_houses_are_the_same_for_the_same_seed() -> None:
    assert place_households(GRIDS[7], 50, seed=4) == place_households(GRIDS[7], 50, seed=4)
    assert place_households(GRIDS[7], 50, seed=4) != place_households(GRIDS[7], 50, seed=5)


def test_every_house_is_found_in_its_own_grid() -> None:
    village = demo_grids("330481106222")
    index = GridIndex(GRIDS)
    for g in village:
        for h in place_households(g, 40):
            assert index.grid_at(h.lon, h.lat) == g
