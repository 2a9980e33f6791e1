"""What holds for every story, not only for those somebody thought of."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.apply import Outcome
from sync.clock import AHEAD_MS_MAX, Clock, adopted, capped, next_reading, parse_clock, set_back
from sync.record import Record, record_bytes
from tests.sync.memory_phone import Phone, village
from tests.sync.memory_world import GRID, GRID_2, MINUTE_MS, NEXT_GRID, NEXT_VILLAGE, NOW_MS, VILLAGE, Intake

FIELDS = ("name", "note", "house_number", "address")
EDITS = st.lists(st.tuples(st.sampled_from(FIELDS), st.integers(0, 3 * MINUTE_MS)), max_size=4)
MEMBERS = st.sets(st.sampled_from("abcd"), max_size=3).map(sorted)


def edited(edits: list[list[tuple[str, int]]]) -> tuple[list[Phone], Intake, str]:
    """Phones that each captured a chain of edits offline, every edit to a text of its own."""
    phones = [Phone(f"phone-{number}", f"w{number}") for number in range(len(edits))]
    intake, household = village(*phones)
    for phone, chain in zip(phones, edits, strict=True):
        for place, (field, wait) in enumerate(chain):
            phone.later(wait)
            phone.change(household, **{field: f"{phone.author.device}-{place}"})
    return phones, intake, household


@settings(max_examples=150)
@given(st.lists(EDITS, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_descriptive_fields_come_out_the_same_in_any_order_of_arrival(
    edits: list[list[tuple[str, int]]], random: Any
) -> None:
    """Each phone's chain in its own order, interleaved anyhow: the same values, and who set them, and when."""
    results = []
    for shuffled in (False, True):
        phones, intake, household = edited(edits)
        turns = [phone for phone in phones for _ in phone.captured]
        if shuffled:
            random.shuffle(turns)
        for phone in phones:
            intake.world.had[phone.author.worker].add(GRID)
        received = dict.fromkeys(phones, 0)
        for phone in turns:
            at = received[phone]
            received[phone] += 1
            (applied,) = intake.push(phone.author, phone.captured[at : at + 1], NOW_MS + 60 * MINUTE_MS)
            assert applied.outcome in (Outcome.APPLIED, Outcome.MERGED)
        record = intake.world.get(household)
        assert record is not None
        results.append((record.values, record.clocks, record.revision))
    assert results[0] == results[1]


@given(st.lists(st.tuples(MEMBERS, MEMBERS), min_size=1, max_size=4))
def test_a_set_is_what_the_servers_order_makes_of_it(changes: list[tuple[list[str], list[str]]]) -> None:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    expected: set[str] = set()
    for add, remove in changes:
        phone.change(household, tags={"add": add, "remove": remove})
        expected = (expected | set(add)) - set(remove)
    phone.push(intake)
    record = intake.world.get(household)
    assert record is not None
    assert record.values.get("tags", []) == sorted(expected)


