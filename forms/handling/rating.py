"""好差评: how a resident rates a handling (GB/T 39734): five levels, voluntary, once per handling."""

from enum import StrEnum
from typing import Final

from forms.definition import Label


class Rating(StrEnum):
    """The five levels, from the best."""

    VERY_SATISFIED = "very_satisfied"
    SATISFIED = "satisfied"
    BASICALLY_SATISFIED = "basically_satisfied"
    DISSATISFIED = "dissatisfied"
    VERY_DISSATISFIED = "very_dissatisfied"


RATING_LABELS: Final = {
    Rating.VERY_SATISFIED: Label(zh="非常满意", en="very satisfied"),
    Rating.SATISFIED: Label(zh="满意", en="satisfied"),
    Rating.BASICALLY_SATISFIED: Label(zh="基本满意", en="basically satisfied"),
    Rating.DISSATISFIED: Label(zh="不满意", en="dissatisfied"),
    Rating.VERY_DISSATISFIED: Label(zh="非常不满意", en="very dissatisfied"),
}
BAD_RATINGS: Final = frozenset({Rating.DISSATISFIED, Rating.VERY_DISSATISFIED})
"""A bad rating is followed up and mended (domain notes, Handling a case)."""
MENDED_WITHIN_DAYS = 15
"""Working days; seen in one city."""
