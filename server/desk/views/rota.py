"""A month of a village's rota for the pages, and a month drawn by the rule to be looked at before it is written."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from forms.handling.rota import DrawnDay, draw_days, window_size
from forms.problem import Problem
from server.casework.rota_changes import rota_seen
from server.desk.views.published import calendar
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action, Role
from server.rota_writing import people_of
from server.store import rota
from server.store.accounts import account_by_id
from server.store.rota import Duty

LAST_TURNS_DAYS = 10
"""How far back it is looked who was at the window last, so that nobody is there twice running over a month's end."""


class Person(msgspec.Struct, frozen=True):
    """Somebody on the rota; `lead`: the village lead, who takes turns only where the lead wishes so."""

    id: str
    name: str
    lead: bool = False


class MonthDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the month; people by name, in the order of the village's people. `short`: how many are wanted more."""

    day: date
    working_day: bool
    tentative: bool
    past: bool
    window: list[Person]
    leave: list[Person]
    short: int = 0
    changed: bool = False


class Count(msgspec.Struct, frozen=True):
    """How often somebody is at the window this month, and on leave."""

    person: Person
    window: int
    leave: int


class RotaMonth(msgspec.Struct, frozen=True, kw_only=True):
    """A month. `counts` for the lead alone, always in the order of names; `seen` is what a change has to name."""

    first: date
    last: date
    people: list[Person]
    days: list[MonthDay]
    counts: list[Count] | None
    tentative: bool
    written: bool
    seen: str

    @property
    def before(self) -> date:
        """A day of the month before."""
        return self.first - timedelta(days=1)

    @property
    def after(self) -> date:
        """A day of the month after."""
        return self.last + timedelta(days=1)

    @property
    def turns(self) -> list[tuple[date, Person]]:
        """Each turn at the window that is still to come."""
        return [(one.day, person) for one in self.days if not one.past for person in one.window]


def month_given(text: str | None, today: date) -> date:
    """The first day of a month from a request, this month where none is given. ProblemError request-invalid."""
    if not text:
        return today.replace(day=1)
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        problem = Problem(
            pointer="/month",
            code="month",
            message="月份应写作2026-12",
            message_en="a month is written as 2026-12",
        )
        raise ProblemError("request-invalid", problems=[problem]) from None
    return found


def month_of(db: sqlite3.Connection, visitor: Visitor, first: date) -> RotaMonth:
    """The rota as it stands. Raises ProblemError: forbidden."""
    visitor.require(Action.ROTA_READ)
    last = month_last(first)
    duties = rota.duties(db, visitor.place, first.isoformat(), last.isoformat())
    return _month(db, visitor, first, duties, {})


def drawn_month(
    db: sqlite3.Connection,
    visitor: Visitor,
    first: date,
    who: Collection[str],
    *,
    keep: bool,
    variant: int,
) -> RotaMonth:
    """The month as the rule draws it among `who`, not written. Days gone by and today stand; with `keep`, also those
    that have somebody already. `variant` draws again with another order among equals.

    Raises ProblemError: forbidden, request-invalid where nobody is to take turns.
    """
    visitor.require(Action.ROTA_WRITE)
    there = (one.id for one in people_of(db, visitor.place) if one.id in who)
    order = sorted(there, key=lambda one: _lot(f"{visitor.place} {first} {variant} {one}"))
    if not order:
        problem = Problem(
            pointer="/who", code="nobody", message="请勾选参加轮值的人", message_en="choose who takes turns"
        )
        raise ProblemError("request-invalid", problems=[problem])
    last = month_last(first)
    earlier = (first - timedelta(days=LAST_TURNS_DAYS)).isoformat()
    duties = rota.duties(db, visitor.place, earlier, last.isoformat())
    by_day = {date.fromisoformat(day): duty for day, duty in duties.items()}
    drawn = draw_days(
        calendar(),
        order,
        first,
        last,
        away={day: duty.leave for day, duty in by_day.items()},
        standing=_standing(visitor, by_day, first, keep),
    )
    in_month = {day: duty for day, duty in duties.items() if day >= first.isoformat()}
    return _month(db, visitor, first, in_month, {one.day: one for one in drawn})


def plan_of(month: RotaMonth) -> dict[date, Duty]:
    """What a drawn month would write: the days that it changes."""
    return {one.day: Duty(_ids(one.window), _ids(one.leave)) for one in month.days if one.changed}


def month_last(day: date) -> date:
    """The last day of a day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _standing(
    visitor: Visitor, duties: Mapping[date, Duty], first: date, keep: bool
) -> dict[date, frozenset[str]]:
    standing = {
        day: duty.window
        for day, duty in duties.items()
        if day < first or day <= visitor.today or (keep and duty.window)
    }
    gone = (first + timedelta(days=n) for n in range((visitor.today - first).days + 1))
    return {day: frozenset() for day in gone} | standing


def _month(
    db: sqlite3.Connection,
    visitor: Visitor,
    first: date,
    duties: Mapping[str, Duty],
    drawn: Mapping[date, DrawnDay],
) -> RotaMonth:
    last = month_last(first)
    people = _people(db, visitor.place, duties)
    takes_turns = sum(not one.lead for one in people)
    days, number = [], 0
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        working = calendar().assume_working_day(day)
        duty = duties.get(day.isoformat(), Duty())
        window, leave = duty.window, duty.leave
        if day in drawn:
            window, leave = frozenset(drawn[day].window), frozenset(drawn[day].leave)
        wanted = min(2, window_size(takes_turns, number)) if working else 0
        number += working
        days.append(
            MonthDay(
                day=day,
                working_day=working,
                tentative=not calendar().covers(day),
                past=day < visitor.today,
                window=[one for one in people if one.id in window],
                leave=[one for one in people if one.id in leave],
                short=max(0, wanted - len(window)) if duties or drawn else 0,
                changed=day in drawn and (window != duty.window or leave != duty.leave),
            )
        )
    return RotaMonth(
        first=first,
        last=last,
        people=people,
        days=days,
        counts=_counts(people, days) if visitor.may(Action.ROTA_WRITE) else None,
        tentative=any(one.tentative for one in days),
        written=any(duty.window for duty in duties.values()),
        seen=rota_seen(duties),
    )


def _people(db: sqlite3.Connection, village: str, duties: Mapping[str, Duty]) -> list[Person]:
    """The village's people in their order, then those who are on this rota and have left."""
    people = [Person(one.id, one.name, one.role is Role.VILLAGE_LEAD) for one in people_of(db, village)]
    known = {one.id for one in people}
    gone = {worker for duty in duties.values() for worker in duty.window | duty.leave} - known
    for worker in sorted(gone):
        account = account_by_id(db, worker)
        people.append(Person(worker, worker if account is None else account.name))
    return people


def _counts(people: Sequence[Person], days: Sequence[MonthDay]) -> list[Count]:
    window = Counter(person.id for one in days for person in one.window)
    leave = Counter(person.id for one in days for person in one.leave)
    return [Count(one, window[one.id], leave[one.id]) for one in people]


def _lot(text: str) -> bytes:
    """Who comes first among equals: by lot, and the same lot for the same drawing."""
    return hashlib.sha256(text.encode()).digest()


def _ids(people: Sequence[Person]) -> frozenset[str]:
    return frozenset(one.id for one in people)
