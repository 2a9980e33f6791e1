"""Licences (行政许可): missing materials are told once, in full, within 5 working days, or the case stands.

行政许可法 art. 32 (4): where materials are incomplete or not in the legal form, the applicant is told on the
spot or once within five days of everything to be supplemented; if not, the application counts as accepted
from the day its materials were received. Art. 82: its days are working days. That the village's receipt is
that day follows the domain notes (Handling a case): the time of capture on the doorstep has legal effect.
"""

from datetime import date

import msgspec

from forms.catalogue import Item
from forms.definition import Label
from forms.handling.calendar import WorkingCalendar
from forms.handling.clocks import RULES, LimitRules


class LicenceClock(msgspec.Struct, frozen=True, kw_only=True):
    """Until when missing materials may be told; `accepted_on` is set where silence made it accepted.

    `tentative`: `tell_by` was counted across an unpublished year, and so nothing is concluded from it.
    """

    tell_by: date
    tentative: bool
    accepted_on: date | None
    explanation: Label


def licence_clock(
    item: Item,
    received_on: date,
    told_on: date | None,
    today: date,
    calendar: WorkingCalendar,
    rules: LimitRules = RULES,
) -> LicenceClock | None:
    """The clock of a licence application; None for an item that is no licence.

    `told_on`: when the applicant was told all that is missing, or the department decided on acceptance;
    None = not yet. An acceptance by silence belongs into `Milestones.accepted_on`.
    """
    if not item.licence:
        return None
    due = calendar.add_working_days(received_on, rules.licence_notice_days)
    silent = not due.tentative and (told_on or today) > due.day
    return LicenceClock(
        tell_by=due.day,
        tentative=due.tentative,
        accepted_on=received_on if silent else None,
        explanation=_explain(received_on, told_on, due.day, silent=silent, tentative=due.tentative),
    )


def _explain(
    received_on: date, told_on: date | None, tell_by: date, *, silent: bool, tentative: bool
) -> Label:
    law = "《行政许可法》第三十二条"
    if silent:
        return Label(
            zh=f"至{tell_by}未一次性告知补正内容，依{law}自{received_on}收件之日起视为受理。",
            en=f"What was missing was not told by {tell_by}: accepted from receipt on {received_on}"
            " (Administrative Licence Law, art. 32).",
        )
    if told_on is not None and not tentative:
        return Label(
            zh=f"已于{told_on}答复，期限为{tell_by}（{law}）。",
            en=f"Answered on {told_on}, within the limit of {tell_by} (art. 32).",
        )
    mark, mark_en = ("（暂定）", " (tentative)") if tentative else ("", "")
    return Label(
        zh=f"材料不齐全的，最迟{tell_by}{mark}一次性告知，逾期视为自{received_on}起受理（{law}）。",
        en=f"Missing materials must be told once, in full, by {tell_by}{mark_en}, else the case counts as"
        f" accepted from {received_on} (art. 32).",
    )
