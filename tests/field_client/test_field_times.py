"""A wrong clock harms nothing: the hybrid clock never goes back, and what occurred is told by corrected time."""

from collections.abc import Callable

from field_client.times import Anchor, SystemTimes, read_times
from sync.clock import moment, parse_clock
from tests.field_client.field_world import Phone
from tests.server.sync_village import DAY_MS, GRID_1, HOUR_MS, NOW_MS, household_id

Make = Callable[..., Phone]
HOME = household_id(GRID_1, 0)


def test_a_phone_a_day_wrong_captures_at_the_servers_time(phone: Make) -> None:
    wang = phone()
    wang.times.wall_error_ms = DAY_MS
    wang.enrol()
    entry = wang.device.visits.record(HOME, {"outcome": "met"}).entry
    operation = entry.operation
    assert operation.offset_ms == DAY_MS
    assert operation.clock[:24] == moment(NOW_MS)
    assert operation.fields["started_at"] == moment(NOW_MS + DAY_MS)
    wang.device.sync()
    log = wang.device.day_log.of(wang.device.today())
    assert (len(log.visits), log.households.number, log.rounds.number) == (1, 1, 1)


def test_a_clock_set_back_between_captures_is_noticed_and_the_hybrid_clock_goes_on(phone: Make) -> None:
    wang = phone().enrol()
    clocks = [wang.device.households.change(HOME, {"note": "一"}).entry.operation.clock]
    wang.times.wall_error_ms = -DAY_MS
    wang.village.later(60_000)
    entry = wang.device.households.change(HOME, {"note": "二"}).entry
    clocks.append(entry.operation.clock)
    assert entry.operation.offset_ms == -DAY_MS
    assert wang.device.status().jumped_ms == -DAY_MS or wang.device.status().offset_ms == -DAY_MS
    wang.restart()
    clocks.append(wang.device.households.change(HOME, {"note": "三"}).entry.operation.clock)
    assert clocks == sorted(clocks) and len(set(clocks)) == 3
    assert clocks[1][:24] == moment(NOW_MS + 60_000)
    assert wang.device.sync().counts == {"applied": 3}


def test_set_back_while_it_was_off_the_hybrid_clock_still_goes_on(phone: Make) -> None:
    wang = phone().enrol()
    first = wang.device.households.change(HOME, {"note": "一"}).entry.operation.clock
    wang.times.boot_id, wang.times.wall_error_ms = "boot-2", -3 * DAY_MS
    second = wang.device.households.change(HOME, {"note": "二"}).entry.operation.clock
    assert parse_clock(second) > parse_clock(first)
    assert wang.device.status().jumped_ms < 0
    wang.device.sync()
    assert wang.device.status().offset_ms == -3 * DAY_MS
    third = wang.device.households.change(HOME, {"note": "三"}).entry.operation.clock
    assert parse_clock(third) > parse_clock(second)


def test_a_clock_that_ran_ahead_is_brought_back_to_the_servers(phone: Make) -> None:
    wang = phone().enrol()
    wang.device.store.set_meta("clock", f"{moment(NOW_MS + 5 * DAY_MS)}/0000")
    wang.device.sync()
    clock = wang.device.households.change(HOME, {"note": "一"}).entry.operation.clock
    assert clock[:24] <= moment(NOW_MS + HOUR_MS)


def test_drift_is_no_jump() -> None:
    times = SystemTimes()
    anchor = Anchor(times.boot(), times.wall_ms() - 1500, times.monotonic_ms() - 1000, 250)
    reading = read_times(times, anchor)
    assert (reading.offset_ms, reading.anchor.jumped_ms) == (250, 0)
