"""The way of a proxy case as tabs: which states stand behind each at the window and at the town, and a page of one."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Literal

import msgspec

from forms.definition import Label
from forms.handling.licence import LicenceClock
from forms.handling.light import LIGHT_LABELS, Light
from forms.handling.states import State
from server.casework.deciding import licence_of
from server.desk.places import place_name
from server.desk.views import case_words as words
from server.desk.views.people import Person, person
from server.desk.views.published import catalogue_of
from server.keys import Keys
from server.problem import ProblemError
from server.store.case_row import HANDOVER, CaseRow
from server.store.hand_ups import hand_up_row
from server.store.records import record_found, record_in
from server.store.stage_list import StageFilter, cases_in_stage, counted
from sync.record import Record

Tone = Literal["late", "near"]


class Tab(msgspec.Struct, frozen=True):
    """A stage of the way: its key in the address, its words, its states, and what stands there when it is empty."""

    key: str
    label: Label
    states: tuple[State, ...]
    empty: Label


class ListedCase(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a stage. `timing` says in words which clock runs until when; `missing` counts missing materials."""

    row: CaseRow
    item_name: str
    department: str
    applicant: str
    village_name: str
    holder: Person | None
    state: Label
    light: Light
    light_label: Label
    timing: Label
    missing: int
    batch: str | None
    batch_number: str | None
    issued_at: str | None
    licence: LicenceClock | None


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a stage, the tabs with how many wait in each, and the items that occur in this one."""

    tab: Tab
    tabs: tuple[tuple[Tab, int], ...]
    cases: tuple[ListedCase, ...]
    after: str | None
    items: tuple[tuple[str, str], ...]


VILLAGE_TABS = (
    Tab("receive", Label(zh="待收件", en="to receive"), (State.ENTRUSTED,),
        Label(zh="居民委托、还没有收件的代办件会出现在这里。", en="Entrusted cases that nobody has received yet.")),
    Tab("hand-up", Label(zh="待报送", en="to hand up"), (State.RECEIVED,),
        Label(zh="收件以后、还没有报送镇街的代办件会出现在这里，3 个工作日内报送。",
              en="Received cases that are not handed up yet; within 3 working days.")),
    Tab("handed-up", Label(zh="已报送", en="handed up"), (State.HANDED_UP, State.ACCEPTED, State.PROCESSING),
        Label(zh="报送以后、镇街还在办理的会出现在这里。", en="Cases that the town is working on.")),
    Tab("supplement", Label(zh="补正中", en="supplement"), (State.SUPPLEMENTING,),
        Label(zh="镇街要求补正的会出现在这里，补正期间暂停计时。",
              en="What the town wants supplemented; the clock stands meanwhile.")),
    Tab("deliver", Label(zh="结果待送达", en="to deliver"),
        (State.GRANTED, State.REFUSED, State.NOT_ACCEPTED, State.TERMINATED),
        Label(zh="镇街作出决定、还没有送到居民手里的会出现在这里。",
              en="Decided cases whose result is not with the resident yet.")),
    Tab("archive", Label(zh="待归档", en="to archive"), (State.DELIVERED,),
        Label(zh="送达以后、还没有归档的会出现在这里。", en="Delivered cases that are not archived yet.")),
    Tab("follow-up", Label(zh="待回访", en="to follow up"), (State.ARCHIVED,),
        Label(zh="归档以后、还没有回访的会出现在这里。", en="Archived cases that nobody has asked after yet.")),
)  # fmt: skip
TOWN_TABS = (
    Tab("arrived", Label(zh="待受理", en="to accept"), (State.HANDED_UP,),
        Label(zh="村社报送、还没有受理的会出现在这里。", en="What villages handed up and nobody has accepted.")),
    Tab("processing", Label(zh="办理中", en="being processed"), (State.ACCEPTED, State.PROCESSING),
        Label(zh="已受理、还没有作出决定的会出现在这里。", en="Accepted cases that are not decided yet.")),
    Tab("supplement", Label(zh="补正中", en="supplement"), (State.SUPPLEMENTING,),
        Label(zh="等村社补齐材料的会出现在这里，暂停计时。", en="Cases that wait for a supplement; the clock stands.")),
    Tab("issue", Label(zh="待出件 · 待送达", en="to issue, to deliver"),
        (State.GRANTED, State.REFUSED, State.NOT_ACCEPTED, State.TERMINATED),
        Label(zh="已作出决定、结果还没有送到居民手里的会出现在这里。",
              en="Decided cases whose result is not with the resident yet.")),
    Tab("reports", Label(zh="流转待反馈", en="reports to answer"), (State.TRANSFERRED,),
        Label(zh="村社流转上来、等待反馈的登记上报会出现在这里。", en="Reports that wait for an answer.")),
)  # fmt: skip


def tab_named(tabs: tuple[Tab, ...], key: str | None) -> Tab | None:
    """The tab of an address; None where none is named. ProblemError not-found for a strange one."""
    if not key:
        return None
    found = next((tab for tab in tabs if tab.key == key), None)
    if found is None:
        raise ProblemError("not-found")
    return found


def stage(
    db: sqlite3.Connection,
    keys: Keys,
    today: date,
    tabs: tuple[Tab, ...],
    tab: Tab | None,
    of: StageFilter,
    after: str | None,
) -> Stage:
    """A page of a tab under a filter (whose states are the tab's); without one, of the first in which anything waits.

    Numbers beside the tabs keep to place and department only. ProblemError not-found for a cursor that is none.
    """
    day = today.isoformat()
    plain = msgspec.structs.replace(
        of, states=tuple(state for one in tabs for state in one.states), item=None, light=None
    )
    by_state = counted(db, plain, day, "state")
    counts = tuple((one, sum(by_state.get(state, 0) for state in one.states)) for one in tabs)
    shown = tab or next((one for one, count in counts if count), tabs[0])
    within = msgspec.structs.replace(of, states=shown.states)
    try:
        rows, further = cases_in_stage(db, within, day, after)
    except ValueError:
        raise ProblemError("not-found") from None
    in_tab = msgspec.structs.replace(plain, states=shown.states)
    catalogue = catalogue_of(db, keys)
    names = {item.key: item.name for item in catalogue.items}
    items = sorted((names.get(key, key), key) for key in counted(db, in_tab, day, "item"))
    return Stage(
        tab=shown,
        tabs=counts,
        cases=tuple(_listed(db, keys, row, today) for row in rows),
        after=further,
        items=tuple((key, name) for name, key in items),
    )


def _listed(db: sqlite3.Connection, keys: Keys, row: CaseRow, today: date) -> ListedCase:
    record = record_in(db, keys, row.village, row.record)
    values = {} if record is None else record.values
    catalogue = catalogue_of(db, keys)
    item = catalogue.item(row.item, row.item_version)
    department = catalogue.department(row.department)
    batch = values.get("hand_up")
    known = None if batch is None else hand_up_row(db, row.village, batch)
    light = row.light(today.isoformat())
    return ListedCase(
        row=row,
        item_name=row.item if item is None else item.name,
        department=row.department if department is None else department.name,
        applicant=_applicant(db, keys, record),
        village_name=place_name(db, keys, row.village),
        holder=person(db, row.holder),
        state=words.state_label(row.state),
        light=light,
        light_label=LIGHT_LABELS[light],
        timing=timing_of(row),
        missing=sum(name.startswith("materials/") and state == "missing" for name, state in values.items()),
        batch=batch,
        batch_number=None if known is None else known.number,
        issued_at=values.get("issued_at"),
        licence=None if record is None or item is None else licence_of(record, item, today),
    )


def timing_of(row: CaseRow) -> Label:
    """Which clock runs, until when, in words; a date across an unpublished year says 暂定."""
    mark, mark_en = ("（暂定）", " (tentative)") if row.tentative else ("", "")
    if row.stopped:
        return Label(zh="补正中，暂停计时", en="the clock stands")
    if row.timing:
        return Label(zh=f"{row.decided_day}决定", en=f"decided {row.decided_day}")
    if row.clock == HANDOVER:
        return Label(
            zh=f"{row.near_day}前报送，最迟{row.due_day}{mark}",
            en=f"hand up by {row.near_day}, at the latest {row.due_day}{mark_en}",
        )
    if row.due_day is not None:
        begun = ("受理后", "") if row.accepted_day else ("预计", "expected: ")
        return Label(zh=f"{begun[0]}办结期限{row.due_day}{mark}", en=f"{begun[1]}due {row.due_day}{mark_en}")
    return Label(zh="不计时限", en="no time limit")


def _applicant(db: sqlite3.Connection, keys: Keys, record: Record | None) -> str:
    if record is None:
        return ""
    if name := record.values.get("applicant_name"):
        return str(name)
    resident = record.values.get("resident")
    found = None if resident is None else record_found(db, keys, record.village, resident)
    return "" if found is None else str(found.values.get("name") or "")
