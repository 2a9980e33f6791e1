"""Case figures: each number leads to its cases, a clerk's end at the own departments, nobody's name stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.roles import Role
from tests.server.desk_pages_client import Browser, plain
from tests.server.sync_village import DAY_MS, NEXT_VILLAGE, TOWN, VILLAGE
from tests.server.walked_village import HERE, TOWN_PAGES, WalkedVillage, walked_village

CASES = f"{TOWN_PAGES}/cases"


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalkedVillage]:
    with walked_village(tmp_path_factory.mktemp("cases")) as walked:
        yield walked


@pytest.fixture(scope="module")
def supervisor(walked: WalkedVillage) -> Browser:
    return Browser(walked.village, "supervisor")


def listed(page: str) -> int:
    return len(re.findall(r'<th scope="row"><a href="[^"]*/cases/', page))


def test_each_number_leads_to_so_many_cases(walked: WalkedVillage, supervisor: Browser) -> None:
    page = supervisor.get(CASES)
    links = re.findall(rf'<a href="({CASES}/list\?[^"]*)">(\d+)', page)
    assert len(links) >= 6
    for address, number in links:
        assert listed(supervisor.get(address.replace("&amp;", "&"))) == int(number), address
    assert "怎么算的" in page and "(case.captured)" in page and "(case.stuck)" in page


def test_the_months_stand_beside_each_other(supervisor: Browser) -> None:
    rows = supervisor.client.get(f"{CASES}/chart").json()
    assert [row["month"] for row in rows][-1] == "2026-11" and len(rows) == 12
    assert rows[-1]["captured"] == {"closed": 2, "late": 0}
    assert "多 2" in plain(supervisor.get(CASES))


def test_a_case_is_stuck_when_its_handover_is_late(tmp_path: Path) -> None:
    with walked_village(tmp_path) as walked:
        assert listed(Browser(walked.village, "supervisor").get(f"{CASES}/list?light=late")) == 0
        walked.village.now_ms += 14 * DAY_MS
        browser = Browser(walked.village, "supervisor")
        page = browser.get(f"{CASES}/list?light=late")
        assert listed(page) == 1 and "已超期" in page
        of = re.search(rf'href="({CASES}/of/[^"]*{walked.proxy})"', page)
        assert of is not None
        case = plain(browser.get(of[1]))
        assert "报送时限" in case and "委托" in case
        assert "居民00" not in case and "居民00" not in plain(page)


def test_a_clerk_sees_the_own_departments_only(walked: WalkedVillage) -> None:
    own = Browser(walked.village, "clerk")
    assert listed(own.get(f"{CASES}/list?open=1")) == 2
    assert f'href="{CASES}/{VILLAGE}/{walked.proxy}"' in own.get(f"{CASES}/list?open=1")
    walked.village.add_account("other", Role.TOWN_CLERK, TOWN, ("housing",))
    elsewhere = Browser(walked.village, "other")
    assert "没有在办" in plain(elsewhere.get(CASES)) and listed(elsewhere.get(f"{CASES}/list")) == 0
    elsewhere.get(f"{CASES}/list?department=civil", 403)
    elsewhere.get(f"{CASES}/of/{VILLAGE}/{walked.proxy}", 403)


def test_who_may_open_which(walked: WalkedVillage, supervisor: Browser) -> None:
    village = walked.village
    lead = Browser(village, "lead")
    assert "办件统计" in lead.get(f"{HERE}/case-figures")
    lead.get(CASES, 403)
    for name in ("wang", "admin"):
        Browser(village, name).get(CASES, 403)
        Browser(village, name).get(f"{HERE}/case-figures", 403)
    supervisor.get(f"{CASES}/list?place=330481107", 403)
    supervisor.get(f"{CASES}/of/{NEXT_VILLAGE}/{walked.proxy}", 404)
    supervisor.get(f"{CASES}/list?after=x", 404)
    supervisor.get(f"{CASES}/list?captured=x", 422)
    village.add_account("other-town", Role.TOWN_SUPERVISOR, "330481107")
    Browser(village, "other-town").get(CASES, 403)


def test_what_is_asked_for_is_shown_as_text(supervisor: Browser) -> None:
    page = supervisor.get(f'{CASES}/list?item=<script>alert(1)</script>&state="><b>x')
    assert "<script>alert" not in page and "<b>x" not in page
