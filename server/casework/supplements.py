"""Answering a supplement (补正) at the window: what was brought, and the clock goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from forms.handling.interruptions import answer_supplement, still_missing
from forms.handling.materials import MaterialState
from forms.handling.states import State
from server.casework.case_access import case_for, refuse_changed
from server.casework.tasks_ended import ended_tasks
from server.casework.writing import change_of, needed, refuse, write_cases
from server.desk.visitor import Visitor
from server.intake import Intake
from server.keys import Keys
from server.roles import Action

BROUGHT = frozenset({MaterialState.ORIGINAL_SEEN, MaterialState.COPY, MaterialState.PHOTO})


def answer(
    intake: Intake,
    keys: Keys,
    db: sqlite3.Connection,
    visitor: Visitor,
    case: str,
    brought: Mapping[str, str],
    note: str,
) -> list[str]:
    """Send back what the town asked for; `brought` is how each material was met. The keys still missing: a remark.

    Runs inside a store write. Raises ProblemError: not-found, forbidden, case-changed; request-invalid where nothing
    at all was brought or said.
    """
    record = case_for(db, keys, visitor, case, Action.CASE_ADVANCE)
    refuse_changed(db, record, "state", State.SUPPLEMENTING)
    asked = {key for key in record.values if key.startswith("materials/")}
    materials: dict[str, Any] = {
        f"materials/{key}": state
        for key, state in brought.items()
        if state in BROUGHT and f"materials/{key}" in asked
    }
    if not materials and not note:
        refuse([needed("materials", "请写明补来了什么", "say what was brought")])
    fields = {**answer_supplement(record.values, datetime.fromisoformat(visitor.now)), **materials}
    if note:
        fields["note"] = note
    drafts = [change_of(record, fields), *ended_tasks(db, keys, record, "supplement")]
    write_cases(intake, db, visitor, Action.CASE_ADVANCE, drafts)
    return still_missing(record.values, materials)
