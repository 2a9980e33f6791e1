"""The time-limit light of a case: is it in time, nearly due, or late, in words and never in colour alone."""

from datetime import date
from enum import StrEnum
from typing import Final

from forms.definition import Label
from forms.handling.calendar import WorkingCalendar
from forms.handling.clocks import RULES, LimitRules, handover_due, handover_latest
from forms.handling.limits import Promise


class Light(StrEnum):
    """How a case stands to its date."""

    NONE = "none"  # no date, or the clock stands
    ON_TIME = "on_time"
    NEAR = "near"
    LATE = "late"


LIGHT_LABELS: Final = {
    Light.NONE: Label(zh="不计时", en="not timed"),
    Light.ON_TIME: Label(zh="时限内", en="in time"),
    Light.NEAR: Label(zh="临近到期", en="nearly due"),
    Light.LATE: Label(zh="已超期", en="late"),
}


def light(
    promised: Promise,
    today: date,
    calendar: WorkingCalendar,
    decided_on: date | None = None,
    rules: LimitRules = RULES,
) -> Light:
    """The light of a case today, or for one that is decided, whether that was in time.

    Near is within `rules.near_days` working days of the date, the date itself included.
    """
    if promised.due_on is None:
        return Light.NONE
    if (decided_on or today) > promised.due_on:
        return Light.LATE
    if decided_on is None and _is_near(today, promised.due_on, calendar, rules):
        return Light.NEAR
    return Light.ON_TIME


def handover_light(
    received_on: date,
    today: date,
    calendar: WorkingCalendar,
    handed_up_on: date | None = None,
    rules: LimitRules = RULES,
) -> Light:
    """The light of the village's own clock: near once the handover is due, late after its last day."""
    day = handed_up_on or today
    if day > handover_latest(received_on, calendar, rules).day:
        return Light.LATE
    if handed_up_on is None and day >= handover_due(received_on, calendar, rules).day:
        return Light.NEAR
    return Light.ON_TIME


def _is_near(today: date, due_on: date, calendar: WorkingCalendar, rules: LimitRules) -> bool:
    return calendar.working_days_between(today, due_on).days <= rules.near_days
