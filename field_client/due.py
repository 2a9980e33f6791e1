"""Which households are due, by the same rules as the server's, in an order in which to walk to them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec

from field_client.view import View
from grid_map.coordinates import CoordinateSystem, to_wgs84
from grid_map.counting import VisitFact, covers
from grid_map.coverage import last_counted_days
from grid_map.days import count_day
from grid_map.house_numbers import house_number_key
from grid_map.visit_classes import (
    Due,
    VisitClasses,
    event_deadline_ms,
    load_visit_classes,
    next_due,
    with_event,
)
from grid_map.walking_order import Stop, walking_order
from sync.clock import moment_ms
from sync.counting_facts import DEFAULT_CLASS, visit_fact
from sync.record import Record

SOON_DAYS = 14
_SYSTEMS: dict[str, CoordinateSystem] = {"GCJ-02": "gcj02", "BD-09": "bd09", "CGCS2000": "cgcs2000"}


class DueHousehold(msgspec.Struct, frozen=True):
    """A household to be seen; `due.reason` is what a list may show (按期走访), never the class."""

    household: Record
    due: Due
    overdue: bool
    last_counted: date | None


def due_households(
    view: View, now_ms: int, grids: frozenset[str] | None = None, within_days: int = SOON_DAYS
) -> list[DueHousehold]:
    """Households overdue or due within some days, the most urgent first. `grids`: only these."""
    classes, today = load_visit_classes(), count_day(now_ms)
    # voided ones included: they are told, and count for nothing
    facts = [visit_fact(record) for record in view.of_kind("visit", voided=True)]
    counted = last_counted_days(facts, classes, today)
    latest = _latest_counted_ms(facts, classes)
    horizon = today + timedelta(days=within_days)
    found = []
    for household in view.of_kind("household"):
        if household.values.get("status") == "moved_out" or (
            grids is not None and household.grid not in grids
        ):
            continue
        due = due_of(household, classes, counted.get(household.id), latest.get(household.id))
        if due.last_day <= horizon and due.first_day <= today:
            found.append(DueHousehold(household, due, due.overdue(now_ms, today), counted.get(household.id)))
    return sorted(found, key=lambda one: (one.due.last_day, _house_number(one.household), one.household.id))


def due_of(
    household: Record, classes: VisitClasses, last_counted: date | None, last_counted_ms: int | None
) -> Due:
    """When a household is to be seen next. A class that the table does not have counts as the ordinary one."""
    visit_class = classes.get(household.values.get("visit_class", DEFAULT_CLASS)) or classes[DEFAULT_CLASS]
    since = count_day(moment_ms(household.stamp_of("visit_class").clock[:24]))
    due = next_due(visit_class, last_counted, since)
    event = household.values.get("special_event")
    if event is None:
        return due
    at_ms = moment_ms(event["at"])
    return with_event(due, at_ms, event_deadline_ms(visit_class, at_ms, last_counted_ms))


def in_walking_order(
    found: list[DueHousehold], start: tuple[float, float] | None = None, limit: int = 20
) -> list[DueHousehold]:
    """The most urgent ones, in an order to walk; those without a position come after, by house number."""
    chosen = found[:limit]
    by_id = {one.household.id: one for one in chosen}
    stops = [stop for one in chosen if (stop := _stop(one.household)) is not None]
    placed = [by_id.pop(identifier) for identifier in walking_order(stops, start).ids]
    return placed + sorted(by_id.values(), key=lambda one: _house_number(one.household))


def position_of(values: dict[str, Any]) -> tuple[float, float] | None:
    """Where a household is, (lon, lat) in WGS-84; None where nobody measured it."""
    location = values.get("location")
    if location is None:
        return None
    system = _SYSTEMS.get(location.get("system"), "wgs84")
    return to_wgs84(float(location["longitude"]), float(location["latitude"]), system)


def _stop(household: Record) -> Stop | None:
    position = position_of(household.values)
    if position is None:
        return None
    return Stop(household.id, str(household.values.get("house_number", "")), *position)


def _house_number(household: Record) -> Any:
    return house_number_key(str(household.values.get("house_number", "")))


def _latest_counted_ms(facts: list[VisitFact], classes: VisitClasses) -> dict[str, int]:
    latest: dict[str, int] = {}
    for fact in facts:
        if fact.household is not None and covers(fact, classes.get(fact.visit_class)):
            latest[fact.household] = max(latest.get(fact.household, 0), fact.occurred_at_ms)
    return latest
