"""The rota on pages: drawn, looked at, written; days swapped, covered and given as leave; two records of one day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from forms.handling.calendar import published_calendar
from forms.handling.rota import draw_days
from server.roles import Role
from server.store import rota
from server.store.rota import Duty
from tests.server.desk_pages_client import Browser, hidden, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import VILLAGE, faults_of, small_catalogue

CALENDAR = published_calendar()
DECEMBER = date(2026, 12, 1), date(2026, 12, 31)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        for name in ("sun", "zhao"):
            village.workers[name] = village.add_account(name, Role.WORKER, VILLAGE)
        yield village


def duties(village: DeskVillage, first: str, last: str) -> dict[str, Duty]:
    return village.store.read_now(lambda db: rota.duties(db, VILLAGE, first, last))


def names(village: DeskVillage, workers: frozenset[str]) -> set[str]:
    return {name for name, identifier in village.workers.items() if identifier in workers}


def test_a_drawn_month_is_fair_and_leave_is_made_up_for() -> None:
    away = {date(2026, 12, day): {"b"} for day in (1, 2, 3, 4)}
    drawn = draw_days(CALENDAR, ["a", "b", "c", "d"], *DECEMBER, away=away)
    assert len(drawn) == 23 and {len(one.window) for one in drawn} == {2}
    served = Counter(worker for one in drawn for worker in one.window)
    assert max(served.values()) - min(served.values()) <= 1
    assert not any("b" in one.window for one in drawn if one.day in away)


def test_a_make_up_workday_is_drawn_and_an_unpublished_year_is_tentative() -> None:
    october = draw_days(CALENDAR, ["a", "b", "c", "d"], date(2026, 10, 1), date(2026, 10, 31))
    assert date(2026, 10, 10) in {one.day for one in october}  # a Saturday made up for
    assert date(2026, 10, 1) not in {one.day for one in october}
    january = draw_days(CALENDAR, ["a", "b", "c", "d"], date(2027, 1, 1), date(2027, 1, 31))
    assert all(one.tentative for one in january)


def test_nobody_who_stood_last_is_there_again_at_once() -> None:
    standing = {date(2026, 11, 30): {"a", "b"}}
    drawn = draw_days(CALENDAR, ["a", "b", "c", "d"], *DECEMBER, standing=standing)
    assert drawn[0].window == ("c", "d")


def test_a_month_is_written_as_it_was_shown_and_not_before(village: DeskVillage) -> None:
    lead = Browser(village, "lead")
    preview = lead.get("rota/draw?month=2026-12")
    assert "预览（还没有写入）" in preview and duties(village, "2026-12-01", "2026-12-31") == {}
    shown = hidden(preview, f"/desk/v/{VILLAGE}/rota/draw")
    written = lead.send(preview, "rota/draw")
    assert "整月轮值已写入" in written.text
    found = duties(village, "2026-12-01", "2026-12-31")
    assert len(found) == 23
    for day, duty in found.items():
        assert sorted(duty.window) == sorted(shown[f"window.{day}"])
    counts = Counter(worker for duty in found.values() for worker in duty.window)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert village.workers["lead"] not in counts
    assert lead.send(preview, "rota/draw").status_code == 409  # the page is of before


def test_phones_learn_of_it_and_a_tentative_year_says_so(village: DeskVillage) -> None:
    phone = village.phone("wang")
    lead = Browser(village, "lead")
    preview = lead.get("rota/draw?month=2027-01")
    assert "暂定" in preview
    lead.send(preview, "rota/draw")
    phone.sync()
    found = [one.record.values for one in phone.copy.values() if one.record.kind == "rota"]
    january = [one for one in found if one["day"] >= "2027-01-01"]
    assert january and all(one["note"].startswith("暂定") for one in january)


def test_workers_read_the_rota_without_counts_and_change_nothing(village: DeskVillage) -> None:
    page = Browser(village, "wang").get("rota")
    assert "这个月每人几天" not in page and "rota/draw" not in page
    assert "这个月每人几天" in Browser(village, "lead").get("rota")
    for path in ("rota/draw", "rota/change", "rota/days/2026-12-01"):
        Browser(village, "wang").get(path, status=403)


def test_two_people_swap_and_one_covers_another(village: DeskVillage) -> None:
    one, other = village.tomorrow, village.tomorrow + timedelta(days=1)
    village.rota(one, "wang")
    village.rota(other, "li")
    lead = Browser(village, "lead")
    turns = {"one": f"{one} {village.workers['wang']}", "other": f"{other} {village.workers['li']}"}
    assert "已换班" in lead.send(lead.get("rota/change"), "rota/change", **turns).text
    found = duties(village, f"{one}", f"{other}")
    assert [names(village, found[f"{day}"].window) for day in (one, other)] == [{"li"}, {"wang"}]
    stale = lead.send(lead.get("rota/change"), "rota/change", **turns)
    assert stale.status_code == 422 and "已不在窗口" in stale.text


def test_leave_says_which_days_are_in_the_way(village: DeskVillage) -> None:
    day = village.tomorrow
    village.rota(day, "wang", "li")
    lead = Browser(village, "lead")
    asked = {"worker": village.workers["wang"], "first": f"{day}", "last": f"{day}", "what": "leave"}
    page = lead.get("rota/change")
    action = f"/desk/v/{VILLAGE}/rota/change"
    base = {"month": "2026-11", "_csrf_token": hidden(page, action)["_csrf_token"]}
    seen = page.split('name="seen" value="')[1].split('"')[0]
    refused = lead.client.post(action, data={**base, **asked, "seen": seen})
    assert refused.status_code == 422 and f"{day} 排在窗口" in refused.text
    done = lead.client.post(action, data={**base, **asked, "seen": seen, "leaves_window": "1"})
    assert "已登记休假" in done.text
    found = duties(village, f"{day}", f"{day}")[f"{day}"]
    assert (names(village, found.window), names(village, found.leave)) == ({"li"}, {"wang"})


def test_a_day_with_two_records_is_one_when_it_is_written(village: DeskVillage) -> None:
    lead = SyncDevice(village.client, "lead", lambda: village.now_ms, small_catalogue(village.today))
    lead.enrol()
    lead.sync()
    village.rota(village.today, "lead")
    lead.create("rota", day=village.today.isoformat(), window=[village.workers["li"]])
    lead.sync()
    day = village.today.isoformat()
    assert names(village, duties(village, day, day)[day].window) == {"lead", "li"}
    browser = Browser(village, "lead")
    page = browser.get(f"rota/days/{day}")
    browser.send(page, f"rota/days/{day}", window=[village.workers["wang"]])
    assert names(village, duties(village, day, day)[day].window) == {"wang"}
    query = "SELECT count(DISTINCT record) FROM rotas WHERE village = ? AND day = ?"
    records = village.rows(query, VILLAGE, day)
    assert records == [(1,)] and faults_of(village) == []


def test_a_refused_day_keeps_what_was_ticked(village: DeskVillage) -> None:
    browser = Browser(village, "lead")
    where = f"rota/days/{village.tomorrow}"
    both = village.workers["wang"]
    again = browser.send(browser.get(where), where, window=[both], leave=[both])
    assert again.status_code == 422 and "请假的人不能排在窗口" in plain(again.text)
    assert again.text.count(f'value="{both}" checked') == 2
