"""What an operation does to a world: the record it is about, and the records that follow from it.

Invariants
- Judged first, then applied; a rejected or held operation changes no record.
- Records that follow (a conflict, a suspected duplicate) have ids derived from what caused them, so applying the same
  operations again, anywhere, names the same records.
- A household that moves takes its residents, open cases, tasks and their conflicts along, those that arrive later too;
  each of them counts one more revision. Visits stay where they happened.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from forms.catalogue import Item
from forms.handling.duplicates import duplicate_fingerprint
from forms.handling.workflow import is_open
from forms.problem import Problem
from sync import conflicts
from sync.clock import capped
from sync.ids import derived
from sync.judge import judge
from sync.merge import Merged, created_record, merge_change, merge_void
from sync.operation import Action, Operation
from sync.record import Record, Stamp
from sync.world import Author, World

CLOCK_OFF_MS = 10 * 60 * 1000
STAYS_WHERE_IT_HAPPENED = frozenset({"visit", "round", "reading", "day-signature", "rota", "assignment"})
MAY_COME_AFTER_ITS_FOLLOWERS = frozenset({"household", "resident", "case"})
"""Kinds that others name; one that was held or mended comes after those that name it."""
PROBLEMS_MAX = 100
"""Of how many problems of one operation a worker is told: thousands of wrong fields fit into one, each with words."""
SUSPECTED_MAX = 4
"""With how many open cases of one matter another one is laid before a person, the oldest first: every pair of 500
such cases would be 125,000 suspicions that nobody could look through."""
SHARES_ITS_HOLDER = frozenset({"conflict", "duplicate"})
"""Kinds that are in the hand of whoever has their subject."""


class Outcome(StrEnum):
    """What became of an operation (protocol, Push)."""

    APPLIED = "applied"
    MERGED = "merged"
    CONFLICT = "conflict"
    HELD = "held"
    REJECTED = "rejected"


class Applied(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An operation's outcome. `revision` is its record's after it; `waits_for` what a held one waits for."""

    outcome: Outcome
    revision: int | None = None
    conflicts: list[str] = []
    overruled: list[str] = []
    problems: list[Problem] = []
    remarks: list[Problem] = []
    waits_for: str | None = None


def apply_operation(world: World, operation: Operation, author: Author, now_ms: int) -> Applied:
    """Judge an operation and, where it is in order, let it take effect."""
    record = target_of(world, operation)
    verdict = judge(operation, author, world, record, now_ms)
    if verdict.problems:
        return Applied(outcome=Outcome.REJECTED, problems=verdict.problems[:PROBLEMS_MAX])
    if verdict.waits_for is not None:
        return Applied(outcome=Outcome.HELD, waits_for=verdict.waits_for)
    if abs(operation.offset_ms) > CLOCK_OFF_MS:
        verdict.remarks.append(
            _remark("clock-off", "手机时间不准，已按校正后的时间计", "the phone's clock was off")
        )
    if record is not None and record.id != operation.record:
        verdict.remarks.append(
            _remark(
                "record-merged", "此人档案已合并，修改记到合并后的档案", "the record was merged meanwhile"
            )
        )
    if record is not None and _moved_since(record, operation):
        verdict.remarks.append(
            _remark("record-moved", "这一户已迁到别处，照常记录", "the record has moved meanwhile")
        )
    if record is not None and record.void is not None and operation.action == Action.CHANGE:
        verdict.remarks.append(
            _remark("record-voided", "这条记录已被撤销，修改已保留，请核对", "the record was voided")
        )
    applied = take_effect(world, operation, author, record, now_ms)
    applied.remarks = verdict.remarks
    return applied


def _remark(code: str, message: str, message_en: str) -> Problem:
    return Problem(pointer="", code=code, message=message, message_en=message_en, remark=True)


def _moved_since(record: Record, operation: Operation) -> bool:
    """Whether the record is in another village than its worker knew, or was moved to another grid after the capture."""
    if record.village != operation.village:
        return True
    moved = record.clocks.get("grid") if record.kind == "household" else None
    return moved is not None and moved.clock > operation.clock


def target_of(world: World, operation: Operation) -> Record | None:
    """The record that a change or void is about: itself, or the survivor of a merge of residents."""
    if operation.action == Action.CREATE:
        return None
    record = world.get(operation.record)
    if operation.kind != "resident" or operation.action != Action.CHANGE or "merged_into" in operation.fields:
        return record
    followed: set[str] = set()
    while record is not None and (survivor := record.values.get("merged_into")) and survivor not in followed:
        followed.add(survivor)
        record = world.get(survivor) or record
    return record


def take_effect(
    world: World, operation: Operation, author: Author, record: Record | None, now_ms: int
) -> Applied:
    """Apply an operation without judging it: what `apply_operation` does after its verdict, and a device's overlay."""
    stamp = Stamp(capped(operation.clock, now_ms), author.device)
    if record is None:
        return _create(world, operation, author, stamp, now_ms)
    if operation.action == Action.VOID:
        merged = merge_void(record, operation, author.worker, stamp)
    else:
        contested = (
            conflicts.contested_fields(world, record, author.device) if record.conflicts else frozenset()
        )
        merged = merge_change(record, operation, stamp, contested)
    opened = [
        conflicts.open_or_join(world, record, disagreement, operation, author, stamp)
        for disagreement in merged.disagreements
    ]
    if record.conflicts and merged.set_fields:
        conflicts.follow_standing(world, record, merged.set_fields, stamp, author)
    settled = record.kind == "conflict" and "choice" in merged.set_fields
    subject = conflicts.settle(world, record, author, stamp) if settled else None
    _keep_in_place(world, record, merged.set_fields, author)
    if subject is not None:
        _keep_in_place(world, subject, [record.values["field"]], author)
    now = world.get(record.id) or record
    return Applied(
        outcome=_outcome(merged), revision=now.revision, conflicts=opened, overruled=merged.overruled
    )


