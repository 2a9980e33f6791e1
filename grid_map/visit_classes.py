"""Visit classes and what is due when.

The table is data (`data/visit_classes.json` holds the defaults of the domain notes, Rounds and visits; a
village replaces it). A class says in which periods a household is to be seen: half-years, calendar months
or ISO weeks. A visit is overdue after the last day of the first period that no counted visit covers. A
special event (a death, a discharge, a dispute) makes a visit due within `special_event_hours`.

`VisitClasses.next_due_day` stands on the server's push path: dates and integers only, about a microsecond.

A list that can be seen in a yard never shows the class; it shows `list_reason`, 按期走访 (domain notes,
Privacy).
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import msgspec

from grid_map.days import count_day
from grid_map.problems import BadInputError, Problem

PeriodKind = Literal["half_year", "month", "iso_week"]
NEUTRAL_REASON = "按期走访"
HOUR_MS = 3_600_000
_DAY = timedelta(days=1)


class VisitClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One class of households. `key` is stored in records; the labels are for people."""

    key: str
    label: str
    label_en: str
    period: PeriodKind
    seeing_the_place_is_enough: bool = False
    list_reason: str = NEUTRAL_REASON
    special_event_hours: int = 24


class Period(msgspec.Struct, frozen=True):
    """A span in which one counted visit is enough, both days included. `key`: 2026-H1, 2026-03, 2026-W09."""

    key: str
    first_day: date
    last_day: date


class Due(msgspec.Struct, frozen=True):
    """When a household is to be seen: from `first_day`, at the latest on `last_day`.

    `deadline_ms` (epoch milliseconds) is set when a special event asks for a visit sooner; `reason` is what
    a list may show.
    """

    first_day: date
    last_day: date
    reason: str = NEUTRAL_REASON
    deadline_ms: int | None = None

    def overdue(self, now_ms: int, today: date) -> bool:
        return today > self.last_day or (self.deadline_ms is not None and now_ms > self.deadline_ms)


class UnknownVisitClassError(LookupError):
    """A record names a class that the table does not have. Recovery: publish a table that has it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"走访类别不存在：{key}（unknown visit class）")


def month_last_day(day: date) -> date:
    """The last day of the day's calendar month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1) - _DAY


def _half_year_last(day: date) -> date:
    return date(day.year, 6, 30) if day.month <= 6 else date(day.year, 12, 31)


def _week_last(day: date) -> date:
    number = day.toordinal()
    return date.fromordinal(number + -number % 7)  # ordinals of Sundays are multiples of 7


_LAST_DAY = {"half_year": _half_year_last, "month": month_last_day, "iso_week": _week_last}


def period_of(visit_class: VisitClass, day: date) -> Period:
    """The class's period that holds the day. An ISO week belongs to the year of its Thursday (ISO 8601)."""
    last = _LAST_DAY[visit_class.period](day)
    if visit_class.period == "half_year":
        half = 1 if day.month <= 6 else 2
        return Period(f"{day.year:04d}-H{half}", date(day.year, 6 * half - 5, 1), last)
    if visit_class.period == "month":
        return Period(f"{day.year:04d}-{day.month:02d}", day.replace(day=1), last)
    year, week, _ = day.isocalendar()
    return Period(f"{year:04d}-W{week:02d}", last - timedelta(days=6), last)


def next_due_day(visit_class: VisitClass, last_counted: date | None, since: date) -> date:
    """The last day of the first period that is not covered yet.

    `since` is the day from which the class holds for the household; earlier periods are never owed.
    `last_counted` is the latest day on which a visit counted, None for none. Periods missed before it are
    not asked for again.
    """
    last_day = _LAST_DAY[visit_class.period]
    if last_counted is None:
        return last_day(since)
    covered_to = last_day(last_counted)
    return last_day(covered_to + _DAY) if covered_to >= since else last_day(since)


def next_due(visit_class: VisitClass, last_counted: date | None, since: date) -> Due:
    """The same as `next_due_day`, with the first day and the reason that a list may show."""
    period = period_of(visit_class, next_due_day(visit_class, last_counted, since))
    return Due(max(period.first_day, since), period.last_day, visit_class.list_reason)


def event_deadline_ms(visit_class: VisitClass, event_at_ms: int, last_counted_ms: int | None) -> int | None:
    """Until when a special event asks for a visit (epoch ms); None when one at or after it has counted."""
    if last_counted_ms is not None and last_counted_ms >= event_at_ms:
        return None
    return event_at_ms + visit_class.special_event_hours * HOUR_MS


def with_event(due: Due, event_at_ms: int, deadline_ms: int | None) -> Due:
    """A due visit brought forward by a special event and its `event_deadline_ms`; None leaves it as it was."""
    if deadline_ms is None:
        return due
    first_day = min(due.first_day, count_day(event_at_ms))
    return Due(first_day, min(due.last_day, count_day(deadline_ms)), due.reason, deadline_ms)


class VisitClasses:
    """The table of classes, looked up by key."""

    def __init__(self, classes: Iterable[VisitClass]) -> None:
        self._by_key = {c.key: c for c in classes}

    def __iter__(self) -> Iterator[VisitClass]:
        return iter(self._by_key.values())

    def __getitem__(self, key: str) -> VisitClass:
        try:
            return self._by_key[key]
        except KeyError:
            raise UnknownVisitClassError(key) from None

    def get(self, key: str) -> VisitClass | None:
        return self._by_key.get(key)

    def next_due_day(self, key: str, last_counted: date | None, since: date) -> date:
        """`next_due_day` by the key of the class. Raises UnknownVisitClassError."""
        return next_due_day(self[key], last_counted, since)


def read_visit_classes(data: bytes | str) -> VisitClasses:
    """A table from a JSON array of classes. Raises BadInputError with every mistake."""
    try:
        rows = msgspec.json.decode(data, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInputError([Problem("", "json", "文件不是 JSON 数组", "not a JSON array")]) from error
    problems: list[Problem] = []
    classes: dict[str, VisitClass] = {}
    for number, row in enumerate(rows):
        try:
            visit_class = msgspec.json.decode(row, type=VisitClass)
        except msgspec.ValidationError as error:
            problems.append(Problem(f"/{number}", "class", "走访类别缺少字段或取值不对", str(error)))
            continue
        problems += _mistakes(f"/{number}", visit_class, classes)
        classes[visit_class.key] = visit_class
    if problems:
        raise BadInputError(problems)
    return VisitClasses(classes.values())


def _mistakes(at: str, visit_class: VisitClass, earlier: dict[str, VisitClass]) -> Iterator[Problem]:
    if not visit_class.key.strip() or not visit_class.label.strip():
        yield Problem(f"{at}/key", "required", "类别的标识和名称不能为空", "a key and a label are needed")
    if visit_class.key in earlier:
        yield Problem(f"{at}/key", "repeated", f"类别重复：{visit_class.key}", f"repeated: {visit_class.key}")
    if visit_class.special_event_hours <= 0:
        yield Problem(f"{at}/special_event_hours", "range", "时限应大于 0 小时", "hours must be above 0")


@lru_cache(maxsize=1)
def load_visit_classes() -> VisitClasses:
    """The default classes of the domain notes, Rounds and visits; all configurable."""
    return read_visit_classes((files("grid_map") / "data" / "visit_classes.json").read_bytes())
