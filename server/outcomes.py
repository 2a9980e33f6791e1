"""What became of an operation, as it is told and kept."""

from __future__ import annotations

from forms.problem import Problem
from sync.apply import Applied, Outcome
from sync.protocol import OutcomeEntry

ERASED_MESSAGES = "这位居民的资料已依法删除，这条没有保存", "erased: nothing of it is kept"


def entry_of(counter: int, applied: Applied) -> OutcomeEntry:
    """What became of the operation at a counter."""
    return OutcomeEntry(
        counter=counter,
        outcome=applied.outcome.value,
        revision=applied.revision,
        conflicts=applied.conflicts,
        overruled=applied.overruled,
        problems=applied.problems,
        remarks=applied.remarks,
        waits_for=applied.waits_for,
    )


def rejected(counter: int, code: str, message: str, message_en: str) -> OutcomeEntry:
    """Rejected, and kept, for one problem."""
    problem = Problem(pointer="", code=code, message=message, message_en=message_en)
    return OutcomeEntry(counter=counter, outcome=Outcome.REJECTED.value, problems=[problem])


def erased(counter: int) -> OutcomeEntry:
    """Rejected, and its bytes not kept, as it is about a resident who was erased."""
    return rejected(counter, "erased", *ERASED_MESSAGES)
