"""The inbox: which cases are asked for, and a page of them with what a list shows.

Whoever is at the window sees the village's cases, a town clerk those of the own departments, a worker who is not on
duty the own ones.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import date
from typing import Literal, cast
from urllib.parse import urlencode

import msgspec

from forms.catalogue import Catalogue
from forms.definition import Label
from forms.handling.light import LIGHT_LABELS, Light
from forms.handling.receipt import compact
from server.casework.handing_over import may_undo
from server.desk.views.case_words import mode_label, state_label
from server.desk.views.people import Person, person
from server.desk.views.published import catalogue_of
from server.desk.visitor import Visitor
from server.keys import Keys
from server.numbering import case_numbered
from server.problem import ProblemError
from server.roles import Action, Role
from server.store.case_list import CaseFilter, cases_of
from server.store.case_row import CaseRow, case_row
from server.store.places import village_range
from server.store.records import record_found, record_in

PAGE = 50
READ_AT_ONCE, READ_MAX = 100, 500
"""A search reads the cases themselves, so many at a time and at most so many a page."""
NUMBERS = ("receipt_number", "official_number", "department_number")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The filter, as the address says it. `show`: `open`, `done` or `all`; `after`: a page's cursor."""

    worker: str = ""
    item: str = ""
    mode: str = ""
    state: str = ""
    time: str = ""
    waits: str = ""
    show: str = "open"
    q: str = ""
    order: str = "newest"
    after: str = ""

    @property
    def query(self) -> str:
        """As part of an address: only what is not the default, so that an address stays short."""
        return self.without()

    def without(self, *names: str) -> str:
        """The same without some of it; with `after` left out it is the first page."""
        default = Asked()
        given = {
            name: value
            for name in self.__struct_fields__
            if name not in names and (value := getattr(self, name)) != getattr(default, name)
        }
        return urlencode(given)

    @property
    def narrows(self) -> bool:
        """Whether anything but the order was chosen."""
        return bool(self.without("order", "after"))


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list."""

    row: CaseRow
    item_name: str
    applicant: str
    holder: Person | None
    state: Label
    mode: Label
    light: Light
    light_label: Label


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the inbox. `read`: how many cases a search has read, None where nothing was searched for."""

    lines: list[Listed]
    after: str | None
    total: int | None
    read: int | None
    own_only: bool


def asked_for(query: Mapping[str, str]) -> Asked:
    """The filter of an address; what it does not know is left out."""
    given = {name: str(query[name]).strip()[:200] for name in Asked.__struct_fields__ if query.get(name)}
    asked = Asked(**given)
    choices = {"time": ("late", "near"), "waits": ("W", "V", "T"), "show": ("open", "done", "all")}
    wrong = {name: "" for name, of in choices.items() if getattr(asked, name) not in of}
    if asked.order not in ("newest", "due"):
        wrong["order"] = ""
    defaults = {name: getattr(Asked(), name) for name in wrong}
    return msgspec.structs.replace(asked, **defaults)


def inbox_of(db: sqlite3.Connection, keys: Keys, visitor: Visitor, asked: Asked) -> Inbox:
    """A page of the cases that the visitor may see here. ProblemError: forbidden, request-invalid."""
    wanted, own_only = _wanted(visitor, asked)
    today, order = visitor.today.isoformat(), cast("Literal['newest', 'due']", asked.order)
    catalogue = catalogue_of(db, keys)
    after: str | None = asked.after or None
    try:
        if not asked.q:
            page = cases_of(db, wanted, today, after, PAGE, order)
            lines = [_listed(db, keys, catalogue, row, visitor.today) for row in page.rows]
            return Inbox(lines=lines, after=page.after, total=page.total, read=None, own_only=own_only)
        numbered = case_numbered(db, visitor.place, asked.q)
        if numbered:
            rows = _numbered_rows(db, visitor.place, numbered, wanted)
            lines = [_listed(db, keys, catalogue, row, visitor.today) for row in rows]
            return Inbox(lines=lines, after=None, total=None, read=len(lines), own_only=own_only)
        found: list[Listed] = []
        read = 0
        while read < READ_MAX and len(found) < PAGE:
            page = cases_of(db, wanted, today, after, READ_AT_ONCE, order)
            for row in page.rows:
                line = _listed(db, keys, catalogue, row, visitor.today)
                if _matches(db, keys, line, asked.q):
                    found.append(line)
            read, after = read + len(page.rows), page.after
            if after is None:
                break
        return Inbox(lines=found, after=after, total=None, read=read, own_only=own_only)
    except ValueError:
        raise ProblemError("not-found", "这一页已找不到，请从第一页看起 / this page is not there") from None


