"""Months as figures name them (`2026-11`): which to choose from, their days, and whether their figures are closed."""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec

from forms.problem import Problem
from grid_map.visit_classes import month_last_day
from server.desk.views.published import calendar
from server.problem import ProblemError

COMPARED = 12
_MONTH = re.compile(r"(20|21)\d{2}-(0[1-9]|1[0-2])", re.ASCII)


class Month(msgspec.Struct, frozen=True):
    """A month and the one before it. `closes_on` is None where the next year's holidays are not published (暂定)."""

    key: str
    before: str
    first: date
    last: date
    closes_on: date | None
    closed: bool

    @property
    def next_first(self) -> date:
        """The first day after it."""
        return self.last + timedelta(days=1)


def month_given(text: str | None, today: date, closes_on_working_day: int) -> Month:
    """The month of a request, this one where none is given. ProblemError request-invalid for what is none."""
    key = text or month_of(today)
    if not _MONTH.fullmatch(key):
        found = Problem(
            pointer="/month",
            code="month",
            message="月份应写作2026-11",
            message_en="a month is written as 2026-11",
        )
        raise ProblemError("request-invalid", problems=[found])
    first = date.fromisoformat(f"{key}-01")
    due = calendar().month_closes_on(first.year, first.month, after_days=closes_on_working_day)
    closes_on = None if due.tentative else due.day
    return Month(
        key=key,
        before=month_of(first - timedelta(days=1)),
        first=first,
        last=month_last_day(first),
        closes_on=closes_on,
        closed=closes_on is not None and today > closes_on,
    )


def month_of(day: date) -> str:
    """The month of a day."""
    return day.isoformat()[:7]


def months_to(key: str, number: int = COMPARED) -> list[str]:
    """So many months up to and with this one, in order."""
    months, first = [key], date.fromisoformat(f"{key}-01")
    while len(months) < number:
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(month_of(first))
    return months[::-1]
