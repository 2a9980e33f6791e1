"""A worker who knows an id, or means ill, gets nothing by it: no record of others, no say over what others signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.own_device import Draft
from sync.ids import derived
from tests.server.sync_device import SyncDevice
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


def case_of(village: TinyVillage, device: SyncDevice, **more: Any) -> str:
    worker = device.worker["id"]
    fields = {"item": "allowance", "item_version": 1, "state": "registered", "captured_at": village.moment()}
    return device.create("case", **(fields | {"holder": worker, "first_contact": worker} | more)).record


def told(device: SyncDevice) -> tuple[str, list[str]]:
    """Push what waits; the last outcome and the codes of its problems."""
    last = device.push()[-1]
    device.pull_all()
    return last["outcome"], [problem["code"] for problem in last.get("problems", ())]


@pytest.mark.parametrize("grid", [GRID_1, NEXT_GRID])
@pytest.mark.parametrize("field", ["household", "resident"])
@pytest.mark.parametrize("kind", ["case", "task"])
@pytest.mark.parametrize("later", [False, True], ids=["in the create", "in a change"])
def test_naming_a_record_of_others_does_not_bring_it(
    village: TinyVillage, grid: str, field: str, kind: str, later: bool
) -> None:
    li = enrolled(village, "li")
    target = household_id(grid, 0) if field == "household" else resident_id(grid, 0, 0)
    own = {"household": household_id(GRID_2, 0), "resident": resident_id(GRID_2, 0, 0)}
    named = own if later else own | {field: target}
    if kind == "case":
        record = case_of(village, li, **named)
    else:
        fields = {"type": "other", "title": "回访", "holder": li.worker["id"], "state": "open"}
        record = li.create("task", **fields, **named).record
    if later:
        assert told(li) == ("applied", [])
        li.change(record, **{field: target})
    assert told(li) == ("held", [])
    assert target not in li.copy
    assert village.rows("SELECT 1 FROM grants WHERE record = ?", target) == []
    assert NEXT_VILLAGE not in li.villages()


def test_what_a_case_in_hand_needs_may_be_named_again(village: TinyVillage) -> None:
    wang, li = enrolled(village, "wang"), enrolled(village, "li")
    resident = resident_id(GRID_1, 0, 0)
    case = case_of(village, wang, resident=resident)
    entry = {
        "giver": wang.worker["id"],
        "receiver": li.worker["id"],
        "reason": "请假",
        "at": village.moment(),
    }
    wang.change(case, holder=li.worker["id"], handovers=[entry])
    assert told(wang)[0] == "applied"
    li.pull_all()
    li.create("task", type="follow_up", title="回访", holder=li.worker["id"], resident=resident, state="open")
    assert told(li) == ("applied", [])


def test_a_walk_in_applicants_case_is_its_holders_alone(village: TinyVillage) -> None:
    wang, li = enrolled(village, "wang"), enrolled(village, "li")
    case = case_of(village, wang, applicant_name="来访人")
    assert told(wang) == ("applied", [])
    li.capture(kind="case", action="change", record=case, seen={"note": None}, fields={"note": "改掉"})
    assert told(li) == ("held", [])
    assert "note" not in village.record(case).values


def test_a_signed_day_is_nobody_elses_to_change_or_take_back(village: TinyVillage) -> None:
    lead, li = enrolled(village, "lead"), enrolled(village, "li")
    day = village.today.isoformat()
    record = derived("day-signature", VILLAGE, day)
    figures = {"rows": []}
    fields = {"day": day, "outgoing": lead.worker["id"], "signed_at": village.moment(), "figures": figures}
    lead.capture(id=record, kind="day-signature", action="create", record=record, fields=fields)
    assert told(lead) == ("applied", [])
    li.pull_all()
    li.change(record, figures={"rows": [{"device": "x", "acknowledged": 9}]})
    assert told(li) == ("rejected", ["already-signed"])
    li.change(record, **{"reasons/x": "没有缺失"})
    assert told(li) == ("rejected", ["already-signed"])
    li.void(record)
    assert told(li)[0] == "held"  # behind the first, which the worker has to take back
    other = enrolled(village, "wang")
    other.void(record)
    assert told(other) == ("rejected", ["already-signed"])
    assert village.record(record).values["figures"] == figures and village.record(record).void is None


def test_a_lead_who_once_had_a_grid_elsewhere_leads_nothing_there(village: TinyVillage) -> None:
    past = {
        "worker": village.workers["lead"],
        "grid": NEXT_GRID,
        "from_day": "2026-01-01",
        "to_day": "2026-02-01",
    }
    neighbours = _drafts(village, "assignment", NEXT_VILLAGE, past)
    assert neighbours == ["applied"]
    lead = enrolled(village, "lead")
    lead.create(
        "assignment",
        village=NEXT_VILLAGE,
        worker=lead.worker["id"],
        grid=NEXT_GRID,
        from_day=village.today.isoformat(),
    )
    assert told(lead) == ("rejected", ["no-right"])
    lead.create("rota", village=NEXT_VILLAGE, day=village.today.isoformat(), window=[lead.worker["id"]])
    assert told(lead) == ("rejected", ["no-right"])


def test_a_clock_in_the_future_gives_no_rights_of_a_day_to_come(village: TinyVillage) -> None:
    wang = enrolled(village, "wang")
    tomorrow = village.moment(DAY_MS)[:10]
    day = {"day": tomorrow, "window": [wang.worker["id"]]}
    assert _drafts(village, "rota", VILLAGE, day) == ["applied"]
    case = case_of(village, wang, item="report", resident=resident_id(GRID_1, 0, 0))
    assert told(wang) == ("applied", [])
    wang.capture(
        kind="case",
        action="change",
        record=case,
        clock=f"{village.moment(DAY_MS)}/0000",
        seen={"state": "registered"},
        fields={"state": "transferred"},
    )
    assert told(wang) == ("rejected", ["wrong-actor", "reason-required"])


def test_a_second_record_under_an_id_of_another_village_blocks_nobody(village: TinyVillage) -> None:
    li, neighbour = enrolled(village, "li"), enrolled(village, "neighbour")
    household = household_id(NEXT_GRID, 0)
    fields = {"name": "冒用编号", "address": "演示路1号", "grid": GRID_2}
    li.capture(id=household, kind="household", action="create", fields=fields)
    assert told(li) == ("applied", [])
    neighbour.change(household, grid=GRID_2, village=VILLAGE)
    neighbour.change(household_id(NEXT_GRID, 1), phone="19900001111")
    assert [entry["outcome"] for entry in neighbour.push()] == ["held", "applied"]
    found = village.rows("SELECT village FROM records WHERE id = ? ORDER BY village", household)
    assert found == [(VILLAGE,), (NEXT_VILLAGE,)]


def _drafts(village: TinyVillage, kind: str, where: str, fields: dict[str, Any]) -> list[str]:
    drafts = [Draft(kind=kind, village=where, fields=fields)]
    return [entry.outcome for entry in village.write(drafts, village.now_ms)]


def test_a_colleague_cannot_mend_away_what_another_captured(village: TinyVillage) -> None:
    wang, li = enrolled(village, "wang"), enrolled(village, "li")
    wrong = wang.create("household", name="", address="演示路9号", grid=GRID_1)
    assert told(wang)[0] == "rejected"
    fields = {"name": "别的", "address": "演示路1号", "grid": GRID_2}
    li.capture(kind="household", action="create", record=wrong.record, mends=wrong.id, fields=fields)
    assert told(li) == ("rejected", ["already-mended"])
    assert village.rows("SELECT device FROM unsettled WHERE id = ?", wrong.id) == [(wang.device,)]
    right = {"name": "补全", "address": "演示路9号", "grid": GRID_1}
    wang.capture(kind="household", action="create", record=wrong.record, mends=wrong.id, fields=right)
    assert told(wang) == ("applied", [])
