"""tests/vectors/grid_map.json: the cases that this package and its TypeScript twin must both pass."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grid_map.coordinates import bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02
from grid_map.counting import RoundFact, VisitFact, coverage, pace_rounds, round_closes_at
from grid_map.coverage import state_of
from grid_map.days import count_day
from grid_map.geojson import read_grids
from grid_map.grids import GridIndex
from grid_map.house_numbers import house_number_key
from grid_map.month_closing import closing_day
from grid_map.visit_classes import (
    VisitClass,
    VisitClasses,
    event_deadline_ms,
    load_visit_classes,
    next_due_day,
    period_of,
)
from grid_map.walking_order import Stop, walking_order

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "grid_map.json").read_text(encoding="utf-8"))
EXTRA = msgspec.convert(VECTORS["counting"]["extra_classes"], list[VisitClass])
CLASSES = VisitClasses([*load_visit_classes(), *EXTRA])


def cases(name: str) -> Any:
    rows = VECTORS[name]["cases"] if name == "counting" else VECTORS[name]
    assert rows
    return pytest.mark.parametrize(
        "case", rows, ids=lambda c: str(c.get("name", "")) if isinstance(c, dict) else ""
    )


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@cases("days")
def test_days(case: dict[str, Any]) -> None:
    assert count_day(case["at_ms"]) == day(case["day"])


@cases("periods")
def test_periods(case: dict[str, Any]) -> None:
    found = period_of(CLASSES[case["visit_class"]], date.fromisoformat(case["day"]))
    assert (found.key, found.first_day, found.last_day) == (
        case["key"],
        day(case["first_day"]),
        day(case["last_day"]),
    )


@cases("next_due")
def test_next_due(case: dict[str, Any]) -> None:
    since = date.fromisoformat(case["since"])
    assert CLASSES.next_due_day(case["visit_class"], day(case["last_counted"]), since) == day(case["due"])


@cases("states")
def test_states(case: dict[str, Any]) -> None:
    visit_class, today = CLASSES[case["visit_class"]], date.fromisoformat(case["today"])
    due = next_due_day(visit_class, day(case["last_counted"]), date.fromisoformat(case["since"]))
    assert state_of(due, period_of(visit_class, today), today) == case["state"]


@cases("special_events")
def test_special_events(case: dict[str, Any]) -> None:
    visit_class = CLASSES[case["visit_class"]]
    assert event_deadline_ms(visit_class, case["event_at_ms"], case["last_counted_ms"]) == case["deadline_ms"]


@cases("counting")
def test_counting(case: dict[str, Any]) -> None:
    visits = msgspec.convert(case["visits"], list[VisitFact])
    rounds = msgspec.convert(case["rounds"], list[RoundFact])
    covered = coverage(visits, CLASSES)
    assert covered.number == case["coverage"]
    assert {e.id: e.reason.code for e in covered.explained} == case["coverage_reasons"]
    for expected in case["pace"]:
        pace = pace_rounds(rounds, visits, expected["worker"])
        assert pace.number == expected["number"]
        assert {e.id: e.reason.code for e in pace.explained} == expected["reasons"]


@cases("round_closes")
def test_round_closes(case: dict[str, Any]) -> None:
    round_ = RoundFact("r", "li", "g", "v", case["started_at_ms"], case["finished_at_ms"])
    assert round_closes_at(round_, case["last_visit_at_ms"]) == case["closes_at_ms"]


@cases("month_closing")
def test_month_closing(case: dict[str, Any]) -> None:
    working, published_to = set(case["working_days"]), date.fromisoformat(case["published_to"])

    def is_working_day(asked: date) -> bool | None:
        return asked.isoformat() in working if asked <= published_to else None

    assert closing_day(case["year"], case["month"], is_working_day) == day(case["closes_on"])


@cases("coordinates")
def test_coordinates(case: dict[str, Any]) -> None:
    tolerance = VECTORS["coordinate_tolerance_degrees"]
    assert wgs84_to_gcj02(*case["wgs84"]) == pytest.approx(case["gcj02"], abs=tolerance)
    assert gcj02_to_wgs84(*case["gcj02"]) == pytest.approx(case["wgs84"], abs=tolerance)
    assert gcj02_to_bd09(*case["gcj02"]) == pytest.approx(case["bd09"], abs=tolerance)
    assert bd09_to_gcj02(*case["bd09"]) == pytest.approx(case["gcj02"], abs=1e-5)


@cases("point_in_grid")
def test_point_in_grid(case: dict[str, Any]) -> None:
    index = GridIndex(read_grids(json.dumps(case["grids"])))
    for point in case["points"]:
        found = index.grid_at(point["lon"], point["lat"])
        assert (found.code if found else None) == point["code"], point["name"]


@pytest.mark.parametrize("addresses", VECTORS["house_number_order"], ids=lambda a: a[0])
def test_house_number_order(addresses: list[str]) -> None:
    mixed = addresses[::-1]
    mixed.sort(key=house_number_key)
    assert mixed == addresses


@cases("walking_order")
def test_walking_order(case: dict[str, Any]) -> None:
    stops = msgspec.convert(case["stops"], list[Stop])
    order = walking_order(stops, tuple(case["start"]) if case["start"] else None)
    assert sorted(order.ids) == sorted(s.id for s in stops)
    assert order.length_meters <= order.house_number_length_meters
    if case["ids"] is not None:
        assert list(order.ids) == case["ids"]
