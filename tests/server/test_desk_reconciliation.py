"""Closing a day on the pages: figures and what lies behind them, both signatures, and what comes afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.desk_pages_client import Browser, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import DAY_MS, GRID_1, HOUR_MS, VILLAGE, household_id


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    """wang and the lead are at today's window, li at tomorrow's."""
    with desk_village(tmp_path) as village:
        village.rota(village.today, "wang", "lead")
        village.rota(village.tomorrow, "li")
        yield village


def capture(village: DeskVillage, phone: SyncDevice, times: int = 1) -> None:
    for _ in range(times):
        village.later()
        phone.change(household_id(GRID_1, 0), note=f"{village.now_ms}")


def sign(village: DeskVillage, browser: Browser, **reasons: str) -> str:
    page = browser.get(f"reconciliation?day={village.today}")
    return browser.send(page, "reconciliation/sign", **{f"reason__{k}": v for k, v in reasons.items()}).text


def test_a_silent_phone_is_never_green_and_a_proven_one_is(village: DeskVillage) -> None:
    wang, _ = village.phone("wang"), village.phone("li")
    capture(village, wang, 3)
    wang.push()
    village.later(2 * HOUR_MS)
    wang.status()
    page = Browser(village, "lead").get("reconciliation")
    rows = page.split("<tr>")[2:]
    assert len(rows) == 2
    by_name = {"wang" if "wang" in row else "li": row for row in rows}
    assert "tag good" in by_name["wang"] and "已到齐" in by_name["wang"]
    assert "tag good" not in by_name["li"] and "未报到" in by_name["li"]


def test_sign_with_a_reason_and_countersign_the_next_working_day(village: DeskVillage) -> None:
    phone = village.phone("wang")
    browser = Browser(village, "wang")
    refused = sign(village, browser)
    assert "请说明原因" in refused
    signed = sign(village, browser, **{phone.device: "手机没电 <b>"})
    assert "已交班，待接班" in signed and "手机没电 &lt;b&gt;" in signed
    village.later(DAY_MS)
    incoming = Browser(village, "li")
    today = incoming.get("reconciliation")
    assert "还没有接班签字" in today and "先去签字" in today
    earlier = incoming.get(f"reconciliation?day={village.today}")
    done = incoming.send(earlier, "reconciliation/countersign").text
    assert "✓ 已交接" in done and "接班：li" in plain(done)
    history = incoming.get("reconciliation/history")
    assert "已交接" in history and "未签字" in history  # the days before were never signed


def test_whoever_was_at_the_window_signs_that_day_also_later(village: DeskVillage) -> None:
    village.phone("wang")
    village.later(DAY_MS)
    wang = Browser(village, "wang")
    page = wang.get("reconciliation")  # not on duty today: the day that is still to be signed
    assert f"对账 {village.today}" in page
    assert wang.get(f"reconciliation?day={village.tomorrow}", status=403)
    assert f"您 {village.today} 在窗口" in wang.get("rota")


def test_figures_that_changed_meanwhile_are_shown_again_with_what_was_typed(village: DeskVillage) -> None:
    phone = village.phone("wang")
    browser = Browser(village, "wang")
    page = browser.get("reconciliation")
    capture(village, phone, 2)
    phone.push()
    reason = {f"reason__{phone.device}": "在山上"}
    again = browser.send(page, "reconciliation/sign", **reason)
    assert again.status_code == 409
    assert "数字有了变化" in again.text and "在山上" in again.text
    assert village.rows("SELECT count(*) FROM signed_days") == [(0,)]
    assert "已交班" in browser.send(again.text, "reconciliation/sign", **reason).text


def test_what_came_after_the_signature_stands_beside_and_opens(village: DeskVillage) -> None:
    phone = village.phone("wang")
    capture(village, phone, 1)
    phone.push()
    capture(village, phone, 3)
    browser = Browser(village, "wang")
    sign(village, browser, **{phone.device: "没信号"})
    village.later(HOUR_MS)
    phone.push()
    page = browser.get(f"reconciliation?day={village.today}")
    assert "签字以后到达 3 条" in page and "签字时 1" in plain(page)
    late = plain(browser.get(f"reconciliation/{village.today}/devices/{phone.device}?show=late"))
    assert late.count("修改 户 备注") == 3
    every = plain(browser.get(f"reconciliation/{village.today}/devices/{phone.device}?show=arrived"))
    assert every.count("修改 户 备注") == 4


def test_missing_and_unsettled_open_what_lies_behind(village: DeskVillage) -> None:
    phone = village.phone("wang")
    village.later()
    phone.create(
        "case", item="no-such-item", item_version=1, state="registered", captured_at=village.moment()
    )
    phone.push()
    capture(village, phone, 2)
    phone.status()
    browser = Browser(village, "lead")
    base = f"reconciliation/{village.today}/devices/{phone.device}"
    assert "第 2 条到第 3 条，共 2 条" in plain(browser.get(f"{base}?show=missing"))
    unsettled = plain(browser.get(f"{base}?show=unsettled"))
    assert "登记 办件" in unsettled and "被退回" in unsettled
    assert browser.get(f"reconciliation/{village.today}/devices/no-such", status=404)


def test_only_the_window_and_the_lead_look_and_it_is_audited(village: DeskVillage) -> None:
    assert Browser(village, "li").get("reconciliation", status=403)
    assert Browser(village, "neighbour").get(f"/desk/v/{VILLAGE}/reconciliation", status=403)
    assert Browser(village, "supervisor").get(f"/desk/v/{VILLAGE}/reconciliation", status=403)
    Browser(village, "wang").get("reconciliation")
    read = village.rows("SELECT account FROM audit WHERE action = 'reconciliation.read'")
    assert read == [(village.workers["wang"],)]


def test_a_lead_who_was_not_there_does_not_sign(village: DeskVillage) -> None:
    village.later(DAY_MS)  # tomorrow li is at the window
    page = Browser(village, "lead").get("reconciliation")
    assert "reconciliation/sign" not in page
    assert "由当天窗口的人签字" in page
