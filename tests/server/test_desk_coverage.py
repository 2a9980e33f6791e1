"""Coverage pages: three questions whose numbers are their lists, counted visits down to the record, nobody ranked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.desk_pages_client import Browser, plain
from tests.server.sync_village import DAY_MS, GRID_1, GRID_2, HOUSEHOLDS, VILLAGE, household_id
from tests.server.walked_village import HERE, TOWN_PAGES, WalkedVillage, walked_village

NUMBER = re.compile(r'<b class="num">(\d+)</b>')
PAGES = (
    f"{TOWN_PAGES}/coverage",
    f"{TOWN_PAGES}/coverage?rule=round.attempted&sort=share",
    f"{HERE}/coverage",
    f"{HERE}/coverage?rule=visit.recorded&sort=number",
    f"{HERE}/coverage/grids/{GRID_1}",
    f"{HERE}/coverage/grids/{GRID_1}?rule=round.attempted",
    f"{HERE}/coverage/households/{household_id(GRID_1, 0)}",
    f"{TOWN_PAGES}/coverage/overdue",
    f"{TOWN_PAGES}/coverage/unsigned",
)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalkedVillage]:
    with walked_village(tmp_path_factory.mktemp("coverage")) as walked:
        yield walked


@pytest.fixture(scope="module")
def supervisor(walked: WalkedVillage) -> Browser:
    return Browser(walked.village, "supervisor")


@pytest.fixture(scope="module")
def lead(walked: WalkedVillage) -> Browser:
    return Browser(walked.village, "lead")


def questions(page: str) -> list[int]:
    return [
        int(number)
        for number in NUMBER.findall(page.split('id="questions"')[1].split("</ul>", maxsplit=1)[0])
    ]


def households_listed(page: str) -> int:
    return len(re.findall(r'<th scope="row"><a href="[^"]*/coverage/households/', page))


def counted(page: str) -> tuple[int, int]:
    """How many lines of the receipts count, and how many there are."""
    lines = re.findall(r'<span class="tag (good|soft)"><span aria-hidden="true">[✓–]', page)
    return lines.count("good"), len(lines)


@pytest.mark.parametrize("rule", ["household.day", "visit.recorded", "round.attempted"])
def test_a_grids_number_is_the_records_that_count(lead: Browser, rule: str) -> None:
    page = lead.get(f"{HERE}/coverage/grids/{GRID_1}?rule={rule}")
    expected = {"household.day": (2, 4), "visit.recorded": (4, 4), "round.attempted": (2, 2)}[rule]
    assert counted(page) == expected
    assert f"2026-11：{expected[0]}<" in page
    assert "怎么算的" in page and f"({rule})" in page


def test_a_twice_visited_household_and_one_not_met_say_why(
    walked: WalkedVillage, supervisor: Browser
) -> None:
    words = plain(supervisor.get(f"{HERE}/coverage/grids/{GRID_1}"))
    assert "同一户当天已计一次" in words and "未遇：留有记录，不计覆盖" in words
    one = plain(supervisor.get(f"{HERE}/coverage/visits/{walked.not_home}"))
    assert "不计" in one and "未遇" in one
    again = plain(supervisor.get(f"{HERE}/coverage/visits/{walked.again}"))
    assert "同一户当天已计一次" in again
    other_rule = plain(supervisor.get(f"{HERE}/coverage/grids/{GRID_1}?rule=visit.recorded"))
    assert "计 4 ，共 4" in other_rule or "计 4，共 4" in other_rule


def test_two_workers_together_have_a_round_each_and_one_visit(supervisor: Browser) -> None:
    rounds = plain(supervisor.get(f"{HERE}/coverage/grids/{GRID_1}?rule=round.attempted"))
    assert "随同走访，计一轮" in rounds
    town = plain(supervisor.get(f"{TOWN_PAGES}/coverage?rule=round.attempted"))
    assert "今年已走访 4 轮" in town  # wang's two, li's own and the accompanied one


def test_what_came_after_its_month_had_closed_stands_beside_the_closed_figure(supervisor: Browser) -> None:
    october = plain(supervisor.get(f"{HERE}/coverage?month=2026-10"))
    assert "结账 0，补录 +1" in october and "2026-10 已于" in october
    grid = supervisor.get(f"{HERE}/coverage/grids/{GRID_1}?month=2026-10")
    assert counted(grid) == (1, 1) and "补录" in plain(grid)
    (month,) = [
        row
        for row in supervisor.client.get(f"{HERE}/coverage/chart?month=2026-11").json()
        if row["month"] == "2026-10"
    ]
    assert month["number"] == {"closed": 0, "late": 1}
    assert "结账 0" not in plain(supervisor.get(f"{HERE}/coverage?month=2026-11")).split("按网格")[1]


def test_the_questions_numbers_are_their_lists(tmp_path: Path) -> None:
    with walked_village(tmp_path) as walked:
        walked.village.now_ms += 45 * DAY_MS  # 7 January: the half-year has ended
        browser = Browser(walked.village, "supervisor")
        due, stuck, silent, unsigned = questions(browser.get(f"{TOWN_PAGES}/coverage"))
        visited = 3  # households 0 and 2 of grid 1, household 0 of grid 2
        page = browser.get(f"{TOWN_PAGES}/coverage/overdue")
        assert households_listed(page) == sum(HOUSEHOLDS.values()) - visited == due
        assert f"/households/{household_id(GRID_1, 1)}" in page and "逾期 7 天" in page
        assert (stuck, silent, unsigned) == (1, 2, 0)
        listed = browser.get(f"{TOWN_PAGES}/cases/list?light=late")
        assert walked.proxy in listed and walked.direct not in listed
        phones = browser.get(f"{TOWN_PAGES}/devices")
        assert all(f"{name}的手机" in phones for name in ("wang", "li"))
        november = browser.get(f"{TOWN_PAGES}/coverage/unsigned?month=2026-11")
        assert "2026-11-23" in november and november.count("<tr>") > 1


def test_a_supervisor_sees_addresses_with_masked_names_and_nobody_who_walked(
    walked: WalkedVillage, supervisor: Browser
) -> None:
    people = {walked.village.workers[name] for name in ("wang", "li")}
    for path in (*PAGES, f"{HERE}/coverage/visits/{walked.met}"):
        page = supervisor.get(path)
        assert "组0户" not in page and "wang" not in page and "屋顶漏水" not in page, path
        assert not any(worker in page for worker in people), path
    household = supervisor.get(f"{HERE}/coverage/households/{household_id(GRID_1, 0)}")
    assert "演示路0号" in household and "0**户" in household and "一般家庭" not in household


def test_the_lead_sees_who_walked_and_the_class_on_a_click_only(walked: WalkedVillage, lead: Browser) -> None:
    household = lead.get(f"{HERE}/coverage/households/{household_id(GRID_1, 0)}")
    assert "001组0户" in household
    assert "一般家庭" in household.split("<details>")[1] and "一般家庭" not in household.split("<details>")[0]
    assert "wang" in plain(lead.get(f"{HERE}/coverage/visits/{walked.met}"))
    assert "一般家庭" not in lead.get(f"{HERE}/coverage/grids/{GRID_2}")


def test_no_town_page_can_be_put_in_the_order_of_workers(supervisor: Browser) -> None:
    for path in PAGES:
        page = supervisor.get(path)
        assert not re.search(r"(sort|order)=(worker|name|by)", page), path
        assert "/workers" not in page and "/mine" not in page, path
    odd = supervisor.get(f"{TOWN_PAGES}/coverage?sort=worker")
    assert 'aria-sort="ascending"' in odd  # an unknown order is that of the places' codes


def test_who_may_open_which(walked: WalkedVillage, lead: Browser) -> None:
    for name in ("wang", "clerk", "neighbour", "admin"):
        browser = Browser(walked.village, name)
        for path in (
            f"{TOWN_PAGES}/coverage",
            f"{HERE}/coverage",
            f"{HERE}/coverage/map",
            f"{HERE}/coverage/chart",
        ):
            browser.get(path, 403)
    lead.get(f"{TOWN_PAGES}/coverage", 403)
    wang, li = Browser(walked.village, "wang"), Browser(walked.village, "li")
    wang.get(f"{HERE}/coverage/visits/{walked.not_home}")
    li.get(f"{HERE}/coverage/visits/{walked.met}")  # she came along
    li.get(f"{HERE}/coverage/visits/{walked.not_home}", 403)


def test_what_is_not_there_is_not_found(supervisor: Browser) -> None:
    for path in ("visits/nothing", "households/nothing", "rounds/nothing", f"grids/{VILLAGE}999"):
        supervisor.get(f"{HERE}/coverage/{path}", 404)
    supervisor.get(f"{HERE}/coverage?month=November", 422)
    supervisor.get(f"{TOWN_PAGES}/coverage/overdue?after=x", 404)


def test_the_map_says_which_grids_it_has_no_shape_of(supervisor: Browser) -> None:
    found = supervisor.client.get(f"{HERE}/coverage/map").json()
    assert (found["areas"], len(found["missing"]), found["tiles"]) == ([], 3, None)
