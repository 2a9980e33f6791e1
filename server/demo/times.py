"""Days as ordinals and moments as milliseconds, so that inner loops make no datetime."""

from datetime import date

from grid_map.days import DAY_MS, day_start_ms

MINUTE_MS = 60_000
_FIRST_MS = day_start_ms(date(1970, 1, 1)) - date(1970, 1, 1).toordinal() * DAY_MS


def start_of(ordinal: int) -> int:
    """The first instant in Haining of a day, given as the ordinal of `datetime.date`, in Unix milliseconds."""
    return _FIRST_MS + ordinal * DAY_MS


def at(ordinal: int, minute: float) -> int:
    """An instant of a day, so many minutes after midnight in Haining, in Unix milliseconds."""
    return start_of(ordinal) + int(minute * MINUTE_MS)


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, or that month's last day."""
    number = day.year * 12 + day.month - 1 - months
    first = date(number // 12, number % 12 + 1, 1)
    following = date((number + 1) // 12, (number + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))


def month_end(day: date, months: int) -> date:
    """The last day of the month that lies so many months after the day's."""
    first = months_before(day.replace(day=1), -(months + 1))
    return date.fromordinal(first.toordinal() - 1)


def half_year_start(day: date) -> date:
    """1 January or 1 July."""
    return date(day.year, 1 if day.month <= 6 else 7, 1)
