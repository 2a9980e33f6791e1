"""How rounds and household visits are counted: named rules, the same in the server's tallies and on a device.

The rules are those of the domain notes, How visits are counted. For a list, `coverage`, `pace_rounds` and
`worker_households` give the number and say of every visit or round whether it counts and why. For one visit
at a time (a tally, on the push path) `coverage_key`, `credited_workers` and `pace_of_counts` are the same
rules, piece by piece: the whole-list functions are made of them.

Instants are epoch milliseconds of the corrected time at which something occurred; `count_day` makes days of
them. So a visit belongs to the day, month and year in which it occurred, whenever it arrives.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

import msgspec

from grid_map.counting_rules import (
    ACCOMPANIED,
    COUNTED,
    HOUSEHOLD_DAY,
    NO_ATTEMPT,
    NO_HOUSEHOLD,
    NOT_COVERED_BY_OUTCOME,
    ROUND_ATTEMPTED,
    ROUND_UNKNOWN,
    SAME_DAY,
    SAME_OUTING,
    VOIDED,
    WORKER_HOUSEHOLD_DAY,
    Count,
    CountingRule,
    Explained,
    Reason,
)
from grid_map.days import count_day
from grid_map.visit_classes import HOUR_MS, VisitClass, VisitClasses

Outcome = Literal["met", "not_home", "phone", "service_point", "seen"]
ROUND_OPEN_HOURS = 3


class VisitFact(msgspec.Struct, frozen=True):
    """What counting needs of a visit.

    `household` is None for a visit to a place. `received_at_ms` is the server's receipt, None while it waits
    on a device. `voided_at_ms` is the receipt of the void, if any: a closed figure keeps what was voided
    later.
    """

    id: str
    round: str | None
    workers: tuple[str, ...]
    household: str | None
    grid: str
    village: str
    visit_class: str
    outcome: Outcome
    occurred_at_ms: int
    voided: bool = False
    received_at_ms: int | None = None
    voided_at_ms: int | None = None


class RoundFact(msgspec.Struct, frozen=True):
    """What counting needs of a round: one worker, one grid, one outing; `finished_at_ms` is its button."""

    id: str
    worker: str
    grid: str
    village: str
    started_at_ms: int
    finished_at_ms: int | None = None
    voided: bool = False


def attempts(visit: VisitFact) -> bool:
    """Whether somebody stood at a household's door; so 未遇 attempts, a phone call does not."""
    return not visit.voided and visit.household is not None and visit.outcome in {"met", "not_home", "seen"}


def covers(visit: VisitFact, visit_class: VisitClass | None) -> bool:
    """Whether the visit can count for coverage and for what is due, other visits of that day aside.

    A class that the table has lost (None) asks for a person, as all do by default.
    """
    return _why_not(visit, visit_class) is None


def coverage_key(visit: VisitFact, visit_class: VisitClass | None) -> tuple[str, date] | None:
    """What the visit adds to coverage: its household and day, or None. The count is that of distinct keys."""
    if visit.household is None or not covers(visit, visit_class):
        return None
    return visit.household, count_day(visit.occurred_at_ms)


def credited_workers(round_: RoundFact, visit: VisitFact) -> tuple[str, ...]:
    """The workers for whom this visit makes its round count: the round's own, and who came along."""
    if round_.voided or not attempts(visit):
        return ()
    return (round_.worker, *sorted(set(visit.workers) - {round_.worker}))


def pace_of_counts(own: int, accompanied: int) -> int:
    """Rounds of one worker in one grid on one day, from the own and the accompanied rounds that count.

    Where two go together and both phones open a round, each has one own and one accompanied round: it is one.
    """
    return max(own, accompanied)


def round_closes_at(round_: RoundFact, last_visit_at_ms: int | None) -> int:
    """When a round closes, epoch ms: by its button, or by itself 3 hours after its last visit (or start)."""
    latest = round_.started_at_ms if last_visit_at_ms is None else max(round_.started_at_ms, last_visit_at_ms)
    by_itself = latest + ROUND_OPEN_HOURS * HOUR_MS
    return by_itself if round_.finished_at_ms is None else min(round_.finished_at_ms, by_itself)


