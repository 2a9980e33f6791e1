"""Writing down that missing materials were told, once, in full and in writing (一次性告知)."""

from __future__ import annotations

import sqlite3

from forms.handling.materials import one_off_notice, said_to_apply
from forms.problem import Problem, pointer_to
from server.casework.case_access import case_for
from server.desk.views.cases import MATERIALS
from server.desk.views.published import catalogue_of
from server.desk.visitor import Visitor
from server.desk_writing import write_as
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action
from sync.operation import Action as Does

FIELD = "missing_told_at"


def tell_missing(intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, case: str) -> None:
    """The notice was given now; given before, nothing happens. Runs in a store write.

    Raises ProblemError: not-found, forbidden, request-invalid where the notice could not be in full.
    """
    record = case_for(db, keys, visitor, case, Action.CASE_ADVANCE)
    values = record.values
    if values.get(FIELD):
        return
    item = catalogue_of(db, keys).item(values["item"], values["item_version"])
    states = {name[len(MATERIALS) :]: state for name, state in values.items() if name.startswith(MATERIALS)}
    if item is None or not one_off_notice(item, states, visitor.today, said_to_apply(item, states)).ready:
        not_ready = Problem(
            pointer=pointer_to("materials"),
            code="notice-not-ready",
            message="还有材料没有核对，或没有缺的材料，不能一次性告知",
            message_en="some materials were not looked at, or none is missing: nothing can be told in full",
        )
        raise ProblemError("request-invalid", problems=[not_ready])
    told = Draft(
        kind="case",
        village=record.village,
        record=record.id,
        action=Does.CHANGE,
        fields={FIELD: visitor.now},
        seen={FIELD: None},
    )
    write_as(intake, db, visitor.account, visitor.place, [told], visitor.now_ms)
