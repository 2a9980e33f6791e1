"""Looking residents up: by a part of anything, masked, never in an address; the number in full with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.desk.resident_index import IDLE_SECONDS_MAX, VILLAGES_MAX, ResidentIndex
from server.store import audit
from tests.server.desk_pages_client import Browser, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_village import (
    GRID_1,
    GRID_2,
    NEXT_VILLAGE,
    NUMBER,
    VILLAGE,
    faults_of,
    household_id,
    resident_id,
)

HERE = f"/desk/v/{VILLAGE}/residents"
ONE = resident_id(GRID_1, 0, 0)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    """Li is at the window today; wang, who has grid 1, writes one resident's data down."""
    with desk_village(tmp_path) as village:
        village.rota(village.today, "li")
        phone = village.phone("wang")
        phone.change(ONE, name="沈敭", phone="13912345678", identity_number=NUMBER)
        phone.change(household_id(GRID_1, 0), address="金敭路", house_number="12号")
        assert {one["outcome"] for one in phone.push()} <= {"applied", "merged"}
        yield village


def look_up(browser: Browser, text: str) -> str:
    reply = browser.send(browser.get(HERE), HERE, text=text)
    assert reply.status_code == 200 and "text=" not in str(reply.url)
    return reply.text


@pytest.mark.parametrize("text", ["沈敭", "敭", "5678", "金敭路 12号", "沈 金敭", NUMBER, NUMBER.lower()])
def test_somebody_is_found_by_any_part_and_shown_masked(village: DeskVillage, text: str) -> None:
    page = look_up(Browser(village, "li"), text)
    listed = page.split("<tbody", 1)[1]
    assert f"{HERE}/{ONE}" in listed and "沈敭" in listed and "金敭路 12号" in listed
    assert "139****5678" in listed and "13912345678" not in listed
    assert f"********{NUMBER[-4:]}" in listed and NUMBER not in listed


def test_nobody_of_another_village_is_found_and_nothing_is_said_to_whoever_has_no_right(
    village: DeskVillage,
) -> None:
    li = Browser(village, "li")
    assert "没有找到" in look_up(li, "无此人")
    assert "没有找到" in look_up(li, NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2"))
    li.get(f"/desk/v/{NEXT_VILLAGE}/residents", 403)
    for stranger in ("wang", "lead", "clerk", "supervisor", "admin", "neighbour"):
        browser = Browser(village, stranger)
        browser.get(HERE, 403)
        browser.get(f"{HERE}/{ONE}", 403)
        assert browser.client.post(HERE, data={"text": "沈"}).status_code == 403
        assert browser.client.post(f"{HERE}/{ONE}/identity-number", data={"reason": "x"}).status_code == 403
    li.get(f"{HERE}/{household_id(GRID_1, 0)}", 404)


def test_a_residents_page_has_household_cases_and_the_days_that_may_be_known(village: DeskVillage) -> None:
    wang, li_phone = village.phone("wang"), village.phone("li")
    case = village.capture_case(wang)
    visit = {"household": household_id(GRID_1, 0), "outcome": "met", "grid": GRID_1}
    wang.create("visit", worker=wang.worker["id"], started_at=village.moment(), **visit)
    wang.push()
    li_phone.sync()
    page = Browser(village, "li").get(f"{HERE}/{ONE}")
    assert f"cases/{case}" in page and resident_id(GRID_1, 0, 1) in page and "金敭路 12号" in page
    assert "只列出您自己的走访" in page and "没有可列出的" in page  # wang's visit is not li's to see
    village.rota(village.today, "lead", "wang")
    assert village.today.isoformat() in Browser(village, "lead").get(f"{HERE}/{ONE}").split("入户日期")[1]
    assert village.today.isoformat() in Browser(village, "wang").get(f"{HERE}/{ONE}").split("入户日期")[1]


def test_the_number_in_full_needs_a_reason_and_leaves_a_reading(village: DeskVillage) -> None:
    li, address = Browser(village, "li"), f"{HERE}/{ONE}"
    page = li.get(address)
    refused = li.send(page, f"{address}/identity-number", reason="  ")
    assert refused.status_code == 422 and NUMBER not in refused.text
    shown = li.send(page, f"{address}/identity-number", reason="代填参保登记")
    assert NUMBER in shown.text and shown.headers["cache-control"] == "no-store"
    assert NUMBER not in li.get(address)
    readings = [one for _, one in village.records(VILLAGE).values() if one.kind == "reading"]
    assert [(one.values["subject"], one.values["reason"]) for one in readings] == [(ONE, "代填参保登记")]
    entries = [(one.action, one.subject) for one in village.store.read_now(audit.entries)]
    assert ("identity_number.read", ONE) in entries and ("resident.read", ONE) in entries
    assert faults_of(village) == []


def test_hostile_text_is_text_in_what_is_looked_for_and_in_what_is_found(village: DeskVillage) -> None:
    phone = village.phone("wang")
    phone.change(resident_id(GRID_1, 1, 0), name="<b onclick=x>{{7*7}}")
    phone.push()
    page = look_up(Browser(village, "li"), "<b")
    assert "<b onclick" not in page and "&lt;b onclick=x&gt;{{7*7}}" in page
    assert 'value="&lt;b"' in page
    assert "没有找到" in plain(look_up(Browser(village, "li"), "'; DROP TABLE records; --"))


def test_the_index_follows_changes_forgets_whoever_left_and_what_is_idle(village: DeskVillage) -> None:
    at = 0.0
    index = ResidentIndex(village.keys, lambda: at)

    def found(text: str, of: str = VILLAGE) -> list[str]:
        matches, _ = village.store.read_now(lambda db: index.find(db, of, text))
        return [match.entry.id for match in matches]

    assert found("沈敭") == [ONE]
    phone = village.phone("wang")
    phone.change(ONE, name="沈阳")
    phone.push()
    assert found("沈敭") == [] and found("沈阳") == [ONE]
    village.store.write_now(
        lambda db: db.execute("DELETE FROM records WHERE village = ? AND id = ?", (VILLAGE, ONE))
    )
    assert found("沈阳") == []  # as after an erasure or a move: no newer version says so
    for number in range(VILLAGES_MAX + 3):
        found("沈", f"3304811062{number:02d}")
    assert len(index.kept()) == VILLAGES_MAX
    at = IDLE_SECONDS_MAX + 1.0
    assert index.kept() == []


def test_a_word_that_everybody_has_shows_the_first_and_says_that_there_are_more(village: DeskVillage) -> None:
    phone = village.phone("li")
    for number in range(60):
        phone.create("resident", household=household_id(GRID_2, 0), name=f"多{number}")
    phone.push()
    page = look_up(Browser(village, "li"), "多")
    assert page.count(f'href="{HERE}/') == 50 and "还有更多" in page
