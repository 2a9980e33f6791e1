"""The visits and rounds behind a number, each with whether it counts and why; what counts adds up to the tally."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from forms.definition import Label
from grid_map.counting import coverage, pace_of_counts
from grid_map.counting_rules import ACCOMPANIED, COUNTED, HOUSEHOLD_DAY, SAME_OUTING, Reason
from grid_map.days import count_day
from grid_map.visit_classes import load_visit_classes
from server.api.desk import masked
from server.desk.views.months import Month
from server.desk.views.people import Person
from server.desk.views.shower import HouseholdShown, Shower
from server.desk.views.visit_words import DISPOSITIONS, finding_label, outcome_label
from server.problem import ProblemError
from server.store.receipts_of_figures import credited_rounds, visits_between, visits_of_household
from server.store.records import record_in
from server.store.tally_keys import VISIT_RECORDED
from sync.clock import moment
from sync.counting_facts import occurred_ms, visit_fact
from sync.record import Record

PAGE_LINES = 100
_RECORDED = Reason("recorded", "已记录，计一次", "recorded, counts once")


class VisitLine(msgspec.Struct, frozen=True, kw_only=True):
    """A visit beside a number: whether it counts there and why. `at` and `received_at` are moments.

    late    it came after its month had closed (补录)
    worker  for whoever may read visits only
    """

    id: str
    village: str
    day: date
    at: str
    received_at: str
    household: HouseholdShown | None
    place: str
    outcome: Label
    counted: bool
    reason: Reason
    late: bool
    worker: Person | None = None
    companions: int = 0


class RoundLine(msgspec.Struct, frozen=True, kw_only=True):
    """A round beside a worker's or a grid's number; `visits` at a household's door make it count."""

    id: str
    village: str
    day: date
    at: str
    grid: str
    visits: int
    counted: bool
    reason: Reason
    late: bool
    worker: Person | None = None


class VisitView(msgspec.Struct, frozen=True, kw_only=True):
    """One visit. What was said, found and by whom is for whoever may read visits only."""

    line: VisitLine
    grid: str
    grid_name: str
    round: str | None
    said_at: str
    offset_ms: int
    written_up_later: bool
    photos: int
    disposition: Label | None
    findings: list[tuple[Label, str]]
    note: str | None
    companions: list[Person]
    void_reason: str | None


def visits_of_grid(shower: Shower, village: str, grid: str, month: Month, rule: str) -> list[VisitLine]:
    """The visits of a grid in a month, each with what it counted for by `household.day` or `visit.recorded`."""
    records = visits_between(
        shower.db, shower.keys, village, month.first.isoformat(), month.last.isoformat(), grid=grid
    )
    return visit_lines(shower, records, rule)


def visit_lines(shower: Shower, records: Iterable[Record], rule: str) -> list[VisitLine]:
    """Visits in order of time, explained by a rule; what counts adds up to its tally."""
    found = list(records)
    reasons = _reasons(found, rule)
    lines = [_visit_line(shower, record, *reasons[record.id]) for record in found]
    return sorted(lines, key=lambda line: (line.at, line.id))


def rounds_of(
    shower: Shower, village: str, month: Month, *, worker: str | None = None, grid: str | None = None
) -> list[RoundLine]:
    """The rounds of a worker or a grid that began in a month, by `round.attempted`; two workers have one each."""
    found = [
        (record, of, visits)
        for record, of, visits in credited_rounds(shower.db, shower.keys, village, worker=worker, grid=grid)
        if month.first <= count_day(occurred_ms(record)) <= month.last
    ]
    # own rounds first, so that the accompanied one is the one that is not added up
    found.sort(key=lambda one: (one[0].values["worker"] != one[1], occurred_ms(one[0]), one[0].id))
    so_far: dict[tuple[str, date, str | None], tuple[int, int]] = defaultdict(lambda: (0, 0))
    lines = []
    for record, of, visits in found:
        day, is_own = count_day(occurred_ms(record)), record.values["worker"] == of
        where = of, day, record.grid
        own, accompanied = so_far[where]
        so_far[where] = own + is_own, accompanied + (not is_own)
        counts = pace_of_counts(*so_far[where]) > pace_of_counts(own, accompanied)
        reason = SAME_OUTING if not counts else COUNTED if is_own else ACCOMPANIED
        lines.append(
            RoundLine(
                id=record.id,
                village=village,
                day=day,
                at=moment(occurred_ms(record)),
                grid=record.grid or "",
                visits=visits,
                counted=counts,
                reason=reason,
                late=shower.came_late(record, day),
                worker=shower.person(of),
            )
        )
    return sorted(lines, key=lambda line: (line.at, line.id, not line.counted))


