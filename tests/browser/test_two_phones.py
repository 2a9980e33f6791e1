"""Two workers' phones at odds without a network: a household, where the later change counts, a field of a case, where a
person chooses, and a record that the server sends back."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from bench.demo.counting import on_server
from grid_map.days import count_day
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import (
    COLLEAGUE,
    WORKER,
    all_synced,
    button,
    enrol,
    heading,
    home,
    offline,
    tab,
    told,
)
from tests.browser.handling import answer, choose_person, end, handle, onward
from tests.browser.served_demo import VILLAGE, ServedDemo
from tests.browser.visiting import chip, complete, due, household, more, visit_begun

ITEM = "参保人员参保信息查询"
FIRST_NOTE, LATER_NOTE = "钥匙在邻居家", "下午四点以后在家"


@dataclass
class Pair:
    """The phones of two workers who go to the same grid, and a household and a case of it."""

    mine: ChromiumPhone
    hers: ChromiumPhone
    demo: ServedDemo
    home: str = ""

    @property
    def phones(self) -> tuple[ChromiumPhone, ChromiumPhone]:
        return self.mine, self.hers

    def online(self, phone: ChromiumPhone) -> None:
        """The network is back; all is handed over, or waits for somebody to choose."""
        phone.context.set_offline(False)
        phone.page.evaluate("dispatchEvent(new Event('online'))")
        expect(phone.page.get_by_text(re.compile("已全部同步|需要处理")).first).to_be_visible()
        expect(phone.page.get_by_text(re.compile("条待上传|正在同步"))).to_have_count(0)


@pytest.fixture(scope="module")
def pair(demo: ServedDemo, lasting_phone: Callable[[str], ChromiumPhone]) -> Iterator[Pair]:
    """Both know the same household and the same case, and have no network since."""
    share_a_grid(demo)
    mine, hers = lasting_phone(demo.address), lasting_phone(demo.address)
    page = enrol(mine, demo, WORKER)
    applicant = due(page).first.locator("strong").inner_text().removesuffix("户")
    handle(page, "医保查询", ITEM)
    choose_person(page, applicant)
    page.get_by_label("年度").fill("2024")
    onward(page)
    answer(page, "身份证或医保电子凭证", "已验原件")
    onward(page)
    end(page, "登记为待联办")
    home(page)
    all_synced(page)
    enrol(hers, demo, COLLEAGUE)
    pair = Pair(mine, hers, demo, f"{applicant}户")
    for phone in pair.phones:
        offline(phone)
    yield pair


def share_a_grid(demo: ServedDemo) -> None:
    """The colleague covers the worker's grid today."""
    worker, colleague = account(demo, WORKER), account(demo, COLLEAGUE)
    today = count_day(int(time.time() * 1000)).isoformat()
    with closing(demo.sign_in(f"{VILLAGE}-lead")) as lead:
        path = f"/api/v1/villages/{VILLAGE}/assignments"
        (grid,) = [one["grid"] for one in lead.get(path).json() if one["worker"] == worker]
        cover = {"worker": colleague, "grid": grid, "from_day": today, "to_day": today, "cover": True}
        lead.post(path, json=cover | {"reason": "同事去培训"}).raise_for_status()


def account(demo: ServedDemo, username: str) -> str:
    """The id of an account."""
    words = {"username": username, "password": demo.password(username)}
    reply = httpx.post(f"{demo.address}/api/v1/sessions", json=words)
    return str(reply.json()["account"]["id"])


def write_note(page: Page, name: str, note: str) -> None:
    """The note of a household, through 改资料."""
    household(page, name)
    page.get_by_role("link", name="改资料").click()
    page.get_by_label("备注").fill(note)
    button(page, "保存").click()
    told(page, "已保存")
    home(page)


def the_case(page: Page, name: str) -> None:
    """The case that both know, from its household."""
    household(page, name)
    page.get_by_role("main").get_by_role("button", name=re.compile(f"{ITEM}.*待联办")).first.click()
    expect(heading(page)).to_have_text(ITEM)


def write_year(page: Page, name: str, year: str) -> None:
    """One answer of the case's form."""
    the_case(page, name)
    page.get_by_role("link", name="修改表单").click()
    page.get_by_label("年度").fill(year)
    button(page, "保存").click()
    expect(page.get_by_role("definition").filter(has_text=year)).to_be_visible()
    home(page)


