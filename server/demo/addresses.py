"""Where the households of a village live: which grid, which door, which (made-up) position.

In a village a door is `3组12号`, in a community `3幢2单元502室` of a named estate. Households are dealt out to the
grids in equal parts and stand there in the order of their house numbers.
"""

from collections.abc import Sequence
from random import Random

import msgspec

from grid_map.divisions import Division, load_divisions
from grid_map.grids import Grid
from grid_map.house_placing import place_households

_FLOORS, _UNITS, _ROOMS = 6, 2, 2
HOUSEHOLDS_A_BUILDING = _FLOORS * _UNITS * _ROOMS
_ESTATES_FIRST = (
    "海棠", "金桂", "梧桐", "紫薇", "盐潮", "文苑", "硖川", "丁香", "碧云", "百合", "翠湖", "望潮", "南苑", "东升",
)  # fmt: skip
_ESTATES_LAST = ("苑", "花园", "新村", "小区", "家园", "公寓")


class Address(msgspec.Struct, frozen=True):
    """A door. `text` is the whole address, `house_number` its last part; degrees as text with at most 6 decimals."""

    grid: str
    text: str
    house_number: str
    latitude: str
    longitude: str


def addresses(random: Random, unit: Division, grids: Sequence[Grid], count: int, seed: int) -> list[Address]:
    """`count` doors in the order of grids and house numbers."""
    town = load_divisions().get(unit.parent or "")
    prefix = f"{town.name if town else ''}{unit.short_name}"
    doors: list[Address] = []
    group = 1
    estates = random.sample(_ESTATES_FIRST, len(grids))
    for number, grid in enumerate(grids, start=1):
        share = count * number // len(grids) - len(doors)
        if unit.kind == "community":
            estate = estates[number - 1] + random.choice(_ESTATES_LAST)
            doors += _in_estate(prefix + estate, grid, share, seed)
        else:
            houses = place_households(grid, share, seed, group)
            group = houses[-1].group + 1 if houses else group
            doors += [
                _address(grid.code, prefix, house.house_number(), house.lat, house.lon) for house in houses
            ]
    return doors


def _in_estate(prefix: str, grid: Grid, count: int, seed: int) -> list[Address]:
    """Buildings of two entrances, six floors and two flats a landing; everybody in one stands at its door."""
    buildings = place_households(grid, -(-count // HOUSEHOLDS_A_BUILDING), seed)
    doors = []
    for place in range(count):
        number, flat = divmod(place, HOUSEHOLDS_A_BUILDING)
        unit, floor_and_room = divmod(flat, _FLOORS * _ROOMS)
        floor, room = divmod(floor_and_room, _ROOMS)
        house_number = f"{number + 1}幢{unit + 1}单元{floor + 1}0{room + 1}室"
        house = buildings[number]
        doors.append(_address(grid.code, prefix, house_number, house.lat, house.lon))
    return doors


def _address(grid: str, prefix: str, house_number: str, latitude: float, longitude: float) -> Address:
    return Address(grid, prefix + house_number, house_number, f"{latitude:.6f}", f"{longitude:.6f}")
