"""What leaves a device's sight and what comes into it: grids, villages, holders, covers, cases carried elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.sync_device import Refused, SyncDevice
from tests.server.sync_village import (
    DAY_MS,
    GRID_1,
    GRID_2,
    NEXT_GRID,
    NEXT_VILLAGE,
    VILLAGE,
    TinyVillage,
    faults_of,
    household_id,
    resident_id,
    small_catalogue,
    tiny_village,
)

HOUSEHOLD = household_id(GRID_1, 0)
FAMILY = {HOUSEHOLD, resident_id(GRID_1, 0, 0), resident_id(GRID_1, 0, 1)}


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path) as village:
        yield village
        assert faults_of(village) == []


def enrolled(village: TinyVillage, username: str) -> SyncDevice:
    device = SyncDevice(village.client, username, lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    device.sync()
    return device


def move(device: SyncDevice, to: str) -> None:
    device.change(HOUSEHOLD, **({"grid": to} if to.startswith(VILLAGE) else {"grid": to, "village": to[:12]}))


def hand_over(village: TinyVillage, device: SyncDevice, case: str, to: str) -> None:
    receiver = village.workers[to]
    entry = {"giver": device.worker["id"], "receiver": receiver, "reason": "请假", "at": village.moment()}
    device.change(case, holder=receiver, handovers=[entry])


def open_case(village: TinyVillage, device: SyncDevice) -> str:
    worker = device.worker["id"]
    return device.create(
        "case",
        item="allowance",
        item_version=1,
        state="registered",
        captured_at=village.moment(),
        household=HOUSEHOLD,
        resident=resident_id(GRID_1, 0, 0),
        applicant_name="申请人",
        holder=worker,
        first_contact=worker,
    ).record


def test_a_household_that_changes_its_grid_changes_hands(village: TinyVillage) -> None:
    wang, li = enrolled(village, "wang"), enrolled(village, "li")
    assert wang.copy.keys() >= FAMILY and not FAMILY & li.copy.keys()
    move(wang, GRID_2)
    wang.sync()
    li.pull_all()
    assert li.copy.keys() >= FAMILY and not FAMILY & wang.copy.keys()


def test_a_household_that_moves_to_another_village(village: TinyVillage) -> None:
    wang, neighbour = enrolled(village, "wang"), enrolled(village, "neighbour")
    move(wang, NEXT_GRID)
    wang.sync()
    neighbour.pull_all()
    assert neighbour.copy.keys() >= FAMILY and not FAMILY & wang.copy.keys()
    gone = village.rows("SELECT count(*) FROM departures WHERE village = ?", VILLAGE)
    assert gone == [(3,)]
    neighbour.change(HOUSEHOLD, note="已迁入")
    neighbour.push()
    assert village.record(HOUSEHOLD).village == NEXT_VILLAGE


def test_a_case_handed_over_brings_what_it_needs_and_takes_it_away_again(village: TinyVillage) -> None:
    wang, li = enrolled(village, "wang"), enrolled(village, "li")
    case = open_case(village, wang)
    needs = {case, HOUSEHOLD, resident_id(GRID_1, 0, 0)}
    hand_over(village, wang, case, "li")
    wang.sync()
    li.pull_all()
    assert li.copy.keys() & (FAMILY | {case}) == needs, "the household and the resident, not the whole family"
    li.change(HOUSEHOLD, note="来办件的")
    assert li.push()[0]["outcome"] == "held", "seeing it is not having its grid"
    village.later()
    entries = [*li.see(case).values["handovers"], {
        "giver": village.workers["li"], "receiver": village.workers["wang"], "reason": "销假", "at": village.moment(),
    }]  # fmt: skip
    li.change(case, holder=village.workers["wang"], handovers=entries)
    li.sync()
    assert not li.copy.keys() & (FAMILY | {case})
    wang.pull_all()
    assert wang.copy.keys() >= needs


def test_what_a_case_needs_follows_its_holder_through_a_move_of_the_household(village: TinyVillage) -> None:
    wang, li = enrolled(village, "wang"), enrolled(village, "li")
    case = open_case(village, wang)
    wang.sync()
    move(wang, NEXT_GRID)
    wang.sync()
    assert wang.copy.keys() & (FAMILY | {case}) == {case, HOUSEHOLD, resident_id(GRID_1, 0, 0)}
    assert NEXT_VILLAGE in wang.villages() and wang.grids(NEXT_VILLAGE) == frozenset()
    assert not li.copy.keys() & FAMILY


def test_an_entry_in_a_departures_place_carries_the_version_of_the_village_where_it_is(
    village: TinyVillage,
) -> None:
    wang = enrolled(village, "wang")
    open_case(village, wang)
    wang.sync()
    before = wang.cursors[VILLAGE]
    move(wang, NEXT_GRID)
    wang.push()
    wang.status()
    query = {"village": VILLAGE, "after": before}
    entries = wang.call("GET", "/changes", params=query).json()["records"]
    version, record = village.records(NEXT_VILLAGE)[HOUSEHOLD]
    told = {(one["village"], one["version"]) for one in entries if one["id"] == HOUSEHOLD}
    assert told == {(NEXT_VILLAGE, version)} and record.village == NEXT_VILLAGE
    sql = "SELECT version FROM departures WHERE village = ? AND record = ?"
    departed = village.rows(sql, VILLAGE, HOUSEHOLD)
    assert departed and (version,) not in departed


def test_a_closed_case_still_shows_whom_it_was_for(village: TinyVillage) -> None:
    wang = enrolled(village, "wang")
    case = open_case(village, wang)
    wang.change(case, state="finished")
    wang.sync()
    move(wang, GRID_2)
    wang.sync()
    assert wang.copy.keys() & (FAMILY | {case}) == {case, HOUSEHOLD, resident_id(GRID_1, 0, 0)}


def test_a_cover_begins_with_its_scope_number_and_ends_with_the_day(village: TinyVillage) -> None:
    lead, li = enrolled(village, "lead"), enrolled(village, "li")
    number, today = li.scope["number"], village.today.isoformat()
    lead.create(
        "assignment", worker=village.workers["li"], grid=GRID_1, from_day=today, to_day=today, cover=True
    )
    lead.push()
    with_old_number = li.cursors[VILLAGE]
    page = li.call("GET", "/changes", params={"village": VILLAGE, "after": with_old_number}).json()
    assert page["scope"] == number + 1, "a page says under which scope it was made"
    li.pull_all()
    assert li.grids(VILLAGE) == {GRID_1, GRID_2} and li.copy.keys() >= FAMILY
    case = open_case(village, li)
    li.sync()
    village.later(DAY_MS)
    li.pull_all()
    assert li.scope["number"] == number + 2 and li.grids(VILLAGE) == {GRID_2}
    assert li.copy.keys() & (FAMILY | {case}) == {case, HOUSEHOLD, resident_id(GRID_1, 0, 0)}


def test_work_done_under_a_cover_is_taken_in_after_it_ended(village: TinyVillage) -> None:
    lead, li = enrolled(village, "lead"), enrolled(village, "li")
    day = village.today
    lead.create(
        "assignment", worker=village.workers["li"], grid=GRID_1, from_day=day.isoformat(),
        to_day=day.isoformat(), cover=True,
    )  # fmt: skip
    lead.push()
    li.pull_all()
    li.change(HOUSEHOLD, note="代班时所见")
    village.later(3 * DAY_MS)
    assert li.push()[0]["outcome"] == "applied"
    li.pull_all()
    assert HOUSEHOLD not in li.copy


def test_a_village_that_is_not_followed_is_refused(village: TinyVillage) -> None:
    wang = enrolled(village, "wang")
    for path in ("/changes", "/segments", "/live"):
        with pytest.raises(Refused) as caught:
            wang.call("GET", path, params={"village": NEXT_VILLAGE})
        assert (caught.value.status, caught.value.code) == (403, "forbidden")


@pytest.mark.parametrize("cursor", ["", "x", "{epoch}", "{epoch}.", "{epoch}.99999", "{epoch}.-1", "0123456789ab.1",
                                    "{epoch}.1e3", "{epoch}." + "9" * 40])  # fmt: skip
def test_a_cursor_that_is_none_of_this_epoch(village: TinyVillage, cursor: str) -> None:
    wang = enrolled(village, "wang")
    after = cursor.replace("{epoch}", wang.epoch)
    with pytest.raises(Refused) as caught:
        wang.call("GET", "/changes", params={"village": VILLAGE, "after": after})
    assert (caught.value.status, caught.value.code) == (410, "cursor-expired")


def test_nothing_new_is_a_short_reply_with_one_hash(village: TinyVillage) -> None:
    wang = enrolled(village, "wang")
    reply = wang.call("GET", "/changes", params={"village": VILLAGE, "after": wang.cursors[VILLAGE]})
    assert len(reply.content) <= 350 and reply.headers["cache-control"] == "no-store"
    page = reply.json()
    assert page["records"] == [] and page["more"] is False
    wang.compare(VILLAGE, page)