def choose(page: Page, value: str) -> None:
    """One of the values of a conflict, for the first time or instead of another."""
    page.get_by_role("button", name=re.compile(f"这一个：{value}")).click()
    expect(page.get_by_text(f"选定：{value}")).to_be_visible()


def latest_entry(page: Page, title: str) -> Locator:
    """The newest line of the history with these words."""
    home(page)
    tab(page, "我的")
    page.get_by_role("link", name="本机登记过的全部内容").click()
    return page.get_by_role("main").get_by_role("link").filter(has_text=title).first


def test_of_two_changes_to_a_household_the_later_counts_and_the_other_is_told(pair: Pair) -> None:
    mine, hers = (phone.page for phone in pair.phones)
    write_note(mine, pair.home, FIRST_NOTE)
    write_note(hers, pair.home, LATER_NOTE)
    pair.online(pair.hers)
    pair.online(pair.mine)
    for page in (mine, hers):
        household(page, pair.home)
        expect(page.get_by_text(LATER_NOTE)).to_be_visible()
        expect(page.get_by_text(FIRST_NOTE)).to_have_count(0)
    entry = latest_entry(mine, "已合并")
    entry.click()
    expect(mine.get_by_text("这些项目采用了别人更晚的修改：备注")).to_be_visible()
    expect(mine.get_by_text(FIRST_NOTE)).to_be_visible()


def test_where_two_answered_differently_a_person_chooses_and_may_change_the_mind(pair: Pair) -> None:
    mine, hers = (phone.page for phone in pair.phones)
    for phone, year in ((pair.mine, "2025"), (pair.hers, "2026")):
        home(phone.page)
        offline(phone)
        write_year(phone.page, pair.home, year)
    pair.online(pair.hers)
    pair.online(pair.mine)
    home(mine)
    expect(mine.get_by_text("1 条需要处理")).to_be_visible()
    offline(pair.mine)
    mine.get_by_role("link", name="打开待上传和需要处理").click()
    mine.get_by_role("link", name=re.compile("年度")).click()
    for year in ("2025", "2026"):
        card = mine.get_by_role("main").locator("section").filter(has_text=year).last
        expect(card).to_contain_text(re.compile(r"\S+ · \d\d:\d\d"))
    expect(mine.get_by_text("我改的")).to_have_count(1)
    choose(mine, "2026")
    choose(mine, "2025")
    button(mine, "撤销").click()
    expect(mine.get_by_text("选定：2025")).to_have_count(0)
    choose(mine, "2025")
    home(mine)
    pair.mine.context.set_offline(False)
    for page in (mine, hers):
        all_synced(page)
        the_case(page, pair.home)
        expect(page.get_by_role("definition").filter(has_text="2025")).to_be_visible()
        expect(page.get_by_text("与别人的修改不一致")).to_have_count(0)
    assert "没有发现问题" in pair.demo.run("check")


def test_what_the_server_sends_back_is_mended_on_the_screen(pair: Pair) -> None:
    page = pair.hers.page
    home(page)
    offline(pair.hers)
    name = visit_begun(page)
    button(page, "无异常").click()
    more(page)
    group = page.get_by_role("group", name="同行的人")
    unknown, known = (group.get_by_role("button").nth(nth).inner_text() for nth in range(2))
    chip(page, "同行的人", unknown).click()
    complete(page, name, "见到")
    forget_account(pair.demo, unknown)
    pair.hers.context.set_offline(False)
    expect(page.get_by_text("1 条需要处理")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="打开待上传和需要处理").click()
    page.get_by_role("link").filter(has_text="被退回").click()
    expect(page.get_by_text("没有这位工作者，请重新选择").first).to_be_visible()
    for other in (unknown, known):
        page.get_by_role("group", name="同行人").locator("label").filter(has_text=other).click()
    button(page, "重新上传").click()
    home(page)
    all_synced(page)
    sent = [one for one in on_server(pair.demo.data, VILLAGE).operations.values() if one.kind == "visit"]
    mended = [one.fields["companions"] for one in sent if one.fields and "companions" in one.fields]
    assert len(mended) == 2 and mended[0] != mended[1]


def forget_account(demo: ServedDemo, name: str) -> None:
    """A server that was brought back from before somebody's account was made."""
    demo.stop()
    with closing(sqlite3.connect(demo.data / "allpost.db")) as db, db:
        assert db.execute("UPDATE accounts SET id = 'gone' WHERE name = ?", (name,)).rowcount == 1
    demo.start()
