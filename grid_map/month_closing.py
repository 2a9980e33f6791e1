"""When a month's figures close, and what comes later.

A month closes at the end of its 5th following working day. What arrives later still counts in the month
when it happened, shown as 补录 beside the closed figure; what is voided later is shown as withdrawn. The
closed figure itself never changes (domain notes, How visits are counted).

The working-day calendar is an argument: a function that answers True, False, or None for a day of a year that
has not been published. With None the closing day is not known yet (暂定); it is never guessed.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import msgspec

from grid_map.counting import VisitFact, coverage
from grid_map.counting_rules import HOUSEHOLD_DAY, CountingRule
from grid_map.days import count_day, day_start_ms
from grid_map.visit_classes import VisitClasses

IsWorkingDay = Callable[[date], bool | None]
WORKING_DAYS_TO_CLOSE = 5
MONTH_CLOSING = CountingRule(
    "month.fifth_working_day",
    "月度结账：次月第 5 个工作日结束时结账；此后收到的计入发生月，作为补录列在结账数旁边。",
    "A month closes at the end of the 5th following working day; what comes later counts in the month when "
    "it happened, shown as late beside the closed figure.",
)


class MonthFigure(msgspec.Struct, frozen=True):
    """One month's number: `closed` + `late` - `withdrawn` = `current`.

    `closed` is None while the month is open. `late_ids` and `withdrawn_ids` name the visits that arrived or
    were voided after the closing.
    """

    rule: str
    closing_rule: str
    month: str
    closes_on: date | None
    closed: int | None
    late: int
    withdrawn: int
    current: int
    late_ids: tuple[str, ...]
    withdrawn_ids: tuple[str, ...]


def closing_day(
    year: int, month: int, is_working_day: IsWorkingDay, working_days: int = WORKING_DAYS_TO_CLOSE
) -> date | None:
    """The last day on which the month is open; None when it falls into a year that is not published yet."""
    day = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    left = working_days
    while left:
        day += timedelta(days=1)
        working = is_working_day(day)
        if working is None:
            return None
        left -= working
    return day


def closes_at_ms(closes_on: date) -> int:
    """The instant at which the closing day ends: what is received at or after it is late."""
    return day_start_ms(closes_on + timedelta(days=1))


def month_coverage(
    visits: Iterable[VisitFact],
    classes: VisitClasses,
    year: int,
    month: int,
    is_working_day: IsWorkingDay,
    now_ms: int,
) -> MonthFigure:
    """One month's household visits by `household.day`: the closed figure, and what came after it.

    `visits` may hold other months. A visit without receipt is on a device still and in no closed figure.
    """
    in_month = [v for v in visits if _in_month(v, year, month)]
    now = _household_days(in_month, classes)
    closes_on = closing_day(year, month, is_working_day)
    is_closed = closes_on is not None and now_ms >= closes_at_ms(closes_on)
    then = now
    if closes_on is not None and is_closed:
        then = _household_days(_as_it_stood(in_month, closes_at_ms(closes_on)), classes)
    late = tuple(sorted(visit for key, visit in now.items() if key not in then))
    withdrawn = tuple(sorted(visit for key, visit in then.items() if key not in now))
    return MonthFigure(
        rule=HOUSEHOLD_DAY.key,
        closing_rule=MONTH_CLOSING.key,
        month=f"{year:04d}-{month:02d}",
        closes_on=closes_on,
        closed=len(then) if is_closed else None,
        late=len(late),
        withdrawn=len(withdrawn),
        current=len(now),
        late_ids=late,
        withdrawn_ids=withdrawn,
    )


def _in_month(visit: VisitFact, year: int, month: int) -> bool:
    day = count_day(visit.occurred_at_ms)
    return (day.year, day.month) == (year, month)


def _as_it_stood(visits: Iterable[VisitFact], closed_at_ms: int) -> list[VisitFact]:
    """The visits as they were known at the closing: received by then, and not voided until then."""
    known = [v for v in visits if v.received_at_ms is not None and v.received_at_ms < closed_at_ms]
    return [
        msgspec.structs.replace(v, voided=False)
        if v.voided and v.voided_at_ms is not None and v.voided_at_ms >= closed_at_ms
        else v
        for v in known
    ]


def _household_days(visits: list[VisitFact], classes: VisitClasses) -> dict[tuple[str | None, date], str]:
    """The visit that counts, for each household and day."""
    counted = {e.id for e in coverage(visits, classes).explained if e.counted}
    return {(v.household, count_day(v.occurred_at_ms)): v.id for v in visits if v.id in counted}
