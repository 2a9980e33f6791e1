"""What was wrong with a form, above the form that is shown again: every mistake, or the refusal itself."""

from __future__ import annotations

from forms.problem import Problem
from server.desk.refusal_words import desk_words
from server.problem import ProblemError


def problems_told(error: ProblemError | None) -> list[Problem]:
    """All mistakes that a refusal names; where it names none, the refusal in a person's words."""
    if error is None:
        return []
    if error.problems:
        return list(error.problems)
    words = desk_words(error.code)
    said = f"{words.title}。{error.detail or words.next}"
    return [
        Problem(
            pointer="", code=error.code.code, message=said, message_en=f"{words.title_en}. {words.next_en}"
        )
    ]
