"""Cases behind a figure, without a name: which item, where it stands and since when; and one of them with its moves."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Literal

import msgspec

from forms.catalogue import Catalogue
from forms.definition import Label
from forms.handling.light import LIGHT_LABELS, Light
from server.desk.places import short_name
from server.desk.views.case_figures import TIMINGS, department_names, item_names
from server.desk.views.case_words import AWAITED, mode_label, state_label
from server.desk.views.published import catalogue_of
from server.keys import Keys
from server.problem import ProblemError
from server.store.case_history import history_of
from server.store.case_list import CaseFilter, CaseRow, case_row, cases_of
from server.store.places import village_range


class CaseShown(msgspec.Struct, frozen=True, kw_only=True):
    """A case in a list of figures: no applicant, no holder."""

    row: CaseRow
    item: Label
    department: Label
    mode: Label
    state: Label
    village_name: str
    light: Light
    light_label: Label
    timing: Label | None
    waits: tuple[Label, ...]


class Move(msgspec.Struct, frozen=True):
    """A move of state: when it was made and when it was here (moments), and to which state."""

    captured: str | None
    received: str
    state: Label


class CaseList(msgspec.Struct, frozen=True):
    """A page of cases; `after` goes on behind it, `total` where it is cheap."""

    cases: list[CaseShown]
    after: str | None
    total: int | None


def case_list(
    db: sqlite3.Connection, keys: Keys, wanted: CaseFilter, today: date, after: str | None
) -> CaseList:
    """A page of cases, those that are due first where only open ones are wanted."""
    day = today.isoformat()
    order: Literal["due", "decided", "newest"] = "newest"
    if wanted.open or wanted.light:
        order = "due"
    elif wanted.decided_month:
        order = "decided"
    try:
        page = cases_of(db, wanted, day, after, order=order)
    except ValueError:
        raise ProblemError("not-found") from None
    catalogue = catalogue_of(db, keys)
    words = item_names(catalogue), department_names(catalogue)
    return CaseList([_shown(db, keys, row, words, day) for row in page.rows], page.after, page.total)


def case_shown(
    db: sqlite3.Connection, keys: Keys, place: str, village: str, record: str, today: date
) -> CaseShown:
    """One case of a place. ProblemError not-found for what is none of it."""
    row = case_row(db, village, record) if village.startswith(place) else None
    if row is None:
        raise ProblemError("not-found")
    catalogue = catalogue_of(db, keys)
    return _shown(db, keys, row, (item_names(catalogue), department_names(catalogue)), today.isoformat())


def moves_of(db: sqlite3.Connection, keys: Keys, village: str, record: str) -> list[Move]:
    """Every move of a case that was applied, oldest first, with nobody's name."""
    return [
        Move(entry.captured, entry.received, state_label(str(entry.operation.fields["state"])))
        for entry in history_of(db, keys, village, record)
        if entry.operation is not None
        and "state" in entry.operation.fields
        and entry.outcome in ("applied", "merged")
    ]


def wanted_cases(place: str, asked: dict[str, str], departments: tuple[str, ...], today: date) -> CaseFilter:
    """A filter from what an address asks for; `departments` are those that a clerk may see (empty: all)."""
    month = asked.get("captured")
    one = asked.get("department")
    if one and departments and one not in departments:
        raise ProblemError("forbidden")
    below = asked.get("place") or place
    if not below.startswith(place):
        raise ProblemError("forbidden")
    light = asked.get("light")
    return CaseFilter(
        villages=village_range(below),
        item=asked.get("item"),
        department=(one,) if one else departments,
        mode=asked.get("mode"),
        state=asked.get("state"),
        open=True if asked.get("open") or light else None,
        light="late" if light == "late" else "near" if light == "near" else None,
        captured_from=f"{month}-01" if month else None,
        captured_to=f"{month}-31" if month else None,
        decided_month=asked.get("decided"),
    )


def choices(catalogue: Catalogue, departments: tuple[str, ...]) -> dict[str, dict[str, Label]]:
    """What lists can be filtered by: departments, items and modes, those of a clerk's own departments."""
    of = department_names(catalogue)
    items = {item.key for item in catalogue.items if not departments or item.department in departments}
    return {
        "department": {key: name for key, name in of.items() if not departments or key in departments},
        "item": {key: name for key, name in item_names(catalogue).items() if key in items},
        "mode": {mode: mode_label(mode) for mode in sorted({item.mode.value for item in catalogue.items})},
    }


def _shown(
    db: sqlite3.Connection,
    keys: Keys,
    row: CaseRow,
    words: tuple[dict[str, Label], dict[str, Label]],
    today: str,
) -> CaseShown:
    items, departments = words
    light = row.light(today)
    return CaseShown(
        row=row,
        item=items.get(row.item) or Label(zh=row.item),
        department=departments.get(row.department) or Label(zh=row.department),
        mode=mode_label(row.mode),
        state=state_label(row.state),
        village_name=short_name(db, keys, row.village),
        light=light,
        light_label=LIGHT_LABELS[light],
        timing=TIMINGS.get(row.timing),
        waits=tuple(AWAITED[letter] for letter in row.waits),
    )
