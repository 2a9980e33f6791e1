"""Everything that the page of one case shows beside the case itself, and what its forms offer."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import msgspec

from forms.definition import Label
from server.casework.handing_over import may_undo
from server.casework.tasks import OFFERED
from server.desk.views import case_words as words
from server.desk.views.case_history import Written, case_history
from server.desk.views.case_moves import MoveShown, moves_shown
from server.desk.views.cases import CaseView, case_view
from server.desk.views.people import Person, colleagues, person
from server.desk.views.published import catalogue_of
from server.desk.visitor import Visitor
from server.keys import Keys
from server.roles import Action
from server.store import rota
from server.store.case_ties import duplicates_of
from server.store.records import record_found, record_in
from server.store.task_list import tasks_of_case
from sync.clock import corrected_ms, moment_ms
from sync.record import Record


class TaskShown(msgspec.Struct, frozen=True):
    """A task of the case: what, who, until when, how it stands."""

    id: str
    type: Label
    title: str
    holder: Person | None
    due: str | None
    state: Label
    note: str | None


class LinkedCase(msgspec.Struct, frozen=True):
    """Another case that is one matter with this one."""

    id: str
    item_name: str
    state: Label


class VisitShown(msgspec.Struct, frozen=True):
    """The visit in which the case was captured: when it began (corrected Unix milliseconds), and by whom."""

    worker: Person | None
    started_ms: int


class CasePage(msgspec.Struct, frozen=True, kw_only=True):
    """The page of one case. `may_act`: whether this visitor may change it; forms are shown to nobody else.

    next_window   who gets what is handed to the window
    duplicates    the ids of undecided suspicions that name it
    hidden        fields whose numbers may be asked for in full
    """

    case: CaseView
    moves: list[MoveShown]
    entries: list[Written]
    tasks: list[TaskShown]
    linked: list[LinkedCase]
    visit: VisitShown | None
    duplicates: list[str]
    hidden: list[tuple[str, Label]]
    may_act: bool
    may_read_number: bool
    may_undo: bool
    colleagues: list[Person]
    at_window: list[str]
    last_giver: Person | None
    task_types: list[tuple[str, Label]]


def case_page(db: sqlite3.Connection, keys: Keys, visitor: Visitor, record: Record) -> CasePage:
    """The page of a case that the visitor may see."""
    case = case_view(db, keys, record, visitor.today)
    department = None if case.item is None else case.item.department
    owners = [record.holder or ""]
    may_act = visitor.may(Action.CASE_ADVANCE, owners=owners) and record.void is None
    form = None if case.item is None else catalogue_of(db, keys).form(case.item.form)
    handovers = record.values.get("handovers") or []
    return CasePage(
        case=case,
        moves=moves_shown(case, visitor) if may_act else [],
        entries=case_history(db, keys, record.village, record.id, case.item, form),
        tasks=[
            _task(db, keys, record.village, row.record)
            for row in tasks_of_case(db, record.village, record.id)
        ],
        linked=[linked for other in case.linked if (linked := _linked(db, keys, record.village, other))],
        visit=_visit(db, keys, record),
        duplicates=[one.id for one in duplicates_of(db, keys, record.village, record.id)],
        hidden=_hidden(case),
        may_act=may_act,
        may_read_number=visitor.may(Action.IDENTITY_NUMBER_READ, owners=owners, department=department),
        may_undo=may_undo(record, visitor),
        colleagues=[one for one in colleagues(db, record.village) if one.id != record.holder],
        at_window=_window_names(db, visitor),
        last_giver=person(db, handovers[-1]["giver"]) if handovers else None,
        task_types=[(key, words.TASKS[key]) for key in OFFERED],
    )


def _task(db: sqlite3.Connection, keys: Keys, village: str, identifier: str) -> TaskShown:
    task = record_in(db, keys, village, identifier)
    values = {} if task is None else task.values
    return TaskShown(
        id=identifier,
        type=words.TASKS.get(values.get("type", "other"), words.TASKS["other"]),
        title=values.get("title", ""),
        holder=person(db, values.get("holder")),
        due=values.get("due"),
        state=words.TASK_STATES.get(values.get("state", "open"), words.TASK_STATES["open"]),
        note=values.get("note"),
    )


def _linked(db: sqlite3.Connection, keys: Keys, village: str, identifier: str) -> LinkedCase | None:
    other = record_in(db, keys, village, identifier)
    if other is None:
        return None
    item = catalogue_of(db, keys).item(other.values["item"], other.values["item_version"])
    name = other.values["item"] if item is None else item.name
    return LinkedCase(identifier, name, words.state_label(other.values["state"]))


def _visit(db: sqlite3.Connection, keys: Keys, record: Record) -> VisitShown | None:
    named = record.values.get("visit")
    visit = None if named is None else record_found(db, keys, record.village, named)
    if visit is None:
        return None
    started = corrected_ms(moment_ms(visit.values["started_at"]), visit.offset_ms)
    return VisitShown(person(db, visit.values["worker"]), started)


def _hidden(case: CaseView) -> list[tuple[str, Label]]:
    """What can be asked for in full, each with its name."""
    of_applicant = Label(zh="申请人证件号", en="the applicant's identity number")
    named = [(case.applicant.number_field, of_applicant)] if case.applicant.number_field else []
    return named + [(answer.path, answer.label) for answer in case.answers if answer.hidden]


def _window_names(db: sqlite3.Connection, visitor: Visitor) -> list[str]:
    """The names of those at the window today, or on the next day that has anybody."""
    first, last = visitor.today, visitor.today + timedelta(days=7)
    for day in rota.between(db, visitor.place, first.isoformat(), last.isoformat()):
        named = [person(db, worker) for worker in day.window]
        if named:
            return [one.name for one in named if one is not None]
    return []
