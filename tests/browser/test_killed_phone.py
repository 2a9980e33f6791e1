"""A flat battery at any moment: what the screen had confirmed is there, what was typed goes on, all arrives once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.arrivals import Arrivals
from tests.browser.bad_network import FINE, BadNetwork, Weather
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import (
    COLLEAGUE,
    Door,
    all_synced,
    button,
    choose_pin,
    enrol,
    plain_visit,
    reopen,
    sign_in,
    start_visit,
    tab,
    waiting,
)
from tests.browser.served_demo import ServedDemo, eventually

Phones = Callable[[str], ChromiumPhone]
APPLICANT = "沈阿婆"
FOUND = "楼道里堆了杂物，答应周末前清走"
# how long after the last letter the battery is flat; the longest leaves time for what was typed to be kept
AFTER_TYPING_MS = (0, 500)
AFTER_TAP_MS = (0, 40, None)
# slow enough to be killed in the middle of it
FIRST_SYNC = Weather(bytes_per_second=60_000)
DRIP = Weather(bytes_per_second=900)


@pytest.mark.drill
def test_killed_in_the_middle_of_capturing(demo: ServedDemo, phone: Phones) -> None:
    one, arrivals = phone(demo.address), Arrivals(demo)
    enrol(one, demo)
    doors = [killed_while_typing(one, pause_ms) for pause_ms in AFTER_TYPING_MS]
    told = [visit.fields["findings"][0]["text"] for visit in arrivals.created("visit") if visit.fields]
    assert told == [FOUND] * len(doors)
    doors += [killed_after_the_last_tap(one, pause_ms) for pause_ms in AFTER_TAP_MS]
    killed_in_a_form(one)
    all_synced(one.page)
    assert arrivals.visited() == sorted(door.id for door in doors)
    (case,) = arrivals.created("case")
    assert case.fields is not None and case.fields["applicant_name"] == APPLICANT
    assert FOUND in case.fields.values()
    arrivals.prove_once()


def killed_while_typing(one: ChromiumPhone, pause_ms: int) -> Door:
    """What was kept is there again on the same page, up to a letter that was under way, and the visit goes on."""
    door = start_visit(one.page)
    button(one.page, "有发现：登记问题").click()
    one.page.get_by_label("情况", exact=True).press_sequentially(FOUND, delay=25)
    one.page.wait_for_timeout(pause_ms)
    one.kill()
    page = reopen(one)
    expect(page.get_by_role("heading", level=1, name=door.name)).to_be_visible()
    words = page.get_by_label("情况", exact=True)
    assert FOUND.startswith(words.input_value()), words.input_value()
    assert words.input_value() == FOUND or pause_ms < AFTER_TYPING_MS[-1]
    words.fill(FOUND)
    button(page.get_by_role("group", name="哪一类"), "环境").click()
    button(page, "完成").click()
    expect(page.get_by_text(f"已登记：{door.name}")).to_be_visible()
    all_synced(page)
    return door


def killed_after_the_last_tap(one: ChromiumPhone, pause_ms: int | None) -> Door:
    """The visit is captured or in progress, never both and never neither; what was confirmed is captured."""
    door = start_visit(one.page)
    button(one.page, "无异常").click()
    button(one.page, "完成").click()
    told = one.page.get_by_text(f"已登记：{door.name}")
    if pause_ms is None:
        expect(told).to_be_visible()
    else:
        one.page.wait_for_timeout(pause_ms)
    confirmed = told.is_visible()
    one.kill()
    page = reopen(one)
    page.goto(f"{one.address}/app/#/")
    expect(page.get_by_role("heading", name="该走访的户")).to_be_visible()
    draft = page.get_by_role("link", name=f"入户 {door.name}")
    if draft.is_visible():
        assert not confirmed
        draft.click()
        button(page, "完成").click()
        expect(page.get_by_text(f"已登记：{door.name}")).to_be_visible()
    return door


def killed_in_a_form(one: ChromiumPhone) -> None:
    """The step, the applicant and the answers are where they were."""
    page = one.page
    tab(page, "事项")
    page.get_by_role("searchbox").fill("消防隐患")
    expect(page.get_by_text("找到 ")).to_be_visible()
    page.get_by_role("link", name="消防隐患上报").first.click()
    button(page, "现在办理").click()
    button(page, "不在名单里的人").click()
    page.get_by_label("姓名").fill(APPLICANT)
    button(page, "下一步").click()
    page.get_by_role("textbox", name="诉求描述").fill(FOUND)
    page.wait_for_timeout(AFTER_TYPING_MS[-1])
    one.kill()
    page = reopen(one)
    expect(page.get_by_text(f"申请人：{APPLICANT}")).to_be_visible()
    expect(page.get_by_role("textbox", name="诉求描述")).to_have_value(FOUND)
    button(page, "下一步").click()
    button(page, "下一步").click()
    page.get_by_role("group", name="怎么办理").locator("label").filter(has_text="窗口流转").click()
    button(page, "登记").click()
    expect(page.get_by_text("已登记在本机")).to_be_visible()


@pytest.mark.drill
def test_killed_in_the_middle_of_syncing(demo: ServedDemo, network: BadNetwork, phone: Phones) -> None:
    one, arrivals = phone(network.address), Arrivals(demo)
    page = one.open()
    sign_in(page, demo, COLLEAGUE)
    network.set(FIRST_SYNC)
    choose_pin(page)
    for _ in range(2):
        expect(page.get_by_text("已下载")).to_be_visible()
        page.wait_for_timeout(1_000)
        one.kill()
        page = reopen(one)
    network.set(FINE)
    expect(page.get_by_text("该走访的户")).to_be_visible(timeout=60_000)
    all_synced(page)

    network.set(Weather(mode="refused"))
    doors = [plain_visit(page) for _ in range(3)]
    waiting(page, 1 + len(doors))
    network.set(DRIP)
    page.goto(f"{network.address}/app/#/outbox")
    button(page, "现在同步").click()
    expect(page.get_by_text("正在上传").first).to_be_visible()
    one.kill()
    page = reopen(one)
    # the server has it now, and the phone has not heard so yet
    eventually(lambda: len(arrivals.operations()) > len(doors))
    one.kill()
    page = reopen(one)
    network.set(FINE)
    expect(page.get_by_text("都上传了")).to_be_visible(timeout=60_000)
    assert arrivals.visited() == sorted(door.id for door in doors)
    arrivals.prove_once()