def _outcome(merged: Merged) -> Outcome:
    if merged.disagreements:
        return Outcome.CONFLICT
    return Outcome.MERGED if merged.others_changed else Outcome.APPLIED


def _create(world: World, operation: Operation, author: Author, stamp: Stamp, now_ms: int) -> Applied:
    record = created_record(operation, author.device, author.worker, stamp, now_ms)
    record.village, record.grid = place_of(world, record)
    _settle_holder(record)
    _keep(world, record, author)
    if record.kind in MAY_COME_AFTER_ITS_FOLLOWERS:
        _take_along(world, record)
    return Applied(outcome=Outcome.APPLIED, revision=1)


def _settle_holder(record: Record) -> None:
    """A record that has no place yet stays with its author, so that it never blinks out of the author's sight."""
    if record.kind in SHARES_ITS_HOLDER:
        return
    values = record.values
    record.holder = values.get("holder") or values.get("worker")
    if record.holder is None and record.grid is None:
        record.holder = record.by


def place_of(world: World, record: Record) -> tuple[str, str | None]:
    """The village and grid in which a record stands: its own, or those of the household that it belongs to."""
    values = record.values
    if record.kind == "household":
        grid = values.get("grid")
        known = world.village_of_grid(grid) if grid is not None else None
        return known or values.get("village") or record.village, grid
    if record.kind in STAYS_WHERE_IT_HAPPENED:
        return record.village, values.get("grid") if record.kind in ("visit", "round") else record.grid
    for field in ("household", "resident", "case"):
        reference = values.get(field)
        if reference is not None and (other := world.get(reference)) is not None:
            return other.village, other.grid
    return record.village, record.grid


def _keep_in_place(world: World, record: Record, set_fields: list[str], author: Author) -> None:
    """Put a changed record where it now belongs, and whatever moves with it."""
    if not {"grid", "village", "household", "resident", "case", "holder"}.intersection(set_fields):
        _keep(world, record, author)
        return
    record.village, record.grid = place_of(world, record)
    if record.kind == "household" and "village" in record.values:
        # two moves may have met, each winning one of the two fields: the grid says where the household is
        record.values["village"] = record.village
    _settle_holder(record)
    _keep(world, record, author)
    _take_along(world, record)


def _take_along(world: World, record: Record) -> None:
    """Bring everything that belongs to a record to its place (and conflicts into its holder's hand)."""
    ahead = [record]  # no recursion: what a device captures may hang together in a chain of any length
    while ahead:
        leader = ahead.pop()
        for follower in world.followers(leader):
            before = follower.village, follower.grid, follower.holder
            follower.village, follower.grid = leader.village, leader.grid
            if follower.kind in SHARES_ITS_HOLDER:
                follower.holder = leader.holder
            else:
                _settle_holder(follower)
            if (follower.village, follower.grid, follower.holder) != before:
                follower.revision += 1
                world.put(follower, fingerprint_of(world, follower))
                ahead.append(follower)


def moves_along(world: World, record: Record) -> bool:
    """Whether a record goes where its parent goes: everything but visits and cases that are closed."""
    if record.kind == "case":
        item = _item(world, record.values)
        return item is None or is_open(item.mode, record.values.get("state", ""))
    return record.kind not in STAYS_WHERE_IT_HAPPENED


def fingerprint_of(world: World, record: Record) -> str | None:
    """What an open case has in common with a suspected duplicate of it; None where it can have none."""
    if record.kind != "case" or record.void is not None:
        return None
    item = _item(world, record.values)
    if item is None or not is_open(item.mode, record.values.get("state", "")):
        return None
    person = record.values.get("resident")
    if person is None:
        number = record.values.get("applicant_identity_number")
        if number is None:
            return None
        person = world.person_key(number)
    answers = {name[8:]: value for name, value in record.values.items() if name.startswith("answers/")}
    return duplicate_fingerprint(item, person, answers)


def _item(world: World, values: dict[str, Any]) -> Item | None:
    return world.catalogue.item(values.get("item", ""), values.get("item_version", 0))


def _keep(world: World, record: Record, author: Author) -> None:
    """Put the record; open a suspected duplicate beside a case that looks like another open one."""
    fingerprint = fingerprint_of(world, record)
    world.put(record, fingerprint)
    if fingerprint is None:
        return
    others = sorted(other for other in world.open_with_fingerprint(fingerprint) if other != record.id)
    for other in others[:SUSPECTED_MAX]:
        _suspect(world, record, other, author)


def _suspect(world: World, record: Record, other_id: str, author: Author) -> None:
    first, second = sorted((record.id, other_id))
    suspected = derived("duplicate", first, second)
    other = world.get(other_id)
    if other is None or world.get(suspected) is not None:
        return
    world.put(
        Record(
            id=suspected,
            kind="duplicate",
            village=record.village,
            grid=record.grid,
            holder=record.holder,
            by=author.worker,
            created=record.stamp_of("state"),
            origin=record.origin,
            values={
                "first": first,
                "second": second,
                "item": record.values["item"],
                "workers": sorted(
                    {worker for case in (record, other) for worker in (case.by, case.holder) if worker}
                ),
            },
        ),
        None,
    )
