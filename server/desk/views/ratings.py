"""Ratings for the village lead: the level, the case, and until when a bad one is to be mended."""

from __future__ import annotations

import sqlite3

import msgspec

from forms.definition import Label
from forms.handling.duty import has_held
from forms.handling.rating import BAD_RATINGS, MENDED_WITHIN_DAYS, RATING_LABELS, Rating
from grid_map.days import count_day
from server.desk.views.published import calendar, catalogue_of
from server.desk.visitor import Visitor
from server.keys import Keys
from server.store.hand_ups import RatingRow, ratings_of
from server.store.records import record_found

LISTED_MAX = 200


class RatingShown(msgspec.Struct, frozen=True, kw_only=True):
    """One rating; `mend_by` an ISO day for a bad one."""

    row: RatingRow
    label: Label
    bad: bool
    item_name: str
    applicant: str
    mend_by: str | None


def ratings_shown(db: sqlite3.Connection, keys: Keys, visitor: Visitor) -> tuple[list[RatingShown], int]:
    """The latest ratings, and how many are kept from this visitor, who handled those cases."""
    shown, hidden, catalogue = [], 0, catalogue_of(db, keys)
    for row in ratings_of(db, visitor.place, LISTED_MAX):
        case = record_found(db, keys, row.village, row.case)
        if case is None:
            continue
        if has_held(case.values, visitor.account.id):
            hidden += 1
            continue
        item = catalogue.item(case.values["item"], case.values["item_version"])
        level = Rating(row.level)
        due = calendar().add_working_days(count_day(row.rated_ms), MENDED_WITHIN_DAYS).day
        shown.append(
            RatingShown(
                row=row,
                label=RATING_LABELS[level],
                bad=level in BAD_RATINGS,
                item_name=case.values["item"] if item is None else item.name,
                applicant=case.values.get("applicant_name") or "",
                mend_by=due.isoformat() if level in BAD_RATINGS else None,
            )
        )
    return shown, hidden