class Day:
    """A day offline: what a worker does, drawn at random, on one phone."""

    def __init__(self) -> None:
        self.phone = Phone("phone-1", "w1", grids=(GRID, GRID_2, NEXT_GRID))
        self.intake, first = village(self.phone)
        self.households = [first]
        self.residents: list[str] = []
        self.cases: list[str] = []
        self.written: list[str] = []

    def pick(self, ids: list[str], number: int) -> str:
        return ids[number % len(ids)]

    def household(self, number: int) -> None:
        grid = (GRID, GRID_2)[number % 2]
        self.households.append(
            self.phone.create("household", name=f"户{number}", address="1号", grid=grid, tags=["b", "a"])
        )

    def resident(self, number: int) -> None:
        self.residents.append(
            self.phone.create("resident", household=self.pick(self.households, number), name=f"人{number}")
        )

    def case(self, number: int) -> None:
        belongs: dict[str, str] = {}
        if number % 3 and self.residents:
            belongs["resident"] = self.pick(self.residents, number)
        if number % 2:
            belongs["household"] = self.pick(self.households, number)
        self.cases.append(
            self.phone.create(
                "case",
                item="allowance",
                item_version=1,
                state="registered",
                applicant_name=f"申请人{number}",
                first_contact="w1",
                captured_at="2026-11-23T08:00:00Z",
                **belongs,
            )
        )

    def finish(self, number: int) -> None:
        if (
            self.cases
            and self.phone.see(case := self.pick(self.cases, number)).values["state"] == "registered"
        ):
            self.phone.change(case, state="finished")

    def hand_over(self, number: int) -> None:
        if not self.cases:
            return
        values = self.phone.see(case := self.pick(self.cases, number)).values
        giver = values.get("holder", "w1")
        entry = {"giver": giver, "receiver": f"w{number + 2}", "reason": "请假", "at": "2026-11-23T08:10:00Z"}
        if giver != entry["receiver"]:
            handovers = [*values.get("handovers", []), entry]
            self.phone.change(case, holder=entry["receiver"], handovers=handovers)

    def task(self, number: int) -> None:
        belongs = {"case": self.pick(self.cases, number)} if self.cases else {}
        self.written.append(self.phone.create("task", title=f"任务{number}", holder="w1", **belongs))

    def visit(self, number: int) -> None:
        household = self.pick(self.households, number)
        shown = self.phone.see(household)
        if shown.village == VILLAGE:
            fields = {"worker": "w1", "grid": shown.grid, "household": household, "outcome": "met"}
            self.phone.create("visit", **fields, started_at="2026-11-23T08:00:00Z")

    def move(self, number: int) -> None:
        household = self.pick(self.households, number)
        grid = (GRID, GRID_2, NEXT_GRID)[number % 3]
        village_of = NEXT_VILLAGE if grid == NEXT_GRID else VILLAGE
        self.phone.change(household, grid=grid, village=village_of)

    def move_resident(self, number: int) -> None:
        if self.residents:
            resident = self.pick(self.residents, number)
            self.phone.change(resident, household=self.pick(self.households, number // 2))

    def merge(self, number: int) -> None:
        alive = [one for one in self.residents if "merged_into" not in self.phone.see(one).values]
        if len(alive) > 1:
            gone = self.pick(alive, number)
            self.phone.change(gone, merged_into=next(one for one in alive if one != gone))

    def rename(self, number: int) -> None:
        record = self.pick(self.households + self.residents, number)
        self.phone.change(record, name=f"改名{number}", note="长" * (number * 20))

    def tag(self, number: int) -> None:
        change = {"add": [f"t{number}"], "remove": ["a"]}
        self.phone.change(self.pick(self.households, number), tags=change)

    def void(self, number: int) -> None:
        record = self.pick(self.households + self.residents + self.cases, number)
        if self.phone.see(record).void is None:
            self.phone.void(record)


DEEDS = [name for name in vars(Day) if not name.startswith("_") and name != "pick"]


def differing(shown: dict[str, Record], world: dict[str, Record]) -> list[tuple[bytes, bytes]]:
    """Records that the phone and the server do not have alike; times of receipt are the server's own."""
    pairs = []
    for identifier, record in shown.items():
        mine, theirs = record, world[identifier]
        mine.received_ms = theirs.received_ms = 0
        if record_bytes(mine) != record_bytes(theirs):
            pairs.append((record_bytes(mine), record_bytes(theirs)))
    return pairs


def found_by_phone(identifier: str, record: Record, mine: dict[str, Record]) -> bool:
    """Everything but a suspected duplicate that the phone was not told of: only the server looks for them."""
    return record.kind != "duplicate" or identifier in mine


@settings(max_examples=250)
@given(
    st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 9)), min_size=1, max_size=14),
    st.integers(0, 14),
)
def test_what_a_phone_shows_is_what_the_server_will_hold(deeds: list[tuple[str, int]], first: int) -> None:
    """Where nobody else writes: some of it synced before, the rest pending."""
    day = Day()
    for place, (deed, number) in enumerate(deeds):
        if place == first:
            day.phone.sync(day.intake)
        day.phone.later(1000)
        getattr(day, deed)(number)
    shown = day.phone.view().changed
    copy = day.phone.copy
    applied = day.phone.push(day.intake)
    assert {one.outcome for one in applied} <= {Outcome.APPLIED, Outcome.MERGED}
    world = day.intake.world.records()
    assert differing(shown, world) == []
    mine = copy | shown
    assert {one: record.revision for one, record in world.items() if found_by_phone(one, record, mine)} == {
        one: record.revision for one, record in mine.items()
    }


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 9)), min_size=1, max_size=10))
def test_handing_everything_in_again_changes_nothing(deeds: list[tuple[str, int]]) -> None:
    day = Day()
    for deed, number in deeds:
        getattr(day, deed)(number)
    author, captured = day.phone.author, day.phone.captured
    day.phone.push(day.intake)
    before = dict(day.intake.world.bodies), dict(day.intake.world.versions)
    day.intake.push(author, captured, NOW_MS + MINUTE_MS)
    assert (day.intake.world.bodies, day.intake.world.versions) == before


TIMES = st.integers(NOW_MS - 20 * MINUTE_MS, NOW_MS + 20 * MINUTE_MS)
CLOCKS = st.builds(Clock, TIMES, st.integers(0, 0xFFFF))


@given(CLOCKS, st.lists(st.one_of(TIMES, CLOCKS), max_size=20))
def test_a_devices_clock_only_goes_forward_whatever_the_phone_says_and_it_sees(
    reading: Clock, happenings: list[int | Clock]
) -> None:
    now = NOW_MS
    for happening in happenings:
        if isinstance(happening, Clock):
            after = adopted(reading, happening, now)
            assert after in (reading, happening)
            assert after.ms <= max(reading.ms, now + AHEAD_MS_MAX)
            assert after >= reading
        else:
            now = happening
            after = next_reading(reading, now)
            assert after > reading
            assert str(after) > str(reading)
            assert parse_clock(str(after)) == after
        reading = after


@given(CLOCKS, TIMES)
def test_after_an_exchange_a_clock_is_never_far_ahead_of_the_server(reading: Clock, server_ms: int) -> None:
    assert set_back(reading, server_ms).ms <= server_ms + AHEAD_MS_MAX


@given(CLOCKS, CLOCKS, TIMES)
def test_capping_keeps_the_order_of_what_is_not_capped_and_never_looks_into_the_future(
    one: Clock, other: Clock, receipt_ms: int
) -> None:
    first, second = (capped(str(clock), receipt_ms) for clock in (one, other))
    for counted in (first, second):
        assert parse_clock(counted).ms <= receipt_ms + AHEAD_MS_MAX
        assert capped(counted, receipt_ms) == counted
    if first == str(one) and second == str(other):
        assert (first < second) == (one < other)
