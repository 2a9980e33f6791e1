"""The town's queue: whose cases a clerk sees, what can be done with them, two clerks on one case, the whole way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.clock import moment_ms
from tests.server.desk_pages_client import Browser, plain
from tests.server.proxy_way import QUEUE, ProxyVillage, Way, proxy_village
from tests.server.sync_village import NEXT_VILLAGE, TOWN, VILLAGE, faults_of

CASES = f"/desk/t/{TOWN}/cases"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[ProxyVillage]:
    with proxy_village(tmp_path) as running:
        yield running


@pytest.fixture
def way(village: ProxyVillage) -> Way:
    return Way(village)


def test_the_whole_way_of_a_proxy_case(village: ProxyVillage, way: Way) -> None:
    phone = village.phone("wang")
    case = way.to_town(phone)
    queue = plain(way.clerk.get(QUEUE))
    assert "高龄津贴" in queue and "王阿婆" in queue and "预计办结期限" in queue
    assert way.at_town(case, "accept", department_number="民-2026-7").status_code == 200
    way.days_later(1)
    assert way.at_town(case, "supplement", material="household-register", words="").status_code == 200
    way.days_later(1)
    reply = way.at_window(case, "supplement", **{"material.household-register": "copy"})
    assert reply.status_code == 200, plain(reply.text)
    assert way.at_town(case, "decide", to="granted", result="每月 80 元", reason="").status_code == 200
    waiting = way.clerk.get(f"{QUEUE}?tab=issue")
    assert "待出件" in waiting
    assert way.clerk.send(waiting, f"{QUEUE}/issue", case=[f"{VILLAGE}/{case}"]).status_code == 200
    assert "镇街已出件" in plain(way.window.get("proxy?tab=deliver"))
    assert way.at_window(case, "delivery-task").status_code == 200
    assert (
        way.at_window(case, "deliver", delivered_at="2026-11-25T16:01", delivered_to="本人").status_code
        == 200
    )
    assert way.ticked("archive", "archive", [case]).status_code == 200
    assert way.at_window(case, "follow-up", follow_up="已到账", level="satisfied").status_code == 200
    values = village.case(case)
    assert values["state"] == "followed_up" and values["result"] == "每月 80 元"
    assert values["department_number"] == "民-2026-7"
    assert values["received_at"] < values["handed_up_at"] < values["accepted_at"]
    assert values["accepted_at"] < values["missing_told_at"] < values["decided_at"] <= values["issued_at"]
    phone.sync()
    assert phone.copy[case].record.values["result"] == "每月 80 元"
    history = plain(way.window.get(f"proxy/cases/{case}"))
    for state in ("收件", "报送", "受理", "办理", "补正", "准予", "送达", "归档", "回访"):
        assert f"转为“{state}”" in history
    assert faults_of(village) == []


def test_two_clerks_on_one_case(village: ProxyVillage, way: Way) -> None:
    case, other = way.to_town(village.phone("wang")), Browser(village, "clerk2")
    address = f"{CASES}/{VILLAGE}/{case}"
    page = other.get(address)
    assert way.at_town(case, "accept").status_code == 200
    late = other.send(page, f"{address}/refuse", reason="不属本部门受理范围")
    assert late.status_code == 409
    words = plain(late.text)
    assert "clerk刚才已先改了这件" in words and "受理" in words
    assert village.case(case)["state"] == "accepted"
    page = other.get(address)
    assert way.at_town(case, "decide", to="refused", reason="年龄不符").status_code == 200
    late = other.send(page, f"{address}/decide", to="granted", result="准予发放")
    assert late.status_code == 409
    assert village.case(case)["state"] == "refused" and village.of_kind("conflict") == []


def test_what_was_typed_comes_back_with_every_mistake(village: ProxyVillage, way: Way) -> None:
    case = way.to_town(village.phone("wang"))
    way.at_town(case, "accept")
    missing = way.at_town(case, "decide", to="granted", result="", reason="只写了理由")
    assert missing.status_code == 422
    assert "请写明办理结果" in missing.text and "只写了理由" in missing.text
    empty = way.at_town(case, "supplement", words=" ")
    assert empty.status_code == 422 and "请勾选缺少的材料" in empty.text
    assert village.case(case)["state"] == "accepted"


def test_by_department_and_by_village(village: ProxyVillage, way: Way) -> None:
    wang = village.phone("wang")
    subsidy, licence = way.to_town(wang), way.to_town(wang, "licence")
    housing = Browser(village, "housing_clerk")
    own, others = plain(way.clerk.get(QUEUE)), plain(housing.get(QUEUE))
    assert "高龄津贴" in own and "建房许可" not in own
    assert "建房许可" in others and "高龄津贴" not in others
    way.clerk.get(f"{CASES}/{VILLAGE}/{licence}", 403)
    page = way.clerk.get(QUEUE)
    sent = way.clerk.send(page, f"{QUEUE}/accept", case=[f"{VILLAGE}/{subsidy}", f"{VILLAGE}/{licence}"])
    assert sent.status_code == 403
    assert village.case(subsidy)["state"] == village.case(licence)["state"] == "handed_up"
    elsewhere = way.clerk.send(page, f"{QUEUE}/accept", case=[f"{NEXT_VILLAGE}/{subsidy}"])
    assert elsewhere.status_code == 404
    assert "高龄津贴" in way.clerk.get(f"{QUEUE}?village={VILLAGE}")
    assert "没有符合筛选条件的办件" in way.clerk.get(f"{QUEUE}?village={NEXT_VILLAGE}")
    (batch,) = [one for one in village.of_kind("hand-up") if licence in one.values["cases"]]
    list_of_other = plain(way.clerk.get(f"/desk/t/{TOWN}/batches/{VILLAGE}/{batch.id}"))
    assert "其他部门的办件：住建" in list_of_other and "王阿婆" not in list_of_other


@pytest.mark.parametrize("name", ["supervisor", "admin", "lead", "wang"])
def test_nobody_else_decides(village: ProxyVillage, way: Way, name: str) -> None:
    case = way.to_town(village.phone("wang"))
    browser = Browser(village, name)
    browser.get(QUEUE, 403)
    browser.get(f"{CASES}/{VILLAGE}/{case}", 403)
    token = way.clerk.get(f"{CASES}/{VILLAGE}/{case}")
    forged = browser.send(token.replace(village.workers["clerk"], village.workers[name]),
                          f"{CASES}/{VILLAGE}/{case}/accept")  # fmt: skip
    assert forged.status_code == 403
    assert village.case(case)["state"] == "handed_up"


def test_several_are_accepted_together_or_not_at_all(village: ProxyVillage, way: Way) -> None:
    wang = village.phone("wang")
    first, second = way.to_town(wang), way.to_town(wang)
    page = way.clerk.get(QUEUE)
    both = [f"{VILLAGE}/{first}", f"{VILLAGE}/{second}"]
    assert way.at_window(second, "take-back").status_code == 200
    assert way.clerk.send(page, f"{QUEUE}/accept", case=both).status_code == 409
    assert village.case(first)["state"] == "handed_up"
    assert way.clerk.send(page, f"{QUEUE}/accept", case=both[:1]).status_code == 200
    assert village.case(first)["state"] == "accepted"


def test_a_licence_that_was_not_answered_counts_as_accepted(village: ProxyVillage, way: Way) -> None:
    case = way.to_town(village.phone("wang"), "licence")
    received = village.case(case)["received_at"]
    housing = Browser(village, "housing_clerk")
    assert "最迟 2026-11-30 一次性告知" in plain(housing.get(QUEUE))
    way.days_later(8)
    housing = Browser(village, "housing_clerk")
    page = plain(housing.get(f"{CASES}/{VILLAGE}/{case}"))
    assert "自2026-11-23收件之日起视为受理" in page and "《行政许可法》第三十二条" in page
    refused = way.at_town(case, "refuse", housing, reason="材料不全")
    assert refused.status_code == 422 and "不能再不予受理" in refused.text
    assert way.at_town(case, "accept", housing).status_code == 200
    assert village.case(case)["accepted_at"] == received


def test_a_case_that_is_not_accepted_comes_back_with_its_reason(village: ProxyVillage, way: Way) -> None:
    case = way.to_town(village.phone("wang"))
    assert way.at_town(case, "refuse", reason="不属本部门受理范围").status_code == 200
    assert village.case(case)["state"] == "not_accepted"
    assert "不属本部门受理范围" in way.window.get(f"proxy/cases/{case}")
    assert "不予受理" in plain(way.window.get("proxy?tab=deliver"))


def test_asking_at_once_accepts_first_and_ending_stops_the_pause(village: ProxyVillage, way: Way) -> None:
    case = way.to_town(village.phone("wang"))
    way.at_town(case, "supplement", material=["identity-card", "household-register"], words="")
    values = village.case(case)
    assert values["state"] == "supplementing" and values["accepted_at"] == values["missing_told_at"]
    assert (values["materials/identity-card"], values["materials/household-register"]) == (
        "missing",
        "missing",
    )
    assert way.at_town(case, "decide", to="terminated", reason="逾期未补正").status_code == 200
    values = village.case(case)
    assert values["state"] == "terminated"
    assert moment_ms(values["pauses"][0]["end"]) == moment_ms(values["decided_at"])


def test_a_report_that_was_passed_on_is_answered(village: ProxyVillage, way: Way) -> None:
    phone = village.phone("wang")
    case = village.capture_case(phone, "report", applicant_name="李大叔")
    phone.sync()
    page = way.window.get(f"cases/{case}")
    moved = way.window.send(
        page, f"cases/{case}/move", to="transferred", seen_state="registered", reason="路灯不亮"
    )
    assert moved.status_code == 200, plain(moved.text)
    assert "李大叔" in way.clerk.get(f"{QUEUE}?tab=reports")
    assert way.at_town(case, "report-back", result="已更换灯泡").status_code == 200
    values = village.case(case)
    assert (values["state"], values["result"]) == ("reported_back", "已更换灯泡")
