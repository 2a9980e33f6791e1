"""The scope changes while a device is away or enrols anew: every copy counts under its part, and what left is gone."""

from collections.abc import Callable

import pytest

from field_client.cases import NewCase
from tests.field_client.field_world import SERVER, Phone
from tests.server.sync_village import GRID_1, GRID_2, PASSWORD, VILLAGE, TinyVillage, resident_id

Make = Callable[..., Phone]


def handed_a_case(village: TinyVillage, phone: Make) -> tuple[Phone, Phone, str]:
    """A worker with a colleague's case in hand and, by its grant, the resident it needs; and the lead."""
    li, lead, wang = phone("li").enrol(), phone("lead").enrol(), phone("wang").enrol()
    person = resident_id(GRID_2, 0, 0)
    case = li.device.cases.new(NewCase(item="permit", resident=person, answers={"hospital": "人民医院"}))
    li.device.cases.hand_over(case.record.id, village.workers["wang"], "外出培训")
    li.device.sync()
    assert wang.device.sync().diverged == []
    assert part_of_copy(wang, person) == "own"
    return wang, lead, person


def part_of_copy(phone: Phone, record: str) -> str:
    (part,) = phone.device.store.row("SELECT part FROM copy WHERE id = ?", (record,))  # type: ignore[misc]
    return str(part)


def cover(village: TinyVillage, lead: Phone) -> str:
    """The lead gives the colleague's grid to the worker."""
    fields = {"worker": village.workers["wang"], "grid": GRID_2, "from_day": "2026-11-23", "cover": True}
    captured = lead.device.create("assignment", VILLAGE, fields)
    lead.device.sync()
    return captured.record


@pytest.mark.parametrize("anew", [False, True], ids=["the same identity", "enrolled anew"])
def test_a_granted_record_counts_under_its_grid_once_that_is_covered(
    village: TinyVillage, phone: Make, anew: bool
) -> None:
    wang, lead, person = handed_a_case(village, phone)
    cover(village, lead)
    if anew:
        wang.device.enrol(SERVER, "wang", PASSWORD)
    assert wang.device.sync().diverged == []
    assert part_of_copy(wang, person) == GRID_2
    assert {one.grid for one in wang.device.households.search()} == {GRID_1, GRID_2} and wang.agrees()


@pytest.mark.parametrize("anew", [False, True], ids=["the same identity", "enrolled anew"])
def test_a_grid_that_was_covered_leaves_and_the_granted_record_stays(
    village: TinyVillage, phone: Make, anew: bool
) -> None:
    wang, lead, person = handed_a_case(village, phone)
    covering = cover(village, lead)
    wang.device.sync()
    lead.device.void("assignment", covering, "培训结束")
    lead.device.sync()
    if anew:
        wang.device.enrol(SERVER, "wang", PASSWORD)
    assert [wang.device.sync().diverged for _ in range(2)] == [[], []]
    assert part_of_copy(wang, person) == "own" and wang.agrees()
    held = [one.id for one in wang.device.shown.of_kind("resident") if one.grid == GRID_2]
    assert held == [person]
