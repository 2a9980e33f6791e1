"""Grids on pages: what a change touches before it is confirmed, undoing it, visit classes, a new colleague's name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server.store.audit import entries
from sync.chain import digest_of
from tests.server.desk_pages_client import Browser, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_village import DAY_MS, GRID_1, PASSWORD, VILLAGE, faults_of, household_id


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        yield village


def wanted(village: DeskVillage, **more: Any) -> dict[str, Any]:
    given = {"grid": GRID_1, "worker": village.workers["li"], "way": "hand_over"}
    return {**given, "from_day": village.tomorrow.isoformat(), "to_day": "", "reason": "调岗", **more}


def holders(village: DeskVillage) -> list[tuple[Any, ...]]:
    query = "SELECT worker, to_day FROM assignments WHERE grid = ? AND NOT void ORDER BY from_day"
    names = {identifier: name for name, identifier in village.workers.items()}
    return [(names[worker], to_day) for worker, to_day in village.rows(query, GRID_1)]


def grids_of(phone: Any) -> set[str]:
    return {grid for village in phone.status()["scope"]["villages"] for grid in village["grids"]}


def test_a_handover_shows_whom_it_touches_and_is_undone_whole(village: DeskVillage) -> None:
    phone = village.phone("wang")
    phone.change(household_id(GRID_1, 0), note="还没上传")
    last = digest_of(phone.captured[-1])
    phone.call("POST", "/status", json={"counter": 1, "digest": last, "pending_operations": 1})
    lead = Browser(village, "lead")
    preview = lead.send(lead.get("grids"), "grids/preview", **wanted(village)).text
    words = plain(preview)
    assert holders(village) == [("wang", None)]  # nothing is written by looking
    assert "还有 1 条没上传" in words and "手机会下载这个网格的 3 户" in words
    done = lead.send(preview, "grids/change")
    assert holders(village) == [("wang", village.today.isoformat()), ("li", None)]
    assert "分工已改" in done.text
    lead.send(done.text, "grids/undo")
    assert holders(village) == [("wang", None)]
    assert faults_of(village) == []


def test_devices_learn_of_a_cover_and_of_its_end(village: DeskVillage) -> None:
    phone = village.phone("li")
    lead = Browser(village, "lead")
    asked = wanted(
        village, way="cover", from_day=village.today.isoformat(), to_day=village.tomorrow.isoformat()
    )
    preview = lead.send(lead.get("grids"), "grids/preview", **asked).text
    lead.send(preview, "grids/change")
    assert GRID_1 in grids_of(phone)
    village.later(2 * DAY_MS)
    assert GRID_1 not in grids_of(phone)


def test_all_that_is_in_the_way_is_told_and_nothing_is_written(village: DeskVillage) -> None:
    lead = Browser(village, "lead")
    earlier = (village.today - timedelta(days=3)).isoformat()
    asked = wanted(village, way="cover", worker=village.workers["wang"], from_day=earlier)
    page = lead.send(lead.get("grids"), "grids/preview", **asked).text
    for said in ("起始日期最早是今天", "代管要写最后一天", "已经管这个网格"):
        assert said in page
    assert "确认改分工" not in page and holders(village) == [("wang", None)]


def test_somebody_elses_change_in_between_is_told(village: DeskVillage) -> None:
    lead = Browser(village, "lead")
    first = lead.send(lead.get("grids"), "grids/preview", **wanted(village)).text
    lead.send(first, "grids/change")
    again = lead.send(first, "grids/change")
    assert again.status_code == 409 and "刚被改过" in again.text


def test_ending_says_that_nobody_is_left_and_is_undone(village: DeskVillage) -> None:
    lead = Browser(village, "lead")
    last = village.tomorrow.isoformat()
    assignment = village.rows("SELECT record FROM assignments WHERE grid = ?", GRID_1)[0][0]
    page = lead.get("grids")
    token = page.split('name="_csrf_token" value="')[1].split('"')[0]
    where = f"/desk/v/{VILLAGE}/grids/preview"
    preview = lead.client.post(
        where, data={"_csrf_token": token, "assignment": assignment, "to_day": last}
    ).text
    assert f"{last} 以后这个网格没有人管" in preview
    done = lead.send(preview, "grids/end")
    assert holders(village) == [("wang", last)]
    lead.send(done.text, "grids/undo")
    assert holders(village) == [("wang", None)]


def test_grids_and_classes_are_the_leads_alone(village: DeskVillage) -> None:
    village.rota(village.today, "wang")
    for who in ("wang", "supervisor"):
        for path in ("grids", "grids/households", f"grids/households/{household_id(GRID_1, 0)}"):
            Browser(village, who).get(f"/desk/v/{VILLAGE}/{path}", status=403)


def test_a_class_is_changed_with_a_reason_audited_and_learned_by_phones(village: DeskVillage) -> None:
    phone, household = village.phone("wang"), household_id(GRID_1, 0)
    lead = Browser(village, "lead")
    where = f"grids/households/{household}"
    page = lead.get(where)
    refused = lead.send(page, f"{where}/class", visit_class="high_risk", reason=" ")
    assert refused.status_code == 422 and "写明原因" in refused.text
    assert "已写入" in lead.send(page, f"{where}/class", visit_class="high_risk", reason="独居 <81>").text
    assert "独居 &lt;81&gt;" in lead.get(where)
    stale = lead.send(page, f"{where}/class", visit_class="hardship", reason="旧页面")
    assert stale.status_code == 409 and "旧页面" in stale.text
    listed = lead.get("grids/households?visit_class=high_risk")
    assert plain(listed).count("演示路0号") == 1
    phone.sync()
    assert phone.copy[household].record.values["visit_class"] == "high_risk"
    log = village.store.read_now(lambda db: entries(db, subject=household))
    assert {entry.action for entry in log} == {"visit_class.write"}
    assert [entry.detail for entry in log if "changed" in entry.detail] == [
        {"changed": ["visit_class", "visit_class_reason"]}
    ]


def test_a_special_event_is_past_and_reaches_phones(village: DeskVillage) -> None:
    phone, household = village.phone("wang"), household_id(GRID_1, 1)
    lead = Browser(village, "lead")
    where = f"grids/households/{household}"
    page = lead.get(where)
    to_come = lead.send(page, f"{where}/event", event="death", at=f"{village.tomorrow}T08:00")
    assert to_come.status_code == 422 and "已经过去的时间" in to_come.text
    lead.send(page, f"{where}/event", event="discharge", at=f"{village.today}T08:00")
    phone.sync()
    event = phone.copy[household].record.values["special_event"]
    assert event == {"type": "discharge", "at": f"{village.today}T00:00:00.000Z"}


def test_a_new_account_is_in_the_directory_that_phones_follow(village: DeskVillage) -> None:
    phone = village.phone("wang")
    account = {"username": "qian", "name": "钱七", "role": "worker", "division": VILLAGE}
    made = village.call("admin", "POST", "/api/v1/accounts", {"account": account, "password": PASSWORD})
    assert made.status_code == 201, made.text
    phone.sync()
    listed = {one.record.values["name"] for one in phone.copy.values() if one.record.kind == "worker"}
    assert {"钱七", "wang", "li", "lead"} <= listed  # and whoever an older version had not listed
    assert faults_of(village) == []
