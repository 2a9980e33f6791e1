"""A case as lists and counts need it: what follows from its record, its item, the calendar and the limits.

Moments that were written with the capture are put right by its clock offset; those written later come from other
devices, whose offset the record does not keep, and count as they were said (a desk's is the server's own time).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec

from forms.catalogue import Catalogue, Item, Mode
from forms.handling.calendar import ONE_DAY, WorkingCalendar
from forms.handling.case_clock import pauses_of
from forms.handling.clocks import RULES, LimitRules, Milestones, handover_due, handover_latest
from forms.handling.light import Light, light
from forms.handling.limits import promise
from forms.handling.states import Actor, State
from forms.handling.workflow import awaited, is_final, is_open
from grid_map.days import count_day
from sync.clock import corrected_ms, moment_ms
from sync.counting_facts import occurred_ms
from sync.record import Record

_STATES = frozenset(State)
_WAITING = ((Actor.WORKER, "W"), (Actor.WINDOW, "V"), (Actor.TOWN_CLERK, "T"))
_IN_VILLAGE = (State.ENTRUSTED, State.RECEIVED)
HANDOVER, ITEM = "handover", "item"
ON_TIME, LATE, UNTIMED = "on_time", "late", "untimed"


class CaseRow(msgspec.Struct, frozen=True):
    """One case. Days are ISO text in Asia/Shanghai, corrected; nothing here names a resident.

    captured_ms   when it was captured, put right by the phone's clock offset; `captured_day` its day
    received_ms   when the server received it
    open          not settled yet (`forms.handling.workflow.is_open`); never where it is void
    final         nothing can follow, or it is void
    waits         who can take it onward: some of `W` (its holder), `V` (the window), `T` (the town), in this order;
                  empty for nobody, also once archived (only a follow-up call is left then)
    clock         the limit that runs: `handover` (a proxy case not yet handed up), `item`, or empty: none, or stopped
    stopped       the clock stands: a pause is open
    near_day, due_day   the light: late after `due_day`, near from `near_day` on; None where no clock runs
    tentative     its dates were counted across a year whose holidays are not published (暂定)
    decided_day   when it was settled: by `decided_at`, else when its state was last set; a withdrawal decides nothing
    timing        `on_time`, `late` or `untimed` (no limit) once it is decided, else empty
    conflicts     how many open conflicts it has
    changed_ms    the latest clock by which anything of it was set
    """

    village: str
    record: str
    item: str
    item_version: int
    department: str
    mode: str
    state: str
    holder: str | None
    first_contact: str | None
    grid: str | None
    captured_day: str
    captured_ms: int
    received_ms: int
    open: bool
    final: bool
    void: bool
    waits: str
    clock: str
    stopped: bool
    near_day: str | None
    due_day: str | None
    tentative: bool
    handed_up_day: str | None
    accepted_day: str | None
    decided_day: str | None
    timing: str
    conflicts: int
    changed_ms: int

    def light(self, today: str) -> Light:
        """How it stands to its date on a day (ISO text), or for one that is decided, whether that was in time."""
        if self.timing in (ON_TIME, LATE):
            return Light(self.timing)
        if self.due_day is None or self.near_day is None:
            return Light.NONE
        if today > self.due_day:
            return Light.LATE
        return Light.NEAR if today >= self.near_day else Light.ON_TIME


CASE_COLUMNS = ", ".join(CaseRow.__struct_fields__)
_TRUE_OR_FALSE = tuple(
    CaseRow.__struct_fields__.index(name) for name in ("open", "final", "void", "stopped", "tentative")
)


def read_case(row: tuple[Any, ...]) -> CaseRow:
    """A row of `CASE_COLUMNS` as it came from the database."""
    values = list(row)
    for place in _TRUE_OR_FALSE:
        values[place] = bool(values[place])
    return CaseRow(*values)


def case_row(db: sqlite3.Connection, village: str, record: str) -> CaseRow | None:
    """The case of a village with this id."""
    row = db.execute(
        f"SELECT {CASE_COLUMNS} FROM cases WHERE village = ? AND record = ?", (village, record)
    ).fetchone()
    return None if row is None else read_case(row)


class _Clock(NamedTuple):
    """Which limit runs, and its days."""

    clock: str = ""
    stopped: bool = False
    near_day: str | None = None
    due_day: str | None = None
    tentative: bool = False


class _Days(NamedTuple):
    """What has happened to a case, as days; None = not yet, or not at all."""

    received: date
    handed_up: date | None
    accepted: date | None
    decided: date | None

    @property
    def milestones(self) -> Milestones:
        return Milestones(received_on=self.received, handed_up_on=self.handed_up, accepted_on=self.accepted)


def row_of(
    record: Record, catalogue: Catalogue, calendar: WorkingCalendar, rules: LimitRules = RULES
) -> CaseRow:
    """The row of a case's record. One whose item is not in the catalogue is neither open nor awaited."""
    values = record.values
    item = catalogue.item(values["item"], values["item_version"])
    state = State(values["state"]) if values["state"] in _STATES else None
    void = record.void is not None
    is_known = item is not None and state is not None
    open_ = is_known and not void and is_open(item.mode, state)  # type: ignore[union-attr, arg-type]
    days = _days_of(record, open_ or not is_known, state)
    ran, timing = _Clock(), ""
    if item is not None and open_:
        ran = _running(item, state in _IN_VILLAGE, days, values, calendar, rules)
    elif item is not None and days.decided is not None:
        timing, tentative = _timing(item, days, values, calendar, rules)
        ran = _Clock(tentative=tentative)
    captured_ms = occurred_ms(record)
    return CaseRow(
        village=record.village,
        record=record.id,
        item=values["item"],
        item_version=values["item_version"],
        department="" if item is None else item.department,
        mode="" if item is None else item.mode.value,
        state=values["state"],
        holder=record.holder,
        first_contact=values.get("first_contact"),
        grid=record.grid,
        captured_day=count_day(captured_ms).isoformat(),
        captured_ms=captured_ms,
        received_ms=record.received_ms,
        open=open_,
        final=void or not is_known or is_final(item.mode, state),  # type: ignore[union-attr, arg-type]
        void=void,
        waits="" if void or not is_known else _waits(item, state),  # type: ignore[arg-type]
        clock=ran.clock,
        stopped=ran.stopped,
        near_day=ran.near_day,
        due_day=ran.due_day,
        tentative=ran.tentative,
        handed_up_day=_text(days.handed_up),
        accepted_day=_text(days.accepted),
        decided_day=_text(days.decided),
        timing=timing,
        conflicts=len(record.conflicts),
        changed_ms=_changed_ms(record),
    )


