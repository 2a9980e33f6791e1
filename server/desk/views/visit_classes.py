"""Households with their visit class, for the lead alone."""

from __future__ import annotations

import sqlite3

import msgspec

from forms.definition import Label
from grid_map.visit_classes import load_visit_classes
from server.casework.visit_class import EVENTS, household_of
from server.desk.visitor import Visitor
from server.keys import Keys
from server.roles import Action
from server.store.grid_load import HouseholdRow, classes_counted, households_of
from server.store.grid_shapes import grids_of
from server.store.places import village_range
from server.store.records import record_in
from sync.counting_facts import DEFAULT_CLASS

PAGE_ROWS = 50


class HouseholdLine(msgspec.Struct, frozen=True):
    """A household in the list."""

    row: HouseholdRow
    name: str
    address: str
    grid_name: str
    class_label: Label
    overdue: bool


class HouseholdPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the list: `counts` by class for the grid that is chosen; `after` goes on (None: the last page)."""

    lines: list[HouseholdLine]
    grids: dict[str, str]
    classes: dict[str, Label]
    counts: dict[str, int]
    after: str | None


class HouseholdClass(msgspec.Struct, frozen=True, kw_only=True):
    """One household: what its class is and why, and its last special event as (words, moment)."""

    id: str
    name: str
    address: str
    grid_name: str
    visit_class: str
    class_label: Label
    reason: str
    since: str
    event: Label | None
    event_at: str | None
    status: str


def class_labels() -> dict[str, Label]:
    """The classes of the table in words, in its order."""
    return {one.key: Label(zh=one.label, en=one.label_en) for one in load_visit_classes()}


def household_page(
    db: sqlite3.Connection,
    keys: Keys,
    visitor: Visitor,
    grid: str | None,
    visit_class: str | None,
    after: str | None,
) -> HouseholdPage:
    """Households by grid and class, the earliest due first. Raises ProblemError: forbidden."""
    visitor.require(Action.VISIT_CLASS_WRITE)
    names = {shape.code: shape.name for shape in grids_of(db, keys, village_range(visitor.place))}
    labels = class_labels()
    due, _, last = (after or "").partition(" ")
    rows = households_of(
        db,
        visitor.place,
        grid=grid,
        visit_class=visit_class,
        after=(due, last) if last else None,
        limit=PAGE_ROWS,
    )
    shown = rows[:PAGE_ROWS]
    more = f"{shown[-1].next_due} {shown[-1].record}" if len(rows) > PAGE_ROWS else None
    return HouseholdPage(
        lines=[_line(db, keys, visitor, row, names, labels) for row in shown],
        grids=names,
        classes=labels,
        counts=classes_counted(db, visitor.place, grid),
        after=more,
    )


def household_class(db: sqlite3.Connection, keys: Keys, visitor: Visitor, household: str) -> HouseholdClass:
    """One household's class. Raises ProblemError: forbidden, not-found."""
    found = household_of(db, keys, visitor, household)
    values = found.values
    names = {shape.code: shape.name for shape in grids_of(db, keys, village_range(visitor.place))}
    key = values.get("visit_class", DEFAULT_CLASS)
    event = values.get("special_event") or {}
    words = EVENTS.get(event.get("type", ""))
    return HouseholdClass(
        id=household,
        name=str(values.get("name", "")),
        address=str(values.get("address", "")),
        grid_name=names.get(str(found.grid), str(found.grid or "")),
        visit_class=key,
        class_label=class_labels().get(key, Label(zh=key)),
        reason=str(values.get("visit_class_reason") or ""),
        since=found.stamp_of("visit_class").clock[:24],
        event=None if words is None else Label(zh=words[0], en=words[1]),
        event_at=event.get("at"),
        status=str(values.get("status", "present")),
    )


def _line(
    db: sqlite3.Connection,
    keys: Keys,
    visitor: Visitor,
    row: HouseholdRow,
    names: dict[str, str],
    labels: dict[str, Label],
) -> HouseholdLine:
    record = record_in(db, keys, visitor.place, row.record)
    values = {} if record is None else record.values
    return HouseholdLine(
        row=row,
        name=str(values.get("name", "")),
        address=str(values.get("address", "")),
        grid_name=names.get(row.grid or "", row.grid or ""),
        class_label=labels.get(row.visit_class, Label(zh=row.visit_class)),
        overdue=row.next_due < visitor.today.isoformat(),
    )
