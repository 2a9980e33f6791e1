"""What counting (`grid_map.counting`) needs of records: the server's tallies and a device's figures read them alike."""

from __future__ import annotations

from grid_map.counting import RoundFact, VisitFact
from sync.clock import corrected_ms, moment_ms
from sync.record import Record

DEFAULT_CLASS = "ordinary"


def occurred_ms(record: Record) -> int:
    """When a visit, round or case occurred, in corrected Unix milliseconds."""
    said = record.values.get("started_at") or record.values.get("captured_at")
    return corrected_ms(moment_ms(str(said)), record.offset_ms)


def visit_fact(record: Record) -> VisitFact:
    """What counting needs of a visit; it occurred when the phone says, put right by its clock offset."""
    values = record.values
    return VisitFact(
        id=record.id,
        round=values.get("round"),
        workers=(values["worker"], *values.get("companions", ())),
        household=values.get("household"),
        grid=record.grid or "",
        village=record.village,
        visit_class=values.get("visit_class", DEFAULT_CLASS),
        outcome=values["outcome"],
        occurred_at_ms=occurred_ms(record),
        voided=record.void is not None,
    )


def round_fact(record: Record) -> RoundFact:
    """What counting needs of a round."""
    finished = record.values.get("finished_at")
    return RoundFact(
        id=record.id,
        worker=record.values["worker"],
        grid=record.grid or "",
        village=record.village,
        started_at_ms=occurred_ms(record),
        finished_at_ms=None if finished is None else corrected_ms(moment_ms(str(finished)), record.offset_ms),
        voided=record.void is not None,
    )
