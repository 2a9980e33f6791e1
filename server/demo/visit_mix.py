"""How many households of each visit class a village has, such that its workers can do it.

The sum for a village of 2,000 households and five workers (tested):

    class           households   visits a year each   visits a year
    ordinary             1,846                    2           3,692
    hardship                32                   12             384
    floating                40                   12             480
    empty_nest              40                   12             480
    special_elder           24                   12             288
    correction               4                   12              48
    high_risk               14                   52             728
    in all               2,000                                6,100   somebody met

With 8 % of the attempts in vain (未遇) that is 6,630 attempts. Five workers × 180 rounds × at most 12 household
visits are 10,800, so the mix takes about three fifths of what they can do; the team with most to do (four
workers for 1,899 households) still has a quarter to spare. 5–10 % of the households may be behind at any time: here
`OVERDUE_SHARE`, the same share of every class as far as whole households go.
"""

from random import Random

import msgspec

from server.demo.families import ADULT_YEARS
from server.demo.population import Household

NOT_HOME_SHARE = 0.08
OVERDUE_SHARE = 0.072
ROUNDS_A_YEAR = 180
VISITS_A_ROUND_MAX = 12
ORDINARY = "ordinary"


class Share(msgspec.Struct, frozen=True):
    """A class that is not the ordinary one: households in ten thousand, and why one is in it."""

    visit_class: str
    in_ten_thousand: int
    reason: str


# In the order in which they choose: the narrowest condition first.
MIX = (
    Share("high_risk", 70, "80周岁以上独居"),
    Share("special_elder", 120, "高龄或失能，身边无子女"),
    Share("empty_nest", 200, "子女不在身边的老年家庭"),
    Share("floating", 200, "流动人口"),
    Share("correction", 20, "社区矫正对象"),
    Share("hardship", 160, "困难家庭"),
)


def class_counts(households: int) -> dict[str, int]:
    """How many households of each class there are among so many; the sum is `households`."""
    counts = {share.visit_class: round(households * share.in_ten_thousand / 10_000) for share in MIX}
    return {ORDINARY: households - sum(counts.values()), **counts}


def _may_be(visit_class: str, household: Household) -> bool:
    head = household.head
    alone, elders = household.composition == "elder_alone", household.composition == "couple_elder"
    if visit_class == "high_risk":
        return alone and head.age >= 80
    if visit_class == "special_elder":
        return (alone or elders) and head.age >= 70
    if visit_class == "empty_nest":
        return alone or elders
    if visit_class == "floating":
        return household.composition == "tenants"
    if visit_class == "correction":
        return household.composition in {"family", "single"} and head.age >= ADULT_YEARS
    return household.composition != "tenants"


def draw_visit_classes(random: Random, households: list[Household]) -> list[Share | None]:
    """For each household the class it is in, None for the ordinary one, in the numbers of `class_counts`."""
    chosen: list[Share | None] = [None] * len(households)
    counts = class_counts(len(households))
    order = list(range(len(households)))
    random.shuffle(order)
    for share in MIX:
        wanted = counts[share.visit_class]
        for place in order:
            if wanted and chosen[place] is None and _may_be(share.visit_class, households[place]):
                chosen[place] = share
                wanted -= 1
    return chosen
