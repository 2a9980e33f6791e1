"""Reconciliation (对账): what the rows of a village's day say, decided from facts alone.

Invariants
- A row is green only when a status of that day, given at or after the hour of reporting, shows the device's last
  counter and digest to be the acknowledged ones, and nothing of that day lies beyond it.
- What is missing follows from counters and chain, never from what a device says of its outbox.
- A device without such a status is 未报到; one that another identity continues never is; a revoked one is unknown.

Source: issue of the spine, section 7; domain notes; screens, Desk.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from grid_map.days import count_day
from sync.clock import moment


class Standing(StrEnum):
    """What is proven of a device on a day."""

    COMPLETE = "complete"
    MISSING = "missing"
    CHAIN_DIFFERS = "chain_differs"
    NOT_REPORTED = "not_reported"
    CONTINUED = "continued"
    REVOKED = "revoked"


LABELS = {
    Standing.COMPLETE: ("已到齐", "complete"),
    Standing.MISSING: ("有缺失", "operations are missing"),
    Standing.CHAIN_DIFFERS: ("记录链不一致", "the chain differs"),
    Standing.NOT_REPORTED: ("未报到", "has not reported"),
    Standing.CONTINUED: ("已由新登记接续", "continued by another identity"),
    Standing.REVOKED: ("已停用，情况不明", "revoked, unknown since its last contact"),
}


class Report(msgspec.Struct, frozen=True):
    """The last status that a device gave on the day."""

    at_ms: int
    counter: int
    digest: str
    pending: int


class DeviceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the server knows of a device for one day.

    acknowledged       counters 1 to this are here, as the chain proves
    counter_told       the highest counter that a status told up to the end of the day
    counter_reached    the highest counter that has arrived of what was captured up to the end of the day
    digest_at_report   the server's digest at the report's counter; None where it has not come so far
    continued_counter  the last counter, as told by the identity that continues this one
    arrived_elsewhere  of this identity's operations, those that only its continuations brought, and those that were
                       erased before a restore lost them: they had arrived, and no phone has them any more
    explained          how much was missing when a signature explained this ended identity; None if none did
    """

    device: str
    name: str
    worker: str
    worker_name: str
    enrolled_ms: int
    contact_ms: int
    revoked_ms: int | None = None
    closed_ms: int | None = None
    acknowledged: int
    report: Report | None = None
    counter_told: int = 0
    counter_reached: int = 0
    digest_at_report: str | None = None
    continued_counter: int | None = None
    arrived_elsewhere: int = 0
    operations_of_day: int = 0
    unsettled: int = 0
    unsettled_of_day: int = 0
    explained: int | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One device's row. Counters run over the device's whole history; `operations_of_day` counts the day's.

    captured    采集, the last counter that is known to have been captured
    arrived     已到, of these, how many are here, those that a continuation brought included
    acknowledged  the device's own chain as the server has it, later days included
    in_transit  在途, of the missing, those that the device says it still keeps
    missing     缺失, captured less arrived
    unsettled   待处理, held or rejected; `unsettled_of_day` those that arose on the day
    """

    device: str
    name: str
    worker: str
    worker_name: str
    standing: Standing
    captured: int
    arrived: int
    acknowledged: int
    in_transit: int
    missing: int
    unsettled: int
    unsettled_of_day: int
    operations_of_day: int
    reported_at: str | None
    contact_at: str
    needs_reason: bool

    @property
    def green(self) -> bool:
        """Whether the chain proves that nothing of this device is missing."""
        return self.standing is Standing.COMPLETE


def decide_row(facts: DeviceFacts, day: date, report_from_ms: int) -> Row | None:
    """The row of a device on a day; None where it does not count (enrolled later, or long continued and whole).

    `report_from_ms` is the hour of reporting on that day.
    """
    if count_day(facts.enrolled_ms) > day:
        return None
    captured, arrived = _captured(facts), facts.acknowledged + facts.arrived_elsewhere
    arrived = min(captured, arrived)
    missing = captured - arrived
    standing = _standing(facts, day, report_from_ms, missing)
    closed_before = facts.closed_ms is not None and count_day(facts.closed_ms) < day
    if standing is Standing.CONTINUED and closed_before and not missing and not facts.unsettled:
        return None
    report = facts.report
    return Row(
        device=facts.device,
        name=facts.name,
        worker=facts.worker,
        worker_name=facts.worker_name,
        standing=standing,
        captured=captured,
        arrived=arrived,
        acknowledged=facts.acknowledged,
        in_transit=min(report.pending, missing) if report is not None else 0,
        missing=missing,
        unsettled=facts.unsettled,
        unsettled_of_day=facts.unsettled_of_day,
        operations_of_day=facts.operations_of_day,
        reported_at=None if report is None else moment(report.at_ms),
        contact_at=moment(facts.contact_ms),
        needs_reason=_needs_reason(facts, standing, missing),
    )


def _captured(facts: DeviceFacts) -> int:
    return max(facts.counter_told, facts.counter_reached, facts.continued_counter or 0)


def _standing(facts: DeviceFacts, day: date, report_from_ms: int, missing: int) -> Standing:
    if facts.revoked_ms is not None and count_day(facts.revoked_ms) <= day:
        return Standing.REVOKED
    report = facts.report
    if facts.closed_ms is not None and (count_day(facts.closed_ms) <= day or report is None):
        return Standing.CONTINUED
    if report is not None and facts.digest_at_report not in (None, report.digest):
        return Standing.CHAIN_DIFFERS
    if report is None or report.at_ms < report_from_ms or report.counter < facts.counter_reached:
        return Standing.CONTINUED if facts.closed_ms is not None else Standing.NOT_REPORTED
    return Standing.MISSING if missing or facts.digest_at_report is None else Standing.COMPLETE


def _needs_reason(facts: DeviceFacts, standing: Standing, missing: int) -> bool:
    """Whether the day cannot be signed without a stated reason for this row."""
    if facts.unsettled_of_day:
        return True
    if standing is Standing.CONTINUED:
        return missing > (facts.explained or 0)
    if standing is Standing.REVOKED:
        return facts.explained is None or missing > facts.explained
    return standing is not Standing.COMPLETE
