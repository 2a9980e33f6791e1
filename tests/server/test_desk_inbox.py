"""The inbox: what stands in it for whom, its filters, its search, its pages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from server.intake import Intake
from server.own_device import Draft
from server.store.knowledge import Knowledge
from tests.server.desk_pages_client import Browser, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_village import DAY_MS, GRID_1, GRID_2, VILLAGE, resident_id

HTMX = {"hx-request": "true"}


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    """wang and the lead are at today's window; li, who is not, holds a case too."""
    with desk_village(tmp_path) as village:
        village.rota(village.today, "wang", "lead")
        yield village


@pytest.fixture
def cases(village: DeskVillage) -> dict[str, str]:
    """wang's allowance and permit, li's report; their ids by item."""
    wang, li = village.phone("wang"), village.phone("li")
    found = {
        "allowance": village.capture_case(wang, "allowance", applicant_name="沈桂仙"),
        "permit": village.capture_case(
            wang, "permit", resident=resident_id(GRID_1, 1, 0), receipt_number="330481106222261123048213760"
        ),
        "report": village.capture_case(li, "report", resident=resident_id(GRID_2, 0, 0)),
    }
    wang.push()
    li.push()
    village.later()
    return found


def listed(page: str, cases: dict[str, str]) -> list[str]:
    """Which of the cases a page's list holds, in its order."""
    items = page.split('id="list"')[1].split('id="detail"', maxsplit=1)[0]
    at = {name: items.find(f"/cases/{case}") for name, case in cases.items()}
    return sorted((name for name in at if at[name] >= 0), key=lambda name: at[name])


def test_the_newest_first_and_only_ones_own_for_who_is_not_on_duty(
    village: DeskVillage, cases: dict[str, str]
) -> None:
    assert listed(Browser(village, "lead").get("inbox"), cases) == ["report", "permit", "allowance"]
    own = Browser(village, "li").get("inbox")
    assert listed(own, cases) == ["report"] and "只列您自己承办的" in own
    wangs = village.workers["wang"]
    assert listed(Browser(village, "li").get(f"inbox?worker={wangs}"), cases) == ["report"]
    assert len(listed(Browser(village, "clerk").get("inbox"), cases)) == 3, (
        "all are of the clerk's department"
    )
    village.store.write_now(
        lambda db: db.execute("UPDATE accounts SET departments = '[\"police\"]' WHERE username = 'clerk'")
    )
    assert listed(Browser(village, "clerk").get("inbox"), cases) == []
    for stranger in ("supervisor", "admin", "neighbour"):
        Browser(village, stranger).get("inbox", status=403)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("mode=proxy", ["permit"]),
        ("item=report", ["report"]),
        ("state=entrusted", ["permit"]),
        ("show=done", []),
        ("show=all", ["report", "permit", "allowance"]),
        ("waits=T", []),
        ("waits=V", ["report", "permit", "allowance"]),
        ("time=late", []),
        ("q=沈桂", ["allowance"]),
        ("q=330481106222-261123-04821376-0", ["permit"]),
        ("q=048213", ["permit"]),
        ("q=没有这个人", []),
        ("show=nonsense&time=nonsense&order=nonsense", ["report", "permit", "allowance"]),
    ],
)
def test_filters_and_search(
    village: DeskVillage, cases: dict[str, str], query: str, expected: list[str]
) -> None:
    page = Browser(village, "wang").get(f"inbox?{query}")
    assert listed(page, cases) == expected
    if not expected:
        assert "没有符合条件的办件" in page


def test_by_worker_and_by_due_date(village: DeskVillage, cases: dict[str, str]) -> None:
    desk = Browser(village, "wang")
    assert listed(desk.get(f"inbox?worker={village.workers['li']}"), cases) == ["report"]
    assert listed(desk.get("inbox?order=due"), cases)[0] == "permit", "only that one has a date"
    village.later(30 * DAY_MS)
    village.rota(village.today.replace(month=12, day=23), "wang")
    late = (
        desk.get("inbox?time=late") if village.now_ms < 0 else Browser(village, "wang").get("inbox?time=late")
    )
    assert listed(late, cases) == ["permit"] and "已超期" in late


def test_a_case_is_shown_beside_the_list_that_it_was_chosen_from(
    village: DeskVillage, cases: dict[str, str]
) -> None:
    desk = Browser(village, "wang")
    case = cases["permit"]
    whole = desk.get(f"cases/{case}?mode=proxy")
    assert listed(whole, cases) == ["permit"] and 'aria-current="true"' in whole
    assert f"/cases/{case}/move?mode=proxy" in whole
    pane = desk.client.get(f"/desk/v/{VILLAGE}/cases/{case}", headers=HTMX | {"hx-target": "detail"}).text
    assert 'id="list"' not in pane and "<html" not in pane and f'data-case="{case}"' in pane
    part = desk.client.get(f"/desk/v/{VILLAGE}/inbox?mode=proxy", headers=HTMX | {"hx-target": "list"}).text
    assert 'id="list"' in part and "<html" not in part and "filters" not in part


def test_pages_follow_one_another_and_a_bad_cursor_is_told(village: DeskVillage) -> None:
    wang = village.phone("wang")
    made = {str(number): village.capture_case(wang, "allowance") for number in range(53)}
    wang.push()
    desk = Browser(village, "wang")
    first = desk.get("inbox")
    assert "共 53 件" in plain(first) and len(listed(first, made)) == 50
    after = first.split("&amp;after=")[1].split('"')[0]
    second = desk.get(f"inbox?after={after}")
    assert listed(second, made) == ["2", "1", "0"] and "回到第一页" in second
    desk.get("inbox?after=nonsense", status=404)


def test_a_result_to_be_delivered_waits_for_the_window_though_it_is_decided(
    village: DeskVillage, cases: dict[str, str]
) -> None:
    village.intake = Intake(village.keys, Knowledge(village.keys))
    path = ["entrusted", "received", "handed_up", "accepted", "processing", "granted"]
    moves = [
        Draft(
            kind="case",
            village=VILLAGE,
            record=cases["permit"],
            action="change",
            fields={"state": new},
            seen={"state": seen},
        )
        for seen, new in pairwise(path)
    ]
    assert {entry.outcome for entry in village.write(moves, village.now_ms)} == {"applied"}
    desk = Browser(village, "wang")
    page = desk.get("inbox")
    assert listed(page, cases) == ["report", "allowance"] and "等窗口办 3 件" in page
    assert listed(desk.get("inbox?waits=V"), cases) == ["report", "permit", "allowance"]
