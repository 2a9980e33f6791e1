"""The households behind coverage: those to be visited and not visited, and one of them with its visits."""

from __future__ import annotations

from datetime import date

import msgspec

from forms.definition import Label
from grid_map.counting_rules import HOUSEHOLD_DAY
from grid_map.visit_classes import NEUTRAL_REASON, load_visit_classes
from server.desk.views.shower import HouseholdShown, Shower
from server.desk.views.visit_receipts import VisitLine, visit_lines
from server.problem import ProblemError
from server.roles import Action
from server.store.overview import overdue_rows
from server.store.places import village_range
from server.store.receipts_of_figures import due_of_household, visits_of_household
from server.store.records import record_in
from sync.counting_facts import DEFAULT_CLASS
from sync.record import Record


class OverdueLine(msgspec.Struct, frozen=True):
    """A household to be visited by `next_due`; `days` since then, 0 where the day has not passed."""

    household: HouseholdShown
    grid: str
    grid_name: str
    village_name: str
    last_counted: str | None
    next_due: str
    days: int


class HouseholdView(msgspec.Struct, frozen=True, kw_only=True):
    """One household: why it is to be visited when, in neutral words, and its visits of a year.

    `visit_class` is given to whoever owns classes only, to be shown on a click.
    """

    household: HouseholdShown
    grid: str
    grid_name: str
    why: str
    last_counted: str | None
    next_due: str | None
    days: int
    visit_class: Label | None
    visits: list[VisitLine]


def overdue_lines(
    shower: Shower,
    place: str,
    before: date,
    today: date,
    names: dict[str, str],
    grid: str | None,
    after: str | None,
) -> tuple[list[OverdueLine], str | None]:
    """A page of households to be visited before a day and not visited. ProblemError for a wrong cursor."""
    try:
        rows, more = overdue_rows(shower.db, village_range(place), before.isoformat(), grid=grid, after=after)
    except ValueError:
        raise ProblemError("not-found") from None
    lines = []
    for row in rows:
        shown = shower.household(row.village, row.household)
        if shown is not None:
            days = (today - date.fromisoformat(row.next_due)).days
            of_grid = row.grid or ""
            lines.append(
                OverdueLine(
                    household=shown,
                    grid=of_grid,
                    grid_name=names.get(of_grid, of_grid),
                    village_name=names.get(row.village, row.village),
                    last_counted=row.last_counted,
                    next_due=row.next_due,
                    days=max(days, 0),
                )
            )
    return lines, more


def household_view(shower: Shower, village: str, identifier: str, today: date) -> HouseholdView:
    """One household of a village. ProblemError not-found for what is none."""
    record = record_in(shower.db, shower.keys, village, identifier)
    shown = shower.household(village, identifier)
    if record is None or shown is None or record.void is not None:
        raise ProblemError("not-found")
    last_counted, next_due = due_of_household(shower.db, village, identifier)
    first = today.replace(month=1, day=1).isoformat()
    visits = visits_of_household(shower.db, shower.keys, identifier, village, first, today.isoformat())
    grid = record.grid or ""
    return HouseholdView(
        household=shown,
        grid=grid,
        grid_name=shower.grid_names(village).get(grid, grid),
        why=NEUTRAL_REASON,
        last_counted=last_counted,
        next_due=next_due,
        days=0 if next_due is None else max((today - date.fromisoformat(next_due)).days, 0),
        visit_class=_class_label(record) if shower.visitor.may(Action.VISIT_CLASS_WRITE) else None,
        visits=visit_lines(shower, visits, HOUSEHOLD_DAY.key)[::-1],
    )


def _class_label(record: Record) -> Label:
    key = str(record.values.get("visit_class") or DEFAULT_CLASS)
    found = load_visit_classes().get(key)
    return Label(zh=key) if found is None else Label(zh=found.label, en=found.label_en)
