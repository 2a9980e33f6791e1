"""When each household is next to be visited: one indexed day a household, so that what is overdue is one range."""

from __future__ import annotations

from datetime import date

from server.store.world import StoreWorld

DEFAULT_CLASS = "ordinary"


def update_last_counted(world: StoreWorld, village: str, household: str) -> None:
    """Recompute when a household was last counted and is next due, after a day was counted or taken back."""
    row = world.db.execute(
        "SELECT class, since, (SELECT max(day) FROM counted_days WHERE village = ?1 AND household = ?2 AND visits > 0)"
        " FROM households_due WHERE village = ?1 AND household = ?2",
        (village, household),
    ).fetchone()
    if row is not None:
        visit_class, since, last = row
        world.db.execute(
            "UPDATE households_due SET last_counted = ?, next_due = ? WHERE village = ? AND household = ?",
            (last, next_due_text(world, visit_class, since, last), village, household),
        )


def next_due_text(world: StoreWorld, visit_class: str, since: str, last: str | None) -> str:
    """The day by which a household is to be visited next, as ISO text."""
    classes = world.knowledge.classes
    known = visit_class if classes.get(visit_class) else DEFAULT_CLASS
    counted = None if last is None else date.fromisoformat(last)
    return classes.next_due_day(known, counted, date.fromisoformat(since)).isoformat()
