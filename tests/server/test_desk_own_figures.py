"""A worker's own figure is the sum of its receipts; the worker and the lead see it, and nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.server.desk_pages_client import Browser, plain
from tests.server.sync_village import NEXT_VILLAGE
from tests.server.walked_village import HERE, WalkedVillage, walked_village

FIGURE = re.compile(r'<a href="#(rounds|visits|cases)"><b class="num">(\d+)</b>')
EXPECTED = {
    ("wang", "2026-11"): {"rounds": 1, "visits": 4, "cases": 1},
    ("wang", "2026-10"): {"rounds": 1, "visits": 1, "cases": 0},
    ("li", "2026-11"): {"rounds": 2, "visits": 1, "cases": 1},
}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalkedVillage]:
    with walked_village(tmp_path_factory.mktemp("own")) as walked:
        yield walked


def figures(page: str) -> dict[str, int]:
    return {name: int(number) for name, number in FIGURE.findall(page)}


def receipts(page: str) -> dict[str, int]:
    """How many records that count are listed under each figure."""
    found = {}
    for name in ("rounds", "visits", "cases"):
        section = page.split(f'<section id="{name}">')[1].split("</section>", maxsplit=1)[0]
        rows = section.split("<tbody>")[1].split("<tr>")[1:] if "<tbody>" in section else []
        found[name] = len(rows) if name == "cases" else sum("tag good" in row for row in rows)
    return found


@pytest.mark.parametrize(("name", "month"), EXPECTED)
def test_a_figure_is_the_sum_of_its_receipts(walked: WalkedVillage, name: str, month: str) -> None:
    own = Browser(walked.village, name).get(f"{HERE}/mine?month={month}")
    assert figures(own) == receipts(own) == EXPECTED[name, month]
    seen = Browser(walked.village, "lead").get(f"{HERE}/workers/{walked.village.workers[name]}?month={month}")
    assert figures(seen) == receipts(seen) == EXPECTED[name, month]
    for key in ("round.attempted", "visit.recorded", "case.captured", "pace.available_days"):
        assert f"({key})" in own


def test_a_visit_taken_back_leaves_figure_and_receipts_alike(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with walked_village(tmp_path_factory.mktemp("void")) as walked:
        walked.wang.sync()
        walked.wang.void(walked.met)
        walked.wang.push()
        own = Browser(walked.village, "wang").get("/desk/v/" + HERE.rsplit("/", 1)[1] + "/mine?month=2026-11")
        assert figures(own) == receipts(own) == {"rounds": 1, "visits": 3, "cases": 1}
        hers = Browser(walked.village, "li").get(f"{HERE}/mine?month=2026-11")
        assert figures(hers) == receipts(hers) == {"rounds": 1, "visits": 1, "cases": 1}


def test_the_late_one_is_told_beside_the_closed_figure(walked: WalkedVillage) -> None:
    october = plain(Browser(walked.village, "wang").get(f"{HERE}/mine?month=2026-10"))
    assert "结账 0，补录 +1" in october and "补录" in october


def test_the_lead_reads_workers_by_name_and_in_no_other_order(walked: WalkedVillage) -> None:
    lead = Browser(walked.village, "lead")
    page = lead.get(f"{HERE}/workers")
    names = re.findall(r'<th scope="row"><a href="[^"]*/workers/[^"]*">([^<]*)<', page)
    assert names == sorted(names) and set(names) >= {"wang", "li", "lead"}
    assert "aria-sort" not in page and "sort=" not in page
    for order in ("rounds", "-rounds", "visits", "number"):
        again = lead.get(f"{HERE}/workers?sort={order}&order={order}")
        assert re.findall(r'<th scope="row"><a href="[^"]*/workers/[^"]*">([^<]*)<', again) == names


def test_nobody_else_sees_a_workers_figures(walked: WalkedVillage) -> None:
    of_wang = f"{HERE}/workers/{walked.village.workers['wang']}"
    for name in ("li", "wang", "supervisor", "clerk", "admin", "neighbour"):
        browser = Browser(walked.village, name)
        browser.get(f"{HERE}/workers", 403)
        browser.get(of_wang, 403)
    Browser(walked.village, "supervisor").get(f"{HERE}/mine", 403)
    lead = Browser(walked.village, "lead")
    lead.get(f"{HERE}/workers/nobody", 404)
    lead.get(f"{HERE}/workers/{walked.village.workers['neighbour']}", 404)
    lead.get(f"/desk/v/{NEXT_VILLAGE}/workers", 403)


def test_mine_leads_to_the_own_village(walked: WalkedVillage) -> None:
    browser = Browser(walked.village, "wang")
    reply = browser.client.get("/desk/mine", follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (303, f"{HERE}/mine")
