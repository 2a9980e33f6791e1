"""Visits written up later (补记) belong to a round as if they had been captured on the way (decision 20)."""

from collections.abc import Callable

from sync.clock import moment
from sync.counting_facts import occurred_ms
from tests.field_client.field_world import Phone
from tests.server.sync_village import GRID_1, NOW_MS, household_id

HOUR_MS = 3_600_000
Make = Callable[..., Phone]


def later(wang: Phone, door: int, at_ms: int) -> str:
    """The round of a visit that is written up now."""
    captured = wang.device.visits.later(household_id(GRID_1, door), moment(at_ms), {"outcome": "met"})
    return str(wang.device.record("visit", captured.record).values["round"])


def test_it_joins_the_round_that_was_open_or_began_soon_after(phone: Make) -> None:
    wang = phone().enrol()
    wang.village.later(5 * HOUR_MS)
    begun = wang.device.visits.start_round(started_at=moment(NOW_MS)).record
    assert later(wang, 0, NOW_MS + 2 * HOUR_MS) == begun
    # the round closes by itself 3 hours after its last visit, which is now the one just written up
    assert later(wang, 1, NOW_MS + 4 * HOUR_MS) == begun
    assert later(wang, 2, NOW_MS - 3 * HOUR_MS) == begun


def test_it_opens_a_round_of_its_time_where_there_was_none(phone: Make) -> None:
    wang = phone().enrol()
    at_ms = NOW_MS - 24 * HOUR_MS
    opened = wang.device.record("round", later(wang, 0, at_ms))
    assert opened.values["started_at"] == moment(at_ms)
    assert later(wang, 1, at_ms + HOUR_MS) == opened.id
    assert later(wang, 2, at_ms - 4 * HOUR_MS) != opened.id
    assert wang.device.visits.open_round() is None


def test_the_time_that_a_person_names_is_right_on_a_phone_whose_clock_is_wrong(phone: Make) -> None:
    wang = phone().enrol()
    wang.times.wall_error_ms = 26 * HOUR_MS
    wang.device.sync()
    captured = wang.device.visits.later(household_id(GRID_1, 0), moment(NOW_MS - HOUR_MS), {"outcome": "met"})
    visit = wang.device.record("visit", captured.record)
    assert occurred_ms(visit) == NOW_MS - HOUR_MS
    assert visit.values["started_at"] == moment(NOW_MS + 25 * HOUR_MS)