def _waits(item: Item, state: State) -> str:
    if state is State.ARCHIVED:
        return ""
    actors = awaited(item.mode, item.finish, state)
    return "".join(letter for actor, letter in _WAITING if actor in actors)


def _days_of(record: Record, undecided: bool, state: State | None) -> _Days:
    received = _day_of(record, "received_at")
    return _Days(
        received=received or count_day(occurred_ms(record)),
        handed_up=_day_of(record, "handed_up_at"),
        accepted=_day_of(record, "accepted_at"),
        decided=_decided(record, undecided, state),
    )


def _decided(record: Record, undecided: bool, state: State | None) -> date | None:
    if undecided or record.void is not None or state in (None, State.WITHDRAWN):
        return None
    said = _day_of(record, "decided_at")
    return said or count_day(moment_ms(record.stamp_of("state").clock[:24]))


def _day_of(record: Record, field: str) -> date | None:
    said = record.values.get(field)
    if said is None:
        return None
    with_capture = field not in record.clocks
    return count_day(corrected_ms(moment_ms(said), record.offset_ms if with_capture else 0))


def _running(
    item: Item,
    in_village: bool,
    days: _Days,
    values: Mapping[str, Any],
    calendar: WorkingCalendar,
    rules: LimitRules,
) -> _Clock:
    """The clock of an open case: the village's own until it is handed up, then the item's."""
    if item.mode is Mode.PROXY and in_village:
        near, late = (counted(days.received, calendar, rules) for counted in (handover_due, handover_latest))
        return _Clock(HANDOVER, False, near.day.isoformat(), late.day.isoformat(), late.tentative)
    promised = promise(item, days.milestones, calendar, pauses_of(values), rules)
    if promised.due_on is None:
        return _Clock(stopped=promised.stopped, tentative=promised.tentative)
    near_on = _near_from(promised.due_on, calendar, rules)
    return _Clock(ITEM, False, near_on.isoformat(), promised.due_on.isoformat(), promised.tentative)


def _near_from(due_on: date, calendar: WorkingCalendar, rules: LimitRules) -> date:
    """The first day on which `forms.handling.light.light` says near."""
    day, left = due_on, rules.near_days
    while True:
        left -= calendar.assume_working_day(day)
        if left < 0:
            return day
        day -= ONE_DAY


def _timing(
    item: Item, days: _Days, values: Mapping[str, Any], calendar: WorkingCalendar, rules: LimitRules
) -> tuple[str, bool]:
    """Whether a decision came in time, and whether that is 暂定; a pause that nobody ended ended with it."""
    decided = days.decided or days.received
    pauses = [
        pause if pause.ends is not None else msgspec.structs.replace(pause, ends=decided)
        for pause in pauses_of(values)
    ]
    promised = promise(item, days.milestones, calendar, pauses, rules)
    shown = light(promised, decided, calendar, decided, rules)
    words = {Light.LATE: LATE, Light.ON_TIME: ON_TIME}
    return words.get(shown, UNTIMED), promised.tentative


def _changed_ms(record: Record) -> int:
    clocks = [record.created.clock, *(stamp.clock for stamp in record.clocks.values())]
    if record.void is not None:
        clocks.append(record.void.clock)
    return moment_ms(max(clocks)[:24])


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
