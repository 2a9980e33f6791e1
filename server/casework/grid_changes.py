"""A grid changes hands, as one step: given for good, shared, or covered for a time; and taken back as one step.

Devices learn of it by their scope: from the first day the new worker's phone fetches the grid, after the last day the
old one's drops it; what that one still has to send is accepted (protocol, Versions, cursors, scope).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from forms.problem import Problem
from server.assignment_writing import AssignmentRequest, assign, set_last_day, take_back
from server.desk.visitor import Visitor
from server.intake import Intake
from server.keys import Keys
from server.problem import ProblemError
from server.roles import Action
from server.rota_writing import people_of
from server.store import assignments
from server.store.assignments import Assignment

Way = Literal["hand_over", "share", "cover"]
WAYS: tuple[Way, ...] = ("hand_over", "share", "cover")
ONE_DAY = timedelta(days=1)
REASON_CHARACTERS_MAX = 200


class GridChange(msgspec.Struct, frozen=True, kw_only=True):
    """What the lead wants: `hand_over` ends everybody else's assignment the day before; `cover` has a last day."""

    grid: str
    worker: str
    way: Way
    from_day: date
    to_day: date | None = None
    reason: str = ""


class Ended(msgspec.Struct, frozen=True):
    """An assignment whose last day was set, and the one it had before."""

    assignment: str
    was: str | None


class Done(msgspec.Struct, frozen=True):
    """What a change did, so that it can be taken back; `made` is None where it only ended an assignment."""

    made: str | None
    ended: list[Ended]


def standing_beside(db: sqlite3.Connection, village: str, change: GridChange) -> list[Assignment]:
    """Whose assignments of the grid reach into the change."""
    first = change.from_day.isoformat()
    return [
        one
        for one in assignments.of_village(db, village, first)
        if one.grid == change.grid and (change.to_day is None or one.from_day <= change.to_day.isoformat())
    ]


def problems_of(db: sqlite3.Connection, visitor: Visitor, change: GridChange) -> list[Problem]:
    """All that is in the way of a change."""
    found = []
    if change.worker not in {one.id for one in people_of(db, visitor.place)}:
        found.append(
            _problem("worker", "not-of-village", "请选本村社在岗的人", "choose somebody of this village")
        )
    if change.from_day < visitor.today:
        found.append(
            _problem("from_day", "past", "起始日期最早是今天", "the first day is today at the earliest")
        )
    if change.way == "cover" and change.to_day is None:
        found.append(_problem("to_day", "required", "代管要写最后一天", "a cover has a last day"))
    if change.to_day is not None and change.to_day < change.from_day:
        found.append(_problem("to_day", "days", "最后一天不能早于第一天", "the last day is before the first"))
    if change.way == "hand_over" and change.to_day is not None:
        found.append(
            _problem(
                "to_day", "not-here", "交接不写最后一天；只管一段时间请选“代管”", "for a time only is a cover"
            )
        )
    if len(change.reason) > REASON_CHARACTERS_MAX:
        said = f"原因最多{REASON_CHARACTERS_MAX}字"
        found.append(_problem("reason", "too-long", said, "the reason is too long"))
    if any(one.worker == change.worker for one in standing_beside(db, visitor.place, change)):
        found.append(
            _problem("worker", "has-it", "这个人在这段时间已经管这个网格", "they have this grid then already")
        )
    return found


def change_grid(
    intake: Intake, db: sqlite3.Connection, visitor: Visitor, change: GridChange, seen: Sequence[str]
) -> Done:
    """Write the change. `seen` are the assignments (id and last day) of the grid that the lead saw.

    Raises ProblemError: forbidden, request-invalid, already-settled where they are others by now.
    """
    visitor.require(Action.ASSIGNMENT_WRITE)
    problems = problems_of(db, visitor, change)
    beside = standing_beside(db, visitor.place, change)
    if sorted(seen) != sorted(seen_of(one) for one in beside):
        raise ProblemError("already-settled", "这个网格的分工刚被改过，请看过现在的再改")
    if problems:
        raise ProblemError("request-invalid", problems=problems)
    ended = []
    if change.way == "hand_over":
        for one in beside:
            _end_before(intake, db, visitor, one, change)
            ended.append(Ended(one.id, one.to_day))
    wanted = AssignmentRequest(
        worker=change.worker,
        grid=change.grid,
        from_day=change.from_day,
        to_day=change.to_day,
        cover=change.way == "cover",
        reason=change.reason,
    )
    made = assign(intake, db, visitor.account, visitor.place, wanted, visitor.now_ms)
    return Done(made.id, ended)


def seen_of(one: Assignment) -> str:
    """An assignment as a form names it."""
    return f"{one.id}:{one.to_day or ''}"


def undo_change(intake: Intake, keys: Keys, db: sqlite3.Connection, visitor: Visitor, done: Done) -> None:
    """Take a change back: what it made is voided, what it ended goes on as before.

    Raises ProblemError: forbidden, not-found, already-settled where somebody changed it since.
    """
    visitor.require(Action.ASSIGNMENT_WRITE)
    made = None if done.made is None else assignments.by_id(db, visitor.place, done.made)
    if done.made is not None and made is None:
        raise ProblemError("already-settled")
    for one in done.ended:
        present = assignments.by_id(db, visitor.place, one.assignment)
        if present is None or (made is not None and present.grid != made.grid):
            raise ProblemError("already-settled")
        last = None if one.was is None else date.fromisoformat(one.was)
        set_last_day(intake, db, visitor.account, visitor.place, one.assignment, last, "", visitor.now_ms)
    if made is not None:
        take_back(intake, keys, db, visitor.account, visitor.place, made.id, visitor.now_ms)


def end_assignment(
    intake: Intake, db: sqlite3.Connection, visitor: Visitor, identifier: str, last: date | None, seen: str
) -> Done:
    """Set an assignment's last day, or let it go on (None). Raises ProblemError as `change_grid`."""
    visitor.require(Action.ASSIGNMENT_WRITE)
    present = assignments.by_id(db, visitor.place, identifier)
    if present is None or seen_of(present) != seen:
        raise ProblemError("already-settled", "这条分工刚被改过，请看过现在的再改")
    if last is not None and last < max(
        visitor.today - ONE_DAY, date.fromisoformat(present.from_day) - ONE_DAY
    ):
        problem = _problem(
            "to_day", "past", "最后一天最早是昨天", "the last day is yesterday at the earliest"
        )
        raise ProblemError("request-invalid", problems=[problem])
    set_last_day(intake, db, visitor.account, visitor.place, identifier, last, "", visitor.now_ms)
    return Done(None, [Ended(identifier, present.to_day)])


def _end_before(
    intake: Intake, db: sqlite3.Connection, visitor: Visitor, one: Assignment, change: GridChange
) -> None:
    last = change.from_day - ONE_DAY
    set_last_day(intake, db, visitor.account, visitor.place, one.id, last, change.reason, visitor.now_ms)


def _problem(field: str, code: str, message: str, message_en: str) -> Problem:
    return Problem(pointer=f"/{field}", code=code, message=message, message_en=message_en)
