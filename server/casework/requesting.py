"""What is asked for and not in the catalogue, written down at the window: how items come in (domain notes)."""

from __future__ import annotations

import sqlite3

from forms.problem import pointer_to, problem
from server.desk.visitor import Visitor
from server.desk_writing import write_as
from server.intake import Intake
from server.own_device import Draft
from server.problem import ProblemError
from server.roles import Action
from server.store.applicants import resident_at
from server.store.records import record_in
from sync.ids import is_uuid

TEXT_LENGTH_MAX = 2000


def write_request(
    intake: Intake,
    db: sqlite3.Connection,
    visitor: Visitor,
    *,
    record: str,
    text: str,
    note: str,
    resident: str,
) -> None:
    """Write a request down; saved twice, it is one. Runs in a store write.

    resident   an id, where it is known whose household asks; else empty
    Raises ProblemError: forbidden off duty, request-invalid with every mistake.
    """
    visitor.require(Action.CASE_ADVANCE)
    wrong = []
    if not text.strip():
        wrong.append(problem(pointer_to("text"), "required", label="要办什么", label_en="what is asked for"))
    for name, zh, en, said in (
        ("text", "要办什么", "what is asked for", text),
        ("note", "备注", "the note", note),
    ):
        if len(said) > TEXT_LENGTH_MAX:
            wrong.append(problem(pointer_to(name), "too-long", label=zh, label_en=en, bound=TEXT_LENGTH_MAX))
    if wrong or not is_uuid(record):
        raise ProblemError("request-invalid", problems=wrong)
    if record_in(db, intake.keys, visitor.place, record) is not None:
        return
    found = resident_at(db, intake.keys, visitor.place, resident) if resident else None
    fields = {
        "text": text.strip(),
        "worker": visitor.account.id,
        "asked_at": visitor.now,
        "household": None if found is None else found.values.household,
        "note": note.strip(),
    }
    written = Draft(
        kind="request",
        village=visitor.place,
        record=record,
        fields={name: value for name, value in fields.items() if value},
    )
    write_as(intake, db, visitor.account, visitor.place, [written], visitor.now_ms)
