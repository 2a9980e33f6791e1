"""The order of a round: never longer than by house number, deterministic, quick."""

import math
import random
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_map.house_numbers import house_number_key
from grid_map.house_placing import place_households
from grid_map.location import distance_meters
from grid_map.tessellation import demo_grids
from grid_map.walking_order import Stop, by_house_number, walking_order

VILLAGE = demo_grids("330481106222")
DEGREES = st.tuples(st.floats(120.6, 120.7), st.floats(30.3, 30.4))


def stops_of(places: list[tuple[float, float]]) -> list[Stop]:
    return [Stop(f"h{n}", f"{n % 7}组{n}号", *place) for n, place in enumerate(places)]


def due(grid_number: int, count: int, seed: int) -> list[Stop]:
    houses = place_households(VILLAGE[grid_number], 400)
    chosen = random.Random(seed).sample(houses, count)
    return [Stop(h.house_number(), h.house_number(), h.lon, h.lat) for h in chosen]


@pytest.mark.parametrize(
    "addresses",
    [
        ["1号", "2号", "9号", "10号", "11号"],
        ["12号", "12-1号", "12-2号", "13号"],
        ["2号", "1组9号", "3组2号", "3组12号", "3组12-1号", "十二组1号"],
        ["金敭村2组3号", "金敭村10组1号"],
        ["人民路1号", "建设路2号", "建设路11号"],
        ["1幢2单元301室", "1幢2单元302室", "1幢3单元101室", "2幢1单元101室"],
        ["九十九号", "一〇二号", "１０３号"],
    ],
)
def test_house_numbers_sort_as_people_walk(addresses: list[str]) -> None:
    shuffled = sorted(addresses, reverse=True)
    assert sorted(shuffled, key=house_number_key) == addresses


@given(st.text(max_size=20))
def test_any_text_has_a_place(text: str) -> None:
    assert house_number_key(text) <= house_number_key(text)


@given(st.lists(DEGREES, max_size=14), st.none() | DEGREES)
def test_never_longer_than_by_house_number_and_everybody_is_seen(
    places: list[tuple[float, float]], start: tuple[float, float] | None
) -> None:
    stops = stops_of(places)
    order = walking_order(stops, start)
    assert sorted(order.ids) == sorted(s.id for s in stops)
    assert order.length_meters <= order.house_number_length_meters + 1e-9
    assert walking_order(list(reversed(stops)), start) == order
    if stops and start is None:
        assert order.ids[0] == by_house_number(stops)[0].id


@pytest.mark.parametrize("grid_number", range(len(VILLAGE)))
@pytest.mark.parametrize("count", [1, 2, 12, 60])
def test_on_the_demonstration_village_the_walk_is_shorter_on_the_ellipsoid_too(
    grid_number: int, count: int
) -> None:
    stops = due(grid_number, count, seed=grid_number)
    places = {s.id: (s.lon, s.lat) for s in stops}

    def walked(ids: list[str]) -> float:
        return sum(distance_meters(places[a], places[b]) for a, b in pairwise(ids))

    order = walking_order(stops)
    assert walked(list(order.ids)) <= walked([s.id for s in by_house_number(stops)]) + 0.01
    assert order.length_meters == pytest.approx(walked(list(order.ids)), rel=5e-3, abs=0.01)


def test_it_starts_where_the_worker_stands() -> None:
    row = [Stop(str(n), f"{n}号", 120.6 + n / 1000, 30.3) for n in range(6)]
    assert walking_order(row).ids == ("0", "1", "2", "3", "4", "5")
    assert walking_order(row, (120.61, 30.3)).ids == ("5", "4", "3", "2", "1", "0")


def test_it_is_not_led_astray_by_the_nearest_door() -> None:
    """The nearest door first would zigzag over the start: 6.8 against 5."""
    row = [Stop(str(n), f"{n}号", 120.6 + x / 1000, 30.3) for n, x in ((1, -1.0), (2, 0.9), (3, 3.0))]
    assert walking_order(row, (120.6, 30.3)).ids == ("1", "2", "3")


@pytest.mark.parametrize("seed", range(8))
def test_a_short_walk_is_the_shortest_there_is(seed: int) -> None:
    """Seven doors, all 720 walks tried; the nearest door first misses the shortest in half of these cases."""
    place = random.Random(seed)
    stops = [
        Stop(str(n), f"{n}号", 120.6 + place.random() / 100, 30.3 + place.random() / 100) for n in range(7)
    ]

    def walked(path: list[Stop]) -> float:
        return sum(math.hypot((a.lon - b.lon) * east, (a.lat - b.lat) * 111_195) for a, b in pairwise(path))

    east = 111_195 * math.cos(math.radians(stops[0].lat))
    shortest = min(walked([stops[0], *rest]) for rest in permutations(stops[1:]))
    assert walking_order(stops).length_meters == pytest.approx(shortest, abs=1e-3)


def test_households_at_one_door_keep_house_number_order() -> None:
    flats = [Stop(f"f{n}", f"1幢{n}室", 120.6, 30.3) for n in (101, 102, 201, 1001)]
    assert walking_order(flats[::-1]).ids == ("f101", "f102", "f201", "f1001")


def test_nobody_due_is_an_empty_walk() -> None:
    assert walking_order([]).ids == ()
    assert walking_order([], (120.6, 30.3)).length_meters == 0