def page_of(
    lines: Sequence[VisitLine | RoundLine], behind: str
) -> tuple[list[VisitLine | RoundLine], str | None]:
    """A page of lines in order, and the cursor behind it (None: the last). `behind` is a page's own, empty at first."""
    rest = [line for line in lines if f"{line.at} {line.id}" > behind]
    if len(rest) <= PAGE_LINES:
        return rest, None
    # two workers' lines of one round share an id and stay on one page
    last = rest[PAGE_LINES - 1]
    page = [line for line in rest if (line.at, line.id) <= (last.at, last.id)]
    return page, f"{last.at} {last.id}" if len(page) < len(rest) else None


def visits_of_round(shower: Shower, village: str, identifier: str) -> tuple[Record, list[VisitLine]]:
    """A round and its visits. ProblemError not-found for what is no round of the village."""
    record = record_in(shower.db, shower.keys, village, identifier)
    if record is None or record.kind != "round":
        raise ProblemError("not-found")
    day = count_day(occurred_ms(record))
    near = visits_between(
        shower.db, shower.keys, village, day.isoformat(), (day + timedelta(days=1)).isoformat()
    )
    of_round = [one for one in near if one.values.get("round") == identifier]
    return record, visit_lines(shower, of_round, VISIT_RECORDED)


def visit_view(shower: Shower, village: str, identifier: str) -> VisitView:
    """One visit of a village, with what it counts for among the others of its household and day."""
    record = record_in(shower.db, shower.keys, village, identifier)
    if record is None or record.kind != "visit":
        raise ProblemError("not-found")
    day, household = count_day(occurred_ms(record)).isoformat(), record.values.get("household")
    of_day = [record]
    if household is not None and record.void is None:
        of_day = visits_of_household(shower.db, shower.keys, household, village, day, day)
    values: dict[str, Any] = record.values if shower.reads_visits else {}
    disposition = values.get("disposition")
    grid = record.grid or ""
    companions = (shower.person(one) for one in values.get("companions") or ())
    return VisitView(
        line=_visit_line(shower, record, *_reasons(of_day, HOUSEHOLD_DAY.key)[identifier]),
        grid=grid,
        grid_name=shower.grid_names(village).get(grid, grid),
        round=record.values.get("round"),
        said_at=str(record.values["started_at"]),
        offset_ms=record.offset_ms,
        written_up_later=bool(record.values.get("written_up_later")),
        photos=len(record.values.get("photos") or ()),
        disposition=None if disposition is None else DISPOSITIONS[disposition],
        findings=[
            (finding_label(one["type"]), masked(one.get("text", ""))) for one in values.get("findings") or ()
        ],
        note=masked(values.get("note")),
        companions=[one for one in companions if one is not None],
        void_reason=None if record.void is None else masked(record.void.reason),
    )


def _reasons(records: list[Record], rule: str) -> dict[str, tuple[bool, Reason]]:
    if rule == VISIT_RECORDED:
        return {record.id: (record.void is None, _RECORDED) for record in records}
    count = coverage([visit_fact(record) for record in records], load_visit_classes())
    return {one.id: (one.counted, one.reason) for one in count.explained}


def _visit_line(shower: Shower, record: Record, counted: bool, reason: Reason) -> VisitLine:
    at_ms, household = occurred_ms(record), record.values.get("household")
    day = count_day(at_ms)
    return VisitLine(
        id=record.id,
        village=record.village,
        day=day,
        at=moment(at_ms),
        received_at=moment(record.received_ms),
        household=None if household is None else shower.household(record.village, household),
        place=masked(str(record.values.get("place") or "")),
        outcome=outcome_label(record.values["outcome"]),
        counted=counted,
        reason=reason,
        late=shower.came_late(record, day),
        worker=shower.person(record.values["worker"]),
        companions=len(record.values.get("companions") or ()),
    )
