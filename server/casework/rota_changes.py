"""Changes of a rota that are one step for the lead: two people swap days, one covers another, somebody is on leave.

Each works out the days as they are to be and writes them together (`server.rota_writing`); what a day says otherwise
stays. `seen` is what the lead saw: somebody who changed the same days in between is not overruled.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from forms.handling.calendar import WorkingCalendar
from forms.handling.rota import TENTATIVE_NOTE
from forms.problem import Problem
from server.intake import Intake
from server.keys import Keys
from server.problem import ProblemError
from server.rota_writing import RotaRequest, write_days
from server.store import rota
from server.store.accounts import Account
from server.store.rota import Duty

LEAVE_DAYS_MAX = 92


class RotaDesk(NamedTuple):
    """What a change of the rota works with: who changes it where, on what day."""

    intake: Intake
    keys: Keys
    calendar: WorkingCalendar
    account: Account
    village: str
    now_ms: int


class Turn(msgspec.Struct, frozen=True):
    """Somebody's turn at the window on a day."""

    day: date
    worker: str


def rota_seen(duties: Mapping[str, Duty]) -> str:
    """What a stretch of the rota comes to, in short: it changes when anybody's day does."""
    told = [(day, sorted(of.window), sorted(of.leave)) for day, of in sorted(duties.items())]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:16]


def write_plan(
    desk: RotaDesk, db: sqlite3.Connection, plan: Mapping[date, Duty], first: date, last: date, seen: str
) -> None:
    """Write days as they were shown. Raises ProblemError: already-settled where the rota is not what was seen."""
    require_seen(db, desk.village, first, last, seen)
    _write(desk, db, plan)


def require_seen(db: sqlite3.Connection, village: str, first: date, last: date, seen: str) -> None:
    """Raises ProblemError("already-settled") where the days `first` to `last` are not what somebody saw."""
    if rota_seen(rota.duties(db, village, first.isoformat(), last.isoformat())) != seen:
        raise ProblemError("already-settled", "这段轮值刚被改过，请看过现在的再改")


def swap(desk: RotaDesk, db: sqlite3.Connection, one: Turn, other: Turn) -> None:
    """Two people take each other's day. Raises ProblemError: request-invalid with all that is in the way."""
    first, second = _duty(db, desk.village, one.day), _duty(db, desk.village, other.day)
    problems = _turn_problems(one, first, "one") + _turn_problems(other, second, "other")
    if one.worker == other.worker or one.day == other.day:
        problems.append(
            _problem("other", "same-turn", "请选两个人各自的一天", "choose a day of each of two people")
        )
    else:
        problems += _taking_problems(other.worker, one.day, first, "one")
        problems += _taking_problems(one.worker, other.day, second, "other")
    _refuse(problems)
    plan = {
        one.day: _instead(first, one.worker, other.worker),
        other.day: _instead(second, other.worker, one.worker),
    }
    _write(desk, db, plan)


def cover(desk: RotaDesk, db: sqlite3.Connection, turn: Turn, by: str, on_leave: bool) -> None:
    """Somebody takes another's day; `on_leave`: the other has leave then. Raises ProblemError: request-invalid."""
    duty = _duty(db, desk.village, turn.day)
    _refuse(_turn_problems(turn, duty, "turn") + _taking_problems(by, turn.day, duty, "by"))
    instead = _instead(duty, turn.worker, by)
    if on_leave:
        instead = Duty(instead.window, instead.leave | {turn.worker})
    _write(desk, db, {turn.day: instead})


def grant_leave(
    desk: RotaDesk, db: sqlite3.Connection, worker: str, first: date, last: date, *, leaves_window: bool
) -> list[date]:
    """Leave on the working days from `first` to `last`; the days on which the window then wants somebody.

    Without `leaves_window` nobody is taken off the window. Raises ProblemError: request-invalid
    with the days in the way.
    """
    if not worker or last < first or (last - first).days >= LEAVE_DAYS_MAX:
        _refuse(
            [
                _problem(
                    "last",
                    "days",
                    f"请写清起止日期（最多{LEAVE_DAYS_MAX}天）",
                    "name the first and the last day",
                )
            ]
        )
    days = [
        day
        for n in range((last - first).days + 1)
        if desk.calendar.assume_working_day(day := first + timedelta(days=n))
    ]
    duties = rota.duties(db, desk.village, first.isoformat(), last.isoformat())
    at_window = [day for day in days if worker in duties.get(day.isoformat(), Duty()).window]
    if not days:
        _refuse([_problem("first", "no-working-day", "这几天都是休息日，不用请假", "these are all days off")])
    if at_window and not leaves_window:
        told = "、".join(day.isoformat() for day in at_window)
        _refuse(
            [
                _problem(
                    "leaves_window",
                    "at-window",
                    f"{told} 排在窗口：请先换班，或勾选“同时从窗口撤下”",
                    f"at the window on {told}: swap first, or take them off the window",
                )
            ]
        )
    plan = {}
    for day in days:
        had = duties.get(day.isoformat(), Duty())
        plan[day] = Duty(had.window - {worker}, had.leave | {worker})
    _write(desk, db, plan)
    return at_window


def end_leave(desk: RotaDesk, db: sqlite3.Connection, worker: str, first: date, last: date) -> None:
    """Take leave back on the days from `first` to `last` that have it."""
    duties = rota.duties(db, desk.village, first.isoformat(), last.isoformat())
    plan = {
        date.fromisoformat(day): Duty(had.window, had.leave - {worker})
        for day, had in duties.items()
        if worker in had.leave
    }
    if not plan:
        _refuse([_problem("first", "no-leave", "这几天没有请假", "there is no leave on these days")])
    _write(desk, db, plan)


def _write(desk: RotaDesk, db: sqlite3.Connection, plan: Mapping[date, Duty]) -> None:
    requests = [
        RotaRequest(
            day=day.isoformat(),
            window=sorted(duty.window),
            leave=sorted(duty.leave),
            note=None if desk.calendar.covers(day) else TENTATIVE_NOTE,
        )
        for day, duty in sorted(plan.items())
    ]
    write_days(desk.intake, desk.keys, db, desk.account, desk.village, requests, desk.now_ms)


def _duty(db: sqlite3.Connection, village: str, day: date) -> Duty:
    text = day.isoformat()
    return rota.duties(db, village, text, text).get(text, Duty())


def _instead(duty: Duty, leaves: str, comes: str) -> Duty:
    return Duty((duty.window - {leaves}) | {comes}, duty.leave)


def _turn_problems(turn: Turn, duty: Duty, field: str) -> list[Problem]:
    if turn.worker in duty.window:
        return []
    said = f"{turn.day} 这个人已不在窗口，请刷新"
    return [_problem(field, "not-at-window", said, f"not at the window on {turn.day} any more")]


def _taking_problems(worker: str, day: date, duty: Duty, field: str) -> list[Problem]:
    if worker in duty.window:
        return [_problem(field, "there-already", f"{day} 已经排在窗口", f"at the window on {day} already")]
    if worker in duty.leave:
        return [_problem(field, "on-leave", f"{day} 请假，不能排在窗口", f"on leave on {day}")]
    return []


def _refuse(problems: Collection[Problem]) -> None:
    if problems:
        raise ProblemError("request-invalid", problems=list(problems))


def _problem(field: str, code: str, message: str, message_en: str) -> Problem:
    return Problem(pointer=f"/{field}", code=code, message=message, message_en=message_en)
