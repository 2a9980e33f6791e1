"""Proxy handling at the village window: batches, supplements, deliveries, follow-up calls and ratings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from forms.handling.light import Light
from server.store.case_row import case_row
from server.store.places import village_range
from server.store.stage_list import StageFilter, cases_in_stage
from tests.server.desk_pages_client import Browser, hidden, plain
from tests.server.proxy_way import ProxyVillage, Way, proxy_village
from tests.server.sync_village import GRID_1, VILLAGE, faults_of, household_id


@pytest.fixture
def village(tmp_path: Path) -> Iterator[ProxyVillage]:
    with proxy_village(tmp_path) as running:
        yield running


@pytest.fixture
def way(village: ProxyVillage) -> Way:
    return Way(village)


def test_several_go_up_as_one_batch_with_a_cover_list(village: ProxyVillage, way: Way) -> None:
    wang = village.phone("wang")
    first, second = village.entrusted(wang), village.entrusted(wang, "licence")
    assert "高龄津贴" in way.window.get("proxy?tab=receive")
    assert way.receive(first, second).status_code == 200
    reply = way.hand_up(first, second, note="请尽快")
    assert reply.status_code == 200
    (batch,) = village.of_kind("hand-up")
    assert batch.values["number"] == "P20261123-01"
    assert batch.values["cases"] == [first, second]
    assert batch.values["worker"] == village.workers["lead"]
    words = plain(reply.text)
    assert "送件清单 P20261123-01" in words and "王阿婆" in words and "请尽快" in words
    for case in (first, second):
        values = village.case(case)
        assert (values["state"], values["hand_up"]) == ("handed_up", batch.id)
        assert values["handed_up_at"] == batch.values["handed_up_at"]
    third = village.entrusted(wang)
    way.receive(third)
    way.hand_up(third)
    assert sorted(one.values["number"] for one in village.of_kind("hand-up")) == [
        "P20261123-01",
        "P20261123-02",
    ]
    assert faults_of(village) == []


def test_a_case_that_moved_on_keeps_the_whole_batch_back(village: ProxyVillage, way: Way) -> None:
    wang = village.phone("wang")
    first, second = village.entrusted(wang), village.entrusted(wang)
    way.receive(first, second)
    page = way.window.get("proxy?tab=hand-up")
    assert way.hand_up(first).status_code == 200
    late = way.window.send(page, "proxy/hand-up", case=[first, second], note="一起送")
    assert late.status_code == 422
    words = plain(late.text)
    assert "高龄津贴 王阿婆：现在是“报送”，不能报送" in words and 'value="一起送"' in late.text
    assert village.case(second)["state"] == "received"
    assert len(village.of_kind("hand-up")) == 1


def test_taken_back_until_the_town_has_taken_it_up(village: ProxyVillage, way: Way) -> None:
    wang = village.phone("wang")
    first, second, third = (village.entrusted(wang) for _ in range(3))
    way.receive(first, second, third)
    way.hand_up(first, second, third)
    (batch,) = village.of_kind("hand-up")
    received = village.case(first)["received_at"]
    assert way.at_window(first, "take-back").status_code == 200
    values = village.case(first)
    assert values["state"] == "received" and values["received_at"] == received
    assert not values.get("handed_up_at") and not values.get("hand_up")
    page = way.window.get(f"proxy/batches/{batch.id}")
    assert "已撤回" in page
    assert way.at_town(second, "accept").status_code == 200
    late = way.window.send(page, f"proxy/batches/{batch.id}/take-back")
    assert late.status_code == 409 and "镇街已经接手" in plain(late.text)
    assert village.case(third)["state"] == "handed_up"
    assert way.at_window(third, "take-back").status_code == 200
    assert village.record(batch.id).values["cases"] == [first, second, third]
    assert "已全部撤回" in plain(way.window.get(f"proxy/batches/{batch.id}"))


def test_the_window_takes_back_what_the_clerk_accepts_in_that_minute(village: ProxyVillage, way: Way) -> None:
    case = way.to_town(village.phone("wang"))
    page = way.window.get(f"proxy/cases/{case}")
    assert way.at_town(case, "accept").status_code == 200
    late = way.window.send(page, f"proxy/cases/{case}/take-back")
    assert late.status_code == 409 and "现在是“受理”" in plain(late.text)
    assert village.case(case)["state"] == "accepted"
    assert village.of_kind("conflict") == []


def test_the_handover_clock_stands_in_words(village: ProxyVillage, way: Way) -> None:
    case = village.entrusted(village.phone("wang"))
    way.receive(case)
    assert "2026-11-26前报送，最迟2026-11-30" in plain(way.window.get("proxy?tab=hand-up"))
    row = village.store.read_now(lambda db: case_row(db, VILLAGE, case))
    assert row is not None
    lights = [row.light(day) for day in ("2026-11-25", "2026-11-26", "2026-11-30", "2026-12-01")]
    assert lights == [Light.ON_TIME, Light.NEAR, Light.NEAR, Light.LATE]
    assert "没有符合筛选条件的办件" in way.window.get("proxy?tab=hand-up&light=late")


def test_a_supplement_goes_back_and_says_what_is_still_missing(village: ProxyVillage, way: Way) -> None:
    case = way.to_town(village.phone("wang"))
    asked = way.at_town(case, "supplement", material=["identity-card", "household-register"], words="要原件")
    assert asked.status_code == 200
    page = plain(way.window.get("proxy?tab=supplement"))
    assert "缺材料 2 项" in page and "补正中，暂停计时" in page
    way.days_later(2)
    assert "请补正：身份证、户口簿。要原件" in plain(way.window.get(f"proxy/cases/{case}"))
    nothing = way.at_window(case, "supplement")
    assert nothing.status_code == 422 and "请写明补来了什么" in nothing.text
    reply = way.at_window(case, "supplement", **{"material.identity-card": "original_seen"})
    assert reply.status_code == 200
    values = village.case(case)
    assert values["state"] == "processing"
    assert (values["materials/identity-card"], values["materials/household-register"]) == (
        "original_seen",
        "missing",
    )
    assert values["pauses"][0]["end"] > values["pauses"][0]["start"]
    assert "缺材料 1 项" in plain(way.window.get("proxy?tab=handed-up"))


def _decided(village: ProxyVillage, way: Way) -> str:
    case = way.to_town(village.phone("wang"), household=household_id(GRID_1, 0))
    way.at_town(case, "accept")
    assert way.at_town(case, "decide", to="granted", result="准予发放").status_code == 200
    return case


def test_a_result_becomes_a_task_of_whoever_has_the_grid(village: ProxyVillage, way: Way) -> None:
    case = _decided(village, way)
    assert "派给 wang" in plain(way.window.get(f"proxy/cases/{case}"))
    page = way.window.get(f"proxy/cases/{case}")
    assert way.at_window(case, "delivery-task").status_code == 200
    (task,) = village.of_kind("task")
    assert (task.values["type"], task.values["holder"]) == ("delivery", village.workers["wang"])
    assert (task.values["case"], task.values["due"]) == (case, "2026-11-30")
    again = way.window.send(page, f"proxy/cases/{case}/delivery-task")
    assert again.status_code == 409
    assert len(village.of_kind("task")) == 1
    phone = village.phone("wang")
    assert phone.copy[task.id].record.values["title"] == "送达办理结果：高龄津贴"
    assert phone.copy[case].record.values["state"] == "granted"


def test_a_cover_comes_before_the_owner_and_the_window_last(village: ProxyVillage, way: Way) -> None:
    case = _decided(village, way)
    body = {"worker": village.workers["li"], "grid": GRID_1, "from_day": "2026-11-23", "to_day": "2026-11-24",
            "cover": True, "reason": "wang 请假"}  # fmt: skip
    assert village.call("lead", "POST", "assignments", body).status_code in (200, 201)
    assert "派给 li" in plain(way.window.get(f"proxy/cases/{case}"))
    way.days_later(2)
    on_leave = village.today.replace(day=25)
    assert village.rota(on_leave, "lead", leave=("wang",)).status_code in (200, 201)
    assert "派给 lead" in plain(way.window.get(f"proxy/cases/{case}"))


def test_delivered_archived_and_followed_up(village: ProxyVillage, way: Way) -> None:
    case = _decided(village, way)
    way.at_window(case, "delivery-task")
    early = way.at_window(case, "deliver", delivered_at="2026-11-25T09:00", delivered_to="")
    assert early.status_code == 422
    assert "不晚于现在" in early.text and "请写明交给了谁" in early.text
    sent = way.at_window(case, "deliver", delivered_at="2026-11-23T16:01", delivered_to="儿子代收")
    assert sent.status_code == 200
    values = village.case(case)
    assert (values["state"], values["delivered_to"]) == ("delivered", "儿子代收")
    assert values["delivered_at"] == "2026-11-23T08:01:00.000Z"
    assert [task.values["state"] for task in village.of_kind("task")] == ["done"]
    assert way.ticked("archive", "archive", [case]).status_code == 200
    done = way.at_window(case, "follow-up", follow_up="已收到津贴", level="dissatisfied")
    assert done.status_code == 200
    assert (village.case(case)["state"], village.case(case)["follow_up"]) == ("followed_up", "已收到津贴")
    (rating,) = village.of_kind("rating")
    assert (rating.values["subject"], rating.values["level"]) == (case, "dissatisfied")
    assert "不满意" in way.window.get("ratings")
    assert faults_of(village) == []


def test_whoever_handled_a_case_neither_takes_nor_sees_its_rating(village: ProxyVillage, way: Way) -> None:
    case = _decided(village, way)
    way.at_window(case, "deliver", delivered_at="2026-11-23T16:01", delivered_to="本人")
    way.ticked("archive", "archive", [case])
    village.rota(village.today, "lead", "wang")
    wang = Browser(village, "wang")
    page = wang.get(f"proxy/cases/{case}")
    assert 'name="level"' not in page and "不代录评价" in page
    address = f"/desk/v/{VILLAGE}/proxy/cases/{case}/follow-up"
    own = {"follow_up": "很好", "level": "very_satisfied"}
    forged = wang.client.post(address, data={**hidden(page, address, ["follow_up"]), **own})
    assert forged.status_code == 422 and "经办人不能代录对自己的评价" in forged.text
    assert way.at_window(case, "follow-up", follow_up="好", level="very_satisfied").status_code == 200
    phone = village.phone("wang")
    assert [one for one in phone.copy.values() if one.record.kind == "rating"] == []
    assert "very_satisfied" not in repr(phone.copy) and "非常满意" not in wang.get(f"proxy/cases/{case}")
    wang.get("ratings", 403)


def test_only_the_window_and_only_of_its_village(village: ProxyVillage, way: Way) -> None:
    case = village.entrusted(village.phone("wang"))
    for name in ("li", "supervisor", "clerk", "neighbour"):
        browser = Browser(village, name)
        browser.get("proxy", 403)
        browser.get(f"proxy/cases/{case}", 403)
    page = way.window.get("proxy?tab=receive")
    village.rota(village.today, "li")
    refused = way.window.send(page, "proxy/receive", case=[case])
    assert refused.status_code == 403
    assert village.case(case)["state"] == "entrusted"


def test_a_page_of_a_stage_goes_on_behind_the_last(village: ProxyVillage, way: Way) -> None:
    wang = village.phone("wang")
    cases = [village.entrusted(wang) for _ in range(5)]
    way.receive(*cases[:2])
    of = StageFilter(villages=village_range(VILLAGE), states=("entrusted", "received"))
    seen: list[str] = []
    after: str | None = None
    for _ in range(3):
        page = partial(cases_in_stage, of=of, today="2026-11-23", after=after, limit=2)
        rows, after = village.store.read_now(page)
        seen += [row.record for row in rows]
    assert sorted(seen) == sorted(cases) and after is None


def test_what_a_resident_wrote_stays_text(village: ProxyVillage, way: Way) -> None:
    hostile = "<script>alert(1)</script>"
    case = village.entrusted(village.phone("wang"), note=hostile)
    way.receive(case)
    way.hand_up(case, note=hostile)
    (batch,) = village.of_kind("hand-up")
    for page in (f"proxy/cases/{case}", f"proxy/batches/{batch.id}"):
        shown = way.window.get(page)
        assert hostile not in shown and "&lt;script&gt;" in shown
