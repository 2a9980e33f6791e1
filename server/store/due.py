"""When each household is next to be visited: one indexed day a household, so that what is overdue is one range."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from server.store.world import StoreWorld

DEFAULT_CLASS = "ordinary"
_SET = "UPDATE households_due SET last_counted = ?, next_due = ? WHERE village = ? AND household = ?"


def counted_on(world: StoreWorld, days: Sequence[tuple[str, str, str]]) -> None:
    """Households that a visit now covers: (village, household, day)."""
    latest: dict[tuple[str, str], str] = {}
    for village, household, day in days:
        latest[village, household] = max(day, latest.get((village, household), ""))
    rows = []
    for (village, household), day in latest.items():
        row = world.db.execute(
            "SELECT class, since, last_counted FROM households_due WHERE village = ? AND household = ?",
            (village, household),
        ).fetchone()
        if row is not None and (row[2] is None or row[2] < day):
            rows.append((day, next_due_text(world, row[0], row[1], day), village, household))
    world.db.executemany(_SET, rows)


def recount_last(world: StoreWorld, households: Sequence[tuple[str, str]]) -> None:
    """Households of which a counted day was taken back, or the class changed: look for the last one that counts."""
    for village, household in households:
        row = world.db.execute(
            "SELECT class, since, (SELECT max(day) FROM counted_days"
            " WHERE village = ?1 AND household = ?2 AND visits > 0)"
            " FROM households_due WHERE village = ?1 AND household = ?2",
            (village, household),
        ).fetchone()
        if row is not None:
            visit_class, since, last = row
            world.db.execute(_SET, (last, next_due_text(world, visit_class, since, last), village, household))


def next_due_text(world: StoreWorld, visit_class: str, since: str, last: str | None) -> str:
    """The day by which a household is to be visited next, as ISO text."""
    classes = world.knowledge.classes
    known = visit_class if classes.get(visit_class) else DEFAULT_CLASS
    counted = None if last is None else date.fromisoformat(last)
    return classes.next_due_day(known, counted, date.fromisoformat(since)).isoformat()
