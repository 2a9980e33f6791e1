"""The milestones and pauses of a case, read from its record's values (`sync/kinds.py`, kind `case`).

Values are as they travel: moments are ISO 8601 text with a zone. Whoever corrects a phone's clock does so
before, and passes corrected values.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from forms.handling.calendar import day_in_shanghai
from forms.handling.clocks import Milestones, Pause, PauseKind

Values = Mapping[str, Any]


def milestones_of(values: Values) -> Milestones:
    """What has happened to a case; received at its capture where nothing else is said.

    Raises KeyError without `captured_at` and `received_at`, ValueError for what is not a moment.
    """
    return Milestones(
        received_on=_day(values.get("received_at") or values["captured_at"]),
        handed_up_on=_day_if_any(values.get("handed_up_at")),
        accepted_on=_day_if_any(values.get("accepted_at")),
    )


def pauses_of(values: Values) -> list[Pause]:
    """The pauses of a case, in the order in which they were written down."""
    return [
        Pause(PauseKind(pause["reason"]), _day(pause["start"]), _day_if_any(pause.get("end")))
        for pause in values.get("pauses") or ()
    ]


def _day(moment: str) -> date:
    return day_in_shanghai(datetime.fromisoformat(moment))


def _day_if_any(moment: str | None) -> date | None:
    return None if moment is None else _day(moment)
