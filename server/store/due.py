"""When each household is next to be visited: one indexed day a household, so that what is overdue is one range.

Invariant: `last_counted` is the last day on which a visit counted for the household where it is now; for one that ever
moved to another village, wherever it was: visits stay where they happened, and arrive there also after the move.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from grid_map.visit_classes import VisitClasses
from server.store.world import StoreWorld
from sync.counting_facts import DEFAULT_CLASS

_COUNTED_HERE = "SELECT max(day) FROM counted_days WHERE village = ? AND household = ? AND visits > 0"
_COUNTED_ANYWHERE = (
    "SELECT max(day) FROM counted_days WHERE village IN (SELECT village FROM grids) AND household = ?"
    " AND visits > 0"
)
_SET = "UPDATE households_due SET last_counted = ?, next_due = ? WHERE village = ? AND household = ?"


def counted_on(world: StoreWorld, days: Sequence[tuple[str, str, str]]) -> None:
    """Households that a visit now covers: (village, household, day)."""
    latest: dict[str, dict[str, str]] = {}
    for village, household, day in days:
        of_village = latest.setdefault(village, {})
        of_village[household] = max(day, of_village.get(household, ""))
    rows, elsewhere = [], []
    for village, of_village in latest.items():
        known = world.db.execute(
            "SELECT household, class, since, last_counted FROM households_due WHERE village = ?"
            f" AND household IN ({','.join('?' * len(of_village))})",
            (village, *of_village),
        ).fetchall()
        elsewhere += [(village, household) for household in of_village.keys() - {row[0] for row in known}]
        for household, visit_class, since, last in known:
            day = of_village[household]
            if last is None or last < day:
                rows.append((day, next_due_text(world, visit_class, since, day), village, household))
    world.db.executemany(_SET, rows)
    recount_last(world, sorted(elsewhere))


def recount_last(world: StoreWorld, households: Sequence[tuple[str, str]]) -> None:
    """Look for the last day that counts, of households by a village in which they are or were.

    For those of which a counted day was taken back, the class changed, or which moved.
    """
    for village, household in households:
        moved = world.db.execute("SELECT village FROM moved WHERE id = ?", (household,)).fetchone()
        home = village if moved is None else moved[0]
        row = world.db.execute(
            "SELECT class, since FROM households_due WHERE village = ? AND household = ?", (home, household)
        ).fetchone()
        if row is None:
            continue
        if moved is None:
            (last,) = world.db.execute(_COUNTED_HERE, (home, household)).fetchone()
        else:
            (last,) = world.db.execute(_COUNTED_ANYWHERE, (household,)).fetchone()
        visit_class, since = row
        world.db.execute(_SET, (last, next_due_text(world, visit_class, since, last), home, household))


def next_due_text(world: StoreWorld, visit_class: str, since: str, last: str | None) -> str:
    """The day by which a household is to be visited next, as ISO text."""
    return _next_due_text(world.knowledge.classes, visit_class, since, last)


@lru_cache(maxsize=4096)
def _next_due_text(classes: VisitClasses, visit_class: str, since: str, last: str | None) -> str:
    known = visit_class if classes.get(visit_class) else DEFAULT_CLASS
    counted = None if last is None else date.fromisoformat(last)
    return classes.next_due_day(known, counted, date.fromisoformat(since)).isoformat()