def coverage(visits: Iterable[VisitFact], classes: VisitClasses) -> Count:
    """Household visits by the rule `household.day`; of several on one day the earliest counts."""
    taken: set[tuple[str, date]] = set()
    explained: list[Explained] = []
    for visit in sorted(visits, key=_in_time):
        visit_class = classes.get(visit.visit_class)
        reason = _why_not(visit, visit_class) or COUNTED
        key = coverage_key(visit, visit_class)
        if key is not None:
            reason = SAME_DAY if key in taken else COUNTED
            taken.add(key)
        explained.append(Explained(visit.id, count_day(visit.occurred_at_ms), reason is COUNTED, reason))
    return _count(HOUSEHOLD_DAY, explained)


def worker_households(visits: Iterable[VisitFact], classes: VisitClasses, worker: str) -> Count:
    """One worker's household visits by `household.day.worker`: coverage of the visits they took part in."""
    own = coverage([v for v in visits if worker in v.workers], classes)
    return Count(WORKER_HOUSEHOLD_DAY.key, own.number, own.explained)


def pace_rounds(rounds: Iterable[RoundFact], visits: Iterable[VisitFact], worker: str) -> Count:
    """One worker's rounds by the rule `round.attempted`.

    Explains every round that is the worker's own or was accompanied, and every visit of theirs whose round is
    not among `rounds`. `visits` may be everybody's.
    """
    by_id = {r.id: r for r in rounds}
    credited: dict[str, list[str]] = {}
    present = {r.id for r in by_id.values() if r.worker == worker}
    explained: list[Explained] = []
    for visit in visits:
        round_ = by_id.get(visit.round) if visit.round is not None else None
        if round_ is None:
            if worker in visit.workers:
                reason = VOIDED if visit.voided else ROUND_UNKNOWN
                explained.append(Explained(visit.id, count_day(visit.occurred_at_ms), False, reason, worker))
        else:
            if worker in visit.workers:
                present.add(round_.id)
            if worker in credited_workers(round_, visit):
                credited.setdefault(round_.id, []).append(visit.id)
    explained += _explain_rounds([by_id[i] for i in present], credited, worker)
    return _count(ROUND_ATTEMPTED, sorted(explained, key=lambda e: (e.day, e.id)))


def _explain_rounds(
    rounds: list[RoundFact], credited: Mapping[str, list[str]], worker: str
) -> Iterable[Explained]:
    """Own rounds first, so that an accompanied one is the one that is not added up."""
    tally: dict[tuple[date, str], tuple[int, int]] = {}
    for round_ in sorted(rounds, key=lambda r: (r.worker != worker, r.started_at_ms, r.id)):
        day = count_day(round_.started_at_ms)
        if round_.id not in credited:
            reason = VOIDED if round_.voided else NO_ATTEMPT
            yield Explained(round_.id, day, False, reason, worker)
            continue
        own, accompanied = tally.get((day, round_.grid), (0, 0))
        before = pace_of_counts(own, accompanied)
        is_own = round_.worker == worker
        own, accompanied = own + is_own, accompanied + (not is_own)
        tally[day, round_.grid] = own, accompanied
        counts = pace_of_counts(own, accompanied) > before
        reason = SAME_OUTING if not counts else COUNTED if is_own else ACCOMPANIED
        yield Explained(round_.id, day, counts, reason, worker, tuple(sorted(credited[round_.id])))


def _in_time(visit: VisitFact) -> tuple[int, str]:
    return visit.occurred_at_ms, visit.id


def _why_not(visit: VisitFact, visit_class: VisitClass | None) -> Reason | None:
    if visit.voided:
        return VOIDED
    if visit.household is None:
        return NO_HOUSEHOLD
    seeing_is_enough = visit_class is not None and visit_class.seeing_the_place_is_enough
    if visit.outcome == "met" or (visit.outcome == "seen" and seeing_is_enough):
        return None
    return NOT_COVERED_BY_OUTCOME[visit.outcome]


def _count(rule: CountingRule, explained: Iterable[Explained]) -> Count:
    items = tuple(explained)
    return Count(rule.key, sum(1 for e in items if e.counted), items)
