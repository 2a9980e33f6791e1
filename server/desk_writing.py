"""What somebody does at a desk: operations of the account's own device there, judged and applied like any other.

Invariant: a desk is told at once what is wrong and nothing of it is kept; only what a device captured without a
network is kept as rejected.

A case gets its official number with the first act of a desk on it (`server.numbering`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from server.intake import Intake
from server.numbering import with_official_numbers
from server.own_device import Draft, own_device, write_operations
from server.problem import ProblemError
from server.store.accounts import Account
from sync.apply import Outcome
from sync.protocol import OutcomeEntry

REFUSED = frozenset({Outcome.HELD.value, Outcome.REJECTED.value})
TOLD_AS = frozenset({"already-settled", "already-mended", "already-signed"})
"""Problems of an operation that are an error code of the same name: somebody else was first."""


def write_as(
    intake: Intake,
    db: sqlite3.Connection,
    account: Account,
    village: str,
    drafts: Iterable[Draft],
    now_ms: int,
) -> list[OutcomeEntry]:
    """Write in the name of an account. Runs inside a store write; a refusal undoes it.

    Raises ProblemError: request-invalid with every reason, or the code of whoever was first.
    """
    device = own_device(db, account.id, f"{account.name}（窗口）", village, now_ms)
    numbered = with_official_numbers(db, intake.keys, drafts, now_ms)
    outcomes = write_operations(intake, db, device, numbered, now_ms)
    for entry in outcomes:
        if entry.outcome in REFUSED:
            intake.knowledge.forget()
            codes = TOLD_AS.intersection(problem.code for problem in entry.problems)
            raise ProblemError(min(codes, default="request-invalid"), problems=entry.problems)
    return outcomes
