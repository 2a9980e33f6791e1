"""What a row says, decided from facts: only the chain makes it green."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from grid_map.days import day_start_ms
from server.reconciliation import DeviceFacts, Report, Row, Standing, decide_row

DAY = date(2026, 11, 23)
START_MS = day_start_ms(DAY)
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
REPORTING_MS = START_MS + 17 * HOUR_MS


def report(counter: int = 20, digest: str = "d20", hour: float = 17.5, pending: int = 0) -> Report:
    return Report(START_MS + int(hour * HOUR_MS), counter, digest, pending)


def facts(**more: Any) -> DeviceFacts:
    """A device with 20 operations, all here, that reported at half past five."""
    whole = {
        "device": "d",
        "name": "手机",
        "worker": "w",
        "worker_name": "王",
        "enrolled_ms": START_MS - 30 * DAY_MS,
        "contact_ms": START_MS,
        "acknowledged": 20,
        "report": report(),
        "counter_told": 20,
        "counter_reached": 20,
        "digest_at_report": "d20",
    }
    return DeviceFacts(**(whole | more))


def row(**more: Any) -> Row:
    decided = decide_row(facts(**more), DAY, REPORTING_MS)
    assert decided is not None
    return decided


def test_a_row_is_green_when_the_last_counter_and_digest_are_the_acknowledged_ones() -> None:
    whole = row()
    assert whole.green and not whole.needs_reason
    assert (whole.captured, whole.arrived, whole.in_transit, whole.missing) == (20, 20, 0, 0)


@pytest.mark.parametrize(
    ("more", "standing"),
    [
        ({"report": None}, Standing.NOT_REPORTED),
        ({"report": report(hour=16.99)}, Standing.NOT_REPORTED),
        ({"report": report(hour=17)}, Standing.COMPLETE),
        ({"report": report(digest="other")}, Standing.CHAIN_DIFFERS),
        ({"acknowledged": 15, "counter_reached": 15, "digest_at_report": None}, Standing.MISSING),
        # something of that day came after the report: the report is not of the last counter
        ({"acknowledged": 21, "counter_reached": 21}, Standing.NOT_REPORTED),
        # later days have brought more; the day's report is still what it was
        ({"acknowledged": 50}, Standing.COMPLETE),
        ({"report": report(counter=0, digest="d0"), "acknowledged": 0, "counter_told": 0, "counter_reached": 0,
          "digest_at_report": "d0"}, Standing.COMPLETE),
    ],
)  # fmt: skip
def test_what_is_proven(more: dict[str, Any], standing: Standing) -> None:
    found = row(**more)
    assert found.standing is standing
    assert found.green is (standing is Standing.COMPLETE)
    assert found.needs_reason is (standing is not Standing.COMPLETE)


def test_missing_comes_from_counters_whatever_the_device_says_of_its_outbox() -> None:
    found = row(
        acknowledged=15, counter_reached=15, digest_at_report=None, report=report(pending=2), counter_told=20
    )
    assert (found.captured, found.arrived, found.missing, found.in_transit) == (20, 15, 5, 2)
    boasting = row(
        acknowledged=15, counter_reached=15, digest_at_report=None, report=report(pending=99), counter_told=20
    )
    assert (boasting.missing, boasting.in_transit) == (5, 5)
    silent = row(report=None, acknowledged=15, counter_reached=15, counter_told=18)
    assert (silent.standing, silent.missing) == (Standing.NOT_REPORTED, 3)


def test_a_device_that_enrolled_later_does_not_count() -> None:
    assert decide_row(facts(enrolled_ms=START_MS + DAY_MS), DAY, REPORTING_MS) is None
    assert decide_row(facts(enrolled_ms=START_MS + DAY_MS - 1), DAY, REPORTING_MS) is not None


def test_a_continued_identity_is_never_unreported_but_misses_what_nobody_brought() -> None:
    closed = {"report": None, "closed_ms": START_MS + HOUR_MS, "continued_counter": 25}
    found = row(**closed)
    assert (found.standing, found.captured, found.missing, found.needs_reason) == (
        Standing.CONTINUED,
        25,
        5,
        True,
    )
    brought = row(**closed, arrived_elsewhere=5)
    assert (brought.missing, brought.needs_reason, brought.green) == (0, False, False)
    assert row(**closed, arrived_elsewhere=9).missing == 0
    assert row(**closed, explained=5).needs_reason is False
    assert row(**closed, explained=4).needs_reason is True


def test_a_continued_identity_leaves_the_list_when_nothing_of_it_is_open() -> None:
    before = {"report": None, "closed_ms": START_MS - 1, "continued_counter": 20}
    assert decide_row(facts(**before), DAY, REPORTING_MS) is None
    assert row(**before, unsettled=1).standing is Standing.CONTINUED
    assert row(**(before | {"continued_counter": 21})).missing == 1


def test_a_phone_that_was_continued_later_keeps_what_it_proved_on_the_day() -> None:
    assert row(closed_ms=START_MS + 2 * DAY_MS).standing is Standing.COMPLETE
    assert row(closed_ms=START_MS + 2 * DAY_MS, report=None).standing is Standing.CONTINUED


def test_a_revoked_phone_is_unknown_and_explained_once() -> None:
    revoked = {"revoked_ms": START_MS - DAY_MS}
    assert row(**revoked).standing is Standing.REVOKED and not row(**revoked).green
    assert row(**revoked).needs_reason
    assert not row(**revoked, explained=0).needs_reason
    more = row(**revoked, explained=0, acknowledged=15, counter_reached=15)
    assert more.missing == 5 and more.needs_reason
    assert row(revoked_ms=START_MS + DAY_MS).standing is Standing.COMPLETE


def test_what_was_held_or_rejected_on_the_day_needs_a_reason_and_an_older_one_is_only_shown() -> None:
    assert row(unsettled=1).green and not row(unsettled=1).needs_reason
    fresh = row(unsettled=1, unsettled_of_day=1)
    assert fresh.green and fresh.needs_reason


def test_figures_are_integers_and_text_so_that_they_can_be_signed() -> None:
    plain = msgspec.to_builtins(row())
    assert plain["standing"] == "complete" and plain["contact_at"] == "2026-11-22T16:00:00.000Z"
    assert {type(value) for value in plain.values()} <= {int, str, bool, type(None)}
