"""Capturing: a judged operation, its exact bytes, its place in the chain and the clock, in one transaction.

Invariants
- The clock never runs back, whatever happened to the wall clock.
- `seen` is what the worker saw, own waiting operations included.
- What the device's own rules find wrong is told before anything is kept; `anyway` keeps it, for the server to judge.
"""

from __future__ import annotations

from typing import Any

import msgspec

from field_client.errors import NotFound, Refused
from field_client.identity import Identity, identity_of
from field_client.outbox import Entry, Outbox
from field_client.store import Store
from field_client.times import Anchor, Reading, Times, read_times
from field_client.view import View
from forms.problem import Problem
from sync.apply import target_of
from sync.clock import Clock, next_reading, parse_clock
from sync.errors import TooLarge
from sync.ids import uuid7
from sync.judge import judge
from sync.kinds import KINDS
from sync.operation import FORMAT, INTEGER_MAX, Action, Operation, exact_bytes, replace_surrogates
from sync.record import Record, changed_set, normalised_set, seen_form

_IN_FORM = ("/fields/answers", "/fields/materials")


class Draft(msgspec.Struct, kw_only=True):
    """What a worker wants to write down. `record` is None for a new one; `fields` as `sync.kinds` has them."""

    kind: str
    village: str
    action: str
    record: str | None = None
    fields: dict[str, Any] = {}
    reason: str | None = None
    mends: str | None = None
    captured: str | None = None
    problems: list[Problem] = []
    """What was found wrong before (answers, materials), so that all mistakes are told at once."""


class Captured(msgspec.Struct, frozen=True):
    """A captured operation, and what the worker should know about it (never a reason not to keep it)."""

    entry: Entry
    record: str
    remarks: list[Problem]


def clock_of_store(store: Store) -> Clock:
    """The device's hybrid clock as it last stood."""
    text = store.meta("clock", str)
    return Clock(0) if text is None else parse_clock(text)


def capture(store: Store, view: View, times: Times, draft: Draft, anyway: bool = False) -> Captured:
    """Judge a draft, keep it as an operation, and lay it over the view. Refused with all its problems.

    One transaction from the reading of the chain on, so that neither another thread nor enrolling anew comes between.
    """
    with store.transaction():
        identity = identity_of(store)
        reading = read_times(times, store.meta("anchor", Anchor))
        operation = _placed(store, identity, times, reading, draft)
        record = target_of(view.world, operation)
        if record is not None:
            see(operation, record)
        remarks = _judged(operation, draft.problems, identity, view, record, reading.corrected_ms, anyway)
        entry = Outbox(store).append(_bytes_of(operation), operation, reading.corrected_ms, identity.device)
        store.set_meta("clock", operation.clock)
        store.set_meta("anchor", reading.anchor)
    if operation.mends is None and (record is not None or operation.action == Action.CREATE):
        view.lay(operation, reading.corrected_ms)
    return Captured(entry, operation.record, remarks)


def _placed(store: Store, identity: Identity, times: Times, reading: Reading, draft: Draft) -> Operation:
    """The draft as the next operation of the chain."""
    clock = next_reading(clock_of_store(store), reading.corrected_ms)
    made = draft.record if draft.action == Action.CREATE and draft.mends is None else None
    identifier = made or uuid7(reading.corrected_ms, times.random(10))
    chain = Outbox(store).chain(identity.device)
    return Operation(
        id=identifier,
        format=FORMAT,
        counter=chain.counter + 1,
        previous=chain.digest,
        clock=str(clock),
        offset_ms=reading.offset_ms,
        kind=draft.kind,
        record=draft.record or identifier,
        village=draft.village,
        action=draft.action,
        fields=clean(draft.fields),
        reason=None if draft.reason is None else replace_surrogates(draft.reason),
        mends=draft.mends,
        captured=draft.captured,
    )


def _judged(
    operation: Operation,
    found: list[Problem],
    identity: Identity,
    view: View,
    record: Record | None,
    now_ms: int,
    anyway: bool,
) -> list[Problem]:
    """Remarks on an operation that may be kept. Refused with every problem of one that may not."""
    if operation.action == Action.CHANGE and not operation.fields:
        raise Refused([_nothing_changed()])
    verdict = judge(operation, identity.author, view.world, record, now_ms)
    # the same answer or material is told once, in the words of its form
    problems = [
        *found,
        *(one for one in verdict.problems if not (found and one.pointer.startswith(_IN_FORM))),
    ]
    if problems and not anyway:
        raise Refused(problems)
    return [*problems, *verdict.remarks]


def see(operation: Operation, record: Record) -> None:
    """Say what the worker saw of each field; leave out what is not changed."""
    if operation.action == Action.VOID:
        operation.seen = {"revision": record.revision}
        return
    kind = KINDS.get(operation.kind)
    sets = kind.sets if kind is not None else frozenset[str]()
    fields: dict[str, Any] = {}
    for field, value in operation.fields.items():
        present = record.values.get(field)
        if field in sets and isinstance(value, list | dict):
            change = set_change(present, value)
            if change:
                fields[field] = change
        elif value != present or operation.mends is not None:
            fields[field] = value
            operation.seen[field] = seen_form(present)
    operation.fields = fields


def set_change(present: Any, value: Any) -> dict[str, list[str]]:
    """What is added to and removed from a set; empty where nothing is."""
    after = changed_set(present, value) if isinstance(value, dict) else normalised_set(value)
    before = set(present or ())
    change = {"add": sorted(set(after) - before), "remove": sorted(before - set(after))}
    return {name: members for name, members in change.items() if members}


def clean(value: Any) -> Any:
    """Fields as they may travel: no lone surrogates, no fractions, no integers beyond ±(2^53−1)."""
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, dict):
        return {replace_surrogates(key): clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [clean(inner) for inner in value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > INTEGER_MAX):
        raise Refused(
            [
                Problem(
                    pointer="/fields",
                    code="number-form",
                    message=f"数字 {value} 超出范围或带小数，请按文字填写",
                    message_en=f"{value} is no integer within ±(2^53−1); write it as text",
                )
            ]
        )
    return value


def require(view: View, kind: str, record: str) -> Record:
    """A record of a kind as it is shown. NotFound if there is none."""
    found = view.get(record)
    if found is None or found.kind != kind:
        label = KINDS[kind].label
        raise NotFound(f"本机没有这条{label}记录：{record}", f"no such {kind} on this device: {record}")
    return found


def _bytes_of(operation: Operation) -> bytes:
    try:
        return exact_bytes(operation)
    except TooLarge as error:
        raise Refused(
            [
                Problem(
                    pointer="",
                    code="operation-too-large",
                    message="这条记录超过64KB，请缩短文字或分开登记",
                    message_en="over 64 KiB; shorten the text or capture it in parts",
                )
            ]
        ) from error


def _nothing_changed() -> Problem:
    return Problem(
        pointer="/fields", code="nothing-changed", message="没有改动", message_en="nothing was changed"
    )