def just_handed(db: sqlite3.Connection, keys: Keys, visitor: Visitor, case: str) -> Person | None:
    """To whom the visitor has just handed a case over, as long as that can be undone."""
    record = record_in(db, keys, visitor.place, case)
    if record is None or record.kind != "case" or not may_undo(record, visitor):
        return None
    return person(db, record.holder)


def _wanted(visitor: Visitor, asked: Asked) -> tuple[CaseFilter, bool]:
    """The filter within the visitor's rights, and whether only the own cases are shown.

    Who asks what waits for somebody is shown decided cases too: a result still has to be delivered and filed.
    """
    account = visitor.account
    departments: tuple[str, ...] = ()
    own_only = False
    if account.role is Role.TOWN_CLERK:
        departments = account.departments
        visitor.require(Action.CASE_READ, department=next(iter(departments), None))
    elif not visitor.may(Action.CASE_READ):
        own_only = account.role in (Role.WORKER, Role.VILLAGE_LEAD)
        if not own_only:
            visitor.require(Action.CASE_READ)
    wanted = CaseFilter(
        villages=village_range(visitor.place),
        worker=account.id if own_only else asked.worker or None,
        item=asked.item or None,
        department=departments,
        mode=asked.mode or None,
        state=asked.state or None,
        open=None if asked.waits and asked.show == "open" else {"open": True, "done": False}.get(asked.show),
        waits=cast("Literal['W', 'V', 'T'] | None", asked.waits or None),
        light=cast("Literal['late', 'near'] | None", asked.time or None),
    )
    return wanted, own_only


def _numbered_rows(
    db: sqlite3.Connection, village: str, records: list[str], wanted: CaseFilter
) -> list[CaseRow]:
    """The cases that a receipt number means, open or not, within the visitor's rights."""
    rows = (case_row(db, village, record) for record in records)
    return [
        row
        for row in rows
        if row is not None
        and wanted.worker in (None, row.holder)
        and (not wanted.department or row.department in wanted.department)
    ]


def _listed(db: sqlite3.Connection, keys: Keys, catalogue: Catalogue, row: CaseRow, today: date) -> Listed:
    item = catalogue.item(row.item, row.item_version)
    light = row.light(today.isoformat())
    return Listed(
        row=row,
        item_name=row.item if item is None else item.name,
        applicant=_applicant(db, keys, row),
        holder=person(db, row.holder),
        state=state_label(row.state),
        mode=mode_label(row.mode),
        light=light,
        light_label=LIGHT_LABELS[light],
    )


def _applicant(db: sqlite3.Connection, keys: Keys, row: CaseRow) -> str:
    record = record_in(db, keys, row.village, row.record)
    if record is None:
        return ""
    if name := record.values.get("applicant_name"):
        return str(name)
    resident = record.values.get("resident")
    named = None if resident is None else record_found(db, keys, row.village, resident)
    return "" if named is None else str(named.values.get("name", ""))


def _matches(db: sqlite3.Connection, keys: Keys, line: Listed, q: str) -> bool:
    """By the applicant's name, or the end or whole of one of its numbers."""
    if q.casefold() in line.applicant.casefold():
        return True
    number = compact(q)
    record = record_in(db, keys, line.row.village, line.row.record)
    if record is None or len(number) < 4:
        return False
    numbers = (compact(str(record.values.get(name) or "")) for name in NUMBERS)
    return any(number in one for one in numbers)
