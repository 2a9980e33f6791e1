"""Finding a case for somebody at a desk: the record, the right to it, and whether it is still as it was seen."""

from __future__ import annotations

import sqlite3

from server.desk.views.cases import case_record
from server.desk.views.people import person
from server.desk.views.published import catalogue_of
from server.desk.visitor import Visitor
from server.keys import Keys
from server.problem import ProblemError
from server.roles import Action
from server.store.devices import by_id
from sync.record import Record


def case_for(db: sqlite3.Connection, keys: Keys, visitor: Visitor, identifier: str, action: Action) -> Record:
    """The case of the visitor's village. ProblemError: not-found, forbidden."""
    record = case_record(db, keys, visitor.place, identifier)
    item = catalogue_of(db, keys).item(record.values["item"], record.values["item_version"])
    department = None if item is None else item.department
    visitor.require(action, owners=[record.holder or ""], department=department)
    return record


def refuse_changed(db: sqlite3.Connection, record: Record, field: str, seen: str | None) -> None:
    """ProblemError case-changed, saying by whom, where a field is not what the person saw."""
    if (record.values.get(field) or "") == (seen or ""):
        return
    device = by_id(db, record.stamp_of(field).device)
    who = None if device is None else person(db, device.worker)
    said = "已有人先改了这件" if who is None else f"{who.name}刚才已先改了这件"
    raise ProblemError("case-changed", f"{said}，下面是现在的情况，您填写的内容还在。")
