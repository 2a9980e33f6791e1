"""What the clocks of a case run by: settings, milestones, pauses, and the village's own handover clock."""

from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from forms.definition import Label
from forms.handling.calendar import DueDate, WorkingCalendar


class LimitRules(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of the clocks; days are working days.

    Handing over from village to town within 3 days, at most a week, and telling missing materials of a
    licence within 5 (行政许可法 art. 32 and 82) are the domain notes'. `near_days` (when the light turns) and
    `roll_calendar_end` are [ASSUMED]: a limit in calendar days that ends on a day off ends on the next
    working day, as 民法典 art. 203 has it for periods in general.
    """

    handover_days: int = 3
    handover_days_max: int = 5
    near_days: int = 2
    licence_notice_days: int = 5
    roll_calendar_end: bool = True


RULES: Final = LimitRules()


class PauseKind(StrEnum):
    """Why a clock stops."""

    SUPPLEMENT = "supplement"
    PUBLIC_NOTICE = "public_notice"
    EXPERT_REVIEW = "expert_review"


PAUSE_LABELS: Final = {
    PauseKind.SUPPLEMENT: Label(zh="补正", en="supplement"),
    PauseKind.PUBLIC_NOTICE: Label(zh="公示", en="public notice"),
    PauseKind.EXPERT_REVIEW: Label(zh="评审", en="expert review"),
}


class Pause(msgspec.Struct, frozen=True):
    """A stop of the clock: the days after `begins` up to and with `ends` do not count; None = still stopped.

    As with receipt, the day of the answer is not counted [ASSUMED]; so a pause within one day costs nothing.
    """

    kind: PauseKind
    begins: date
    ends: date | None = None

    def stops(self, day: date) -> bool:
        """Whether this day does not count."""
        return self.begins < day and (self.ends is None or day <= self.ends)


class Milestones(msgspec.Struct, frozen=True, kw_only=True):
    """What has happened to a case, as dates in Haining of corrected times; None = not yet."""

    received_on: date
    handed_up_on: date | None = None
    accepted_on: date | None = None


def handover_due(received_on: date, calendar: WorkingCalendar, rules: LimitRules = RULES) -> DueDate:
    """Until when the village hands a case over to the town."""
    return calendar.add_working_days(received_on, rules.handover_days)


def handover_latest(received_on: date, calendar: WorkingCalendar, rules: LimitRules = RULES) -> DueDate:
    """The last day on which a case may still lie in the village."""
    return calendar.add_working_days(received_on, rules.handover_days_max)
