"""What is put on paper for a case: its receipt, the notice of what is missing, the entrustment.

A village's slip is a 收件回执（代办）, never an acceptance (domain notes, Handling a case).
"""

from __future__ import annotations

import sqlite3
from datetime import date

import msgspec

from forms.catalogue import Material, Mode
from forms.handling.materials import Notice, one_off_notice, said_to_apply
from forms.handling.receipt import PROVISIONAL_TITLE, grouped, read_number
from grid_map.days import count_day
from server.desk.views.cases import MATERIALS, CaseView, case_view
from server.keys import Keys
from server.problem import ProblemError
from sync.clock import moment_ms
from sync.record import Record

TITLES = {
    "receipt": (PROVISIONAL_TITLE, "Receipt of a proxy case"),
    "notice": ("材料补正一次性告知书", "Notice of missing materials"),
    "entrustment": ("委托书（代办）", "Entrustment"),
}


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A case's paper. `number` as it is stored, `grouped` as it is read aloud; `provisional`: made on a phone.

    notice      what is missing (`ready`: everything was looked at)
    told_on     when it was told in writing; None: not yet
    signature   the digest of the signed entrustment's picture, if it has arrived
    """

    case: CaseView
    number: str | None
    grouped: str | None
    provisional: bool
    notice: Notice
    told_on: date | None
    signature: str | None

    @property
    def missing(self) -> tuple[Material, ...]:
        """The materials on the notice."""
        return self.notice.missing


def paper_of(db: sqlite3.Connection, keys: Keys, record: Record, kind: str, today: date) -> Paper:
    """A case's paper. ProblemError not-found for one that a case like this does not have."""
    case = case_view(db, keys, record, today)
    item = case.item
    if item is None or (kind != "notice" and item.mode is not Mode.PROXY):
        raise ProblemError("not-found", "这件没有这种单据 / this case has no such paper")
    values = record.values
    official = values.get("official_number")
    number = official or values.get("receipt_number")
    told = values.get("missing_told_at")
    told_on = None if told is None else count_day(moment_ms(told))
    states = {name[len(MATERIALS) :]: state for name, state in values.items() if name.startswith(MATERIALS)}
    signature = values.get("entrusted_with")
    return Paper(
        case=case,
        number=number,
        grouped=grouped(number) if number and read_number(number) else number,
        provisional=not official,
        notice=one_off_notice(item, states, told_on or today, said_to_apply(item, states)),
        told_on=told_on,
        signature=signature if signature in record.arrived else None,
    )
