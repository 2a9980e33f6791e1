"""A case as a town clerk works on it: the case, its village, its batch, a licence's clock, and what can be done."""

from __future__ import annotations

import sqlite3

import msgspec

from forms.catalogue import Item, Mode
from forms.handling.licence import LicenceClock
from forms.handling.states import State
from server.casework.deciding import ISSUED_FROM, licence_of
from server.desk.places import place_name
from server.desk.views.case_history import Written, case_history
from server.desk.views.cases import CaseView, case_view
from server.desk.views.published import catalogue_of
from server.desk.visitor import Visitor
from server.keys import Keys
from server.store.hand_ups import HandUpRow, hand_up_row
from sync.record import Record


class TownCase(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows. `acts`: some of accept, refuse, supplement, decide, terminate, issue, report-back."""

    case: CaseView
    village_name: str
    history: tuple[Written, ...]
    batch: HandUpRow | None
    licence: LicenceClock | None
    acts: frozenset[str]
    issued_at: str | None
    delivered_at: str | None
    delivered_to: str | None
    told_at: str | None


ACTS = {
    State.HANDED_UP.value: frozenset({"accept", "refuse", "supplement"}),
    State.ACCEPTED.value: frozenset({"supplement", "decide"}),
    State.PROCESSING.value: frozenset({"supplement", "decide"}),
    State.SUPPLEMENTING.value: frozenset({"terminate"}),
    State.TRANSFERRED.value: frozenset({"report-back"}),
}


def town_case_view(
    db: sqlite3.Connection, keys: Keys, visitor: Visitor, record: Record, item: Item
) -> TownCase:
    """The page of a case for a clerk of its department."""
    values = record.values
    form = catalogue_of(db, keys).form(item.form)
    batch = values.get("hand_up")
    acts = frozenset[str]() if record.void is not None else ACTS.get(values["state"], frozenset())
    if item.mode is Mode.PROXY and values["state"] in ISSUED_FROM and not values.get("issued_at"):
        acts |= {"issue"}
    return TownCase(
        case=case_view(db, keys, record, visitor.today),
        village_name=place_name(db, keys, record.village),
        history=tuple(case_history(db, keys, record.village, record.id, item, form)),
        batch=None if batch is None else hand_up_row(db, record.village, batch),
        licence=licence_of(record, item, visitor.today),
        acts=acts,
        issued_at=values.get("issued_at"),
        delivered_at=values.get("delivered_at"),
        delivered_to=values.get("delivered_to"),
        told_at=values.get("missing_told_at"),
    )
