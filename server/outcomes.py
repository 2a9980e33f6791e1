"""What became of an operation, as it is told and kept."""

from __future__ import annotations

from forms.problem import Problem
from sync.apply import Applied, Outcome
from sync.operation import Action, Operation
from sync.protocol import OutcomeEntry

ERASED_MESSAGES = "这位居民的资料已依法删除，这条没有保存", "erased: nothing of it is kept"

MENDED = Problem(pointer="", code="mended", message="已改好", message_en="mended", remark=True)
GIVEN_UP = Problem(
    pointer="",
    code="given-up",
    message="窗口决定不再处理，原因见任务",
    message_en="given up; a task says why",
    remark=True,
)
"""Outcomes lie in the clear, so the reason is not among them."""


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


def gives_up(operation: Operation) -> bool:
    """Whether a mend sets nothing and says why: what it names is given up, stays as it came, and waits no longer."""
    says_why = bool((operation.reason or "").strip())
    return operation.action == Action.CHANGE and not operation.fields and says_why
