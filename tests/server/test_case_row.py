"""The row of a case: its lights, days and timing are those that `forms.handling` tells of its record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from forms.catalogue import Catalogue, Finish, Item, Mode, Stage, TimeLimit
from forms.handling.calendar import published_calendar
from forms.handling.clocks import Milestones
from forms.handling.light import Light, handover_light, light
from forms.handling.limits import promise
from server.store.case_row import CaseRow, row_of
from sync.record import Record, Stamp, Voiding

CALENDAR = published_calendar()
MONDAY = date(2026, 11, 2)
CREATED = "2026-11-02T01:00:00.000Z/0000"
WORKING = TimeLimit(stages=(Stage(key="one", name="办理", days=5),))
CALENDAR_DAYS = TimeLimit(stages=(Stage(key="one", name="办理", days=9, counting="calendar"),))


def catalogue(mode: Mode, limit: TimeLimit, finish: Finish = Finish.ONLINE) -> Catalogue:
    return Catalogue(
        version=1,
        items=(
            Item(
                key="thing", number=1, version=1, department="civil", name="thing", mode=mode, finish=finish,
                limit=limit, form="plain", effective_from=date(2020, 1, 1),
            ),
        ),
    )  # fmt: skip


def record(state: str, *, offset_ms: int = 0, clocks: dict[str, str] | None = None, **values: Any) -> Record:
    """A case that was captured on Monday morning; `clocks` says when fields were set after that."""
    return Record(
        id="019a3f00-0000-7000-8000-000000000001",
        kind="case",
        village="330481106222",
        holder="somebody",
        by="somebody",
        created=Stamp(CREATED, "phone"),
        origin=("phone", 1),
        received_ms=1,
        offset_ms=offset_ms,
        values={
            "item": "thing",
            "item_version": 1,
            "state": state,
            "captured_at": "2026-11-02T09:00:00+08:00",
            **values,
        },
        clocks={field: Stamp(clock, "desk") for field, clock in (clocks or {}).items()},
    )


def row(mode: Mode, limit: TimeLimit, made: Record, finish: Finish = Finish.ONLINE) -> CaseRow:
    return row_of(made, catalogue(mode, limit, finish), CALENDAR)


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=shift) for shift in range(count)]


@pytest.mark.parametrize("limit", [WORKING, CALENDAR_DAYS, TimeLimit(immediate=True), TimeLimit()])
def test_the_lights_of_an_open_case_are_those_of_its_item_on_every_day(limit: TimeLimit) -> None:
    found = row(Mode.DIRECT, limit, record("registered"))
    item = catalogue(Mode.DIRECT, limit).items[0]
    promised = promise(item, Milestones(received_on=MONDAY), CALENDAR)
    for day in days(MONDAY, 30):
        assert found.light(day.isoformat()) is light(promised, day, CALENDAR), day
    assert found.clock == ("" if limit == TimeLimit() else "item")
    assert found.open and not found.final and found.decided_day is None and found.timing == ""


def test_until_it_is_handed_up_the_villages_own_clock_runs() -> None:
    found = row(Mode.PROXY, WORKING, record("received", received_at="2026-11-02T09:30:00+08:00"))
    assert found.clock == "handover"
    for day in days(MONDAY, 20):
        assert found.light(day.isoformat()) is handover_light(MONDAY, day, CALENDAR), day
    assert found.waits == "V"


def test_handed_up_and_accepted_it_goes_by_the_items_clock() -> None:
    handed = {"handed_up_at": "2026-11-05T10:00:00+08:00"}
    found = row(Mode.PROXY, WORKING, record("handed_up", **handed))
    assert (found.clock, found.handed_up_day, found.due_day, found.waits) == (
        "item", "2026-11-05", "2026-11-12", "T",
    )  # fmt: skip
    accepted = record("processing", **handed, accepted_at="2026-11-06T10:00:00+08:00")
    assert row(Mode.PROXY, WORKING, accepted).due_day == "2026-11-13"


def test_an_open_pause_stops_the_clock() -> None:
    pauses = [{"reason": "supplement", "start": "2026-11-09T10:00:00+08:00"}]
    made = record("supplementing", accepted_at="2026-11-06T10:00:00+08:00", pauses=pauses)
    found = row(Mode.PROXY, WORKING, made)
    assert (found.clock, found.stopped, found.due_day, found.waits) == ("", True, None, "WV")
    assert found.light("2027-01-01") is Light.NONE


@pytest.mark.parametrize(
    ("decided", "timing"), [("2026-11-13T15:00:00Z", "on_time"), ("2026-11-13T16:30:00Z", "late")]
)
def test_a_decision_is_judged_by_its_day_in_haining(decided: str, timing: str) -> None:
    made = record("granted", accepted_at="2026-11-06T10:00:00+08:00", decided_at=decided)
    found = row(Mode.PROXY, WORKING, made)
    assert (found.timing, found.open, found.final, found.clock) == (timing, False, False, "")
    assert found.light("2030-01-01") is Light(timing)
    assert row(Mode.PROXY, TimeLimit(), made).timing == "untimed"


def test_a_pause_that_nobody_ended_ended_with_the_decision() -> None:
    pauses = [{"reason": "supplement", "start": "2026-11-09T10:00:00+08:00"}]
    made = record(
        "terminated",
        accepted_at="2026-11-06T10:00:00+08:00",
        decided_at="2026-12-20T10:00:00+08:00",
        pauses=pauses,
    )
    assert row(Mode.PROXY, WORKING, made).timing == "on_time"


def test_without_a_said_day_it_was_decided_when_its_state_was_last_set() -> None:
    made = record("finished", clocks={"state": "2026-11-04T17:00:00.000Z/0000"})
    found = row(Mode.DIRECT, WORKING, made)
    assert (found.decided_day, found.timing, found.final, found.waits) == ("2026-11-05", "on_time", True, "")


def test_a_withdrawal_decides_nothing_and_nothing_follows() -> None:
    found = row(Mode.PROXY, WORKING, record("withdrawn"))
    assert (found.open, found.final, found.decided_day, found.timing) == (False, True, None, "")


def test_a_voided_case_is_open_for_nobody() -> None:
    made = record("registered")
    made.void = Voiding("登记错了", "somebody", "2026-11-03T01:00:00.000Z/0000")
    found = row(Mode.DIRECT, WORKING, made)
    assert (found.void, found.open, found.final, found.waits, found.due_day) == (True, False, True, "", None)
    assert found.changed_ms == 1_793_667_600_000  # 2026-11-03 01:00 UTC


def test_an_archived_case_waits_for_nobody_but_is_not_final() -> None:
    found = row(Mode.PROXY, WORKING, record("archived", decided_at="2026-11-10T10:00:00+08:00"))
    assert (found.waits, found.final) == ("", False)


def test_the_moment_of_capture_is_put_right_by_the_phones_offset() -> None:
    fast = record("registered", offset_ms=10 * 3600 * 1000)
    found = row(Mode.DIRECT, WORKING, fast)
    assert found.captured_day == "2026-11-01"
    late = record(
        "granted", offset_ms=10 * 3600 * 1000, clocks={"decided_at": CREATED}, decided_at=CREATED[:24]
    )
    assert row(Mode.PROXY, WORKING, late).decided_day == "2026-11-02"  # said later, by another device


def test_an_item_that_nobody_knows_makes_no_case_open() -> None:
    found = row_of(record("registered"), Catalogue(version=1), CALENDAR)
    assert (found.open, found.final, found.mode, found.waits, found.decided_day) == (
        False,
        True,
        "",
        "",
        None,
    )
