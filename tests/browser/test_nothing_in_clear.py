"""After a day's work nothing on the phone names a resident to whoever has it and not its PIN: not the app's stores, not
what the browser keeps of its own, not the files on the disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.at_rest import Wanted, residents_words, rows_kept
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.conftest import DIST
from tests.browser.flows import all_synced, button, enrol, home, offline, plain_visit, tab
from tests.browser.handling import answer, choose_person, end, handle, onward, sign
from tests.browser.mislaid import WRONG_PINS, guess, locked_out
from tests.browser.photographing import take_photos
from tests.browser.served_demo import ServedDemo
from tests.browser.visiting import complete, household, resident, visit_begun

Phones = Callable[[str], ChromiumPhone]
CANARY = "甄金丝雀"
CANARY_PHONE = "19900008888"
PLANTED = """async ([name, phone]) => {
  const opening = indexedDB.open('allpost')
  const database = await new Promise((done) => { opening.onsuccess = () => done(opening.result) })
  const writing = database.transaction('meta', 'readwrite', { durability: 'strict' })
  writing.objectStore('meta').put({ within: [new Map([['who', new TextEncoder().encode(name)]])] }, 'canary')
  writing.objectStore('meta').put({ phone }, 'canary-phone')
  await new Promise((done) => { writing.oncomplete = done })
  database.close()
}"""


def work(phone: ChromiumPhone) -> Page:
    """Visits, a photo, a case with a signature, searches; two drafts are left open."""
    page = phone.page
    plain_visit(page)
    name = visit_begun(page)
    take_photos(page, "拍照（可不拍）", 1)
    button(page, "无异常").click()
    complete(page, name, "见到")
    home(page)
    person = page.get_by_role("article").first.locator("strong").inner_text()
    handle(page, "gljt", "80周岁以上老年人高龄津贴发放")
    choose_person(page, person.removesuffix("户"))
    answer(page, "年龄段", "80至89周岁")
    page.get_by_label("账号").fill("6222021204009876543")
    answer(page, "账户为本人", "是")
    onward(page)
    answer(page, "身份证", "已验原件")
    answer(page, "账号", "已验原件")
    onward(page)
    sign(page)
    end(page, "委托并开回执")
    home(page)
    resident(page, person)
    household(page, person)
    handle(page, "医保查询", "参保人员参保信息查询")
    choose_person(page, person.removesuffix("户"))
    visit_begun(page)
    button(page, "有发现：登记问题").click()
    page.get_by_label("情况", exact=True).fill(f"{person}屋后积水")
    return page


def test_a_day_leaves_nothing_that_names_a_resident(demo: ServedDemo, phone: Phones) -> None:
    app = Path(os.environ.get("ALLPOST_APP", DIST))
    every = residents_words(demo)
    # the app's own files hold a dictionary, in which some people's names are words
    of_the_app = {word for words in every.found_on_disk(app).values() for word in words}
    wanted = every.without(of_the_app)
    assert len(wanted) > 0.97 * len(every) > 1000

    one = phone(demo.address)
    enrol(one, demo)
    offline(one)
    page = work(one)
    assert wanted.found_in(rows_kept(page)) == set()
    one.context.set_offline(False)
    home(page)
    all_synced(page)
    tab(page, "我的")
    button(page, "现在锁上").click()
    expect(page.get_by_role("heading", name="输入口令")).to_be_visible()
    assert wanted.found_in(rows_kept(page)) == set()
    guess(page, WRONG_PINS)
    locked_out(page)
    assert wanted.found_in(rows_kept(page)) == set()
    one.close()
    assert wanted.found_on_disk(one.profile) == {}

    # the same search finds what is there
    planted = Wanted([CANARY, CANARY_PHONE])
    page = one.open()
    locked_out(page)
    page.evaluate(PLANTED, [CANARY, CANARY_PHONE])
    page.evaluate("([name]) => localStorage.setItem('canary', name)", [CANARY])
    assert planted.found_in(rows_kept(page)) == {CANARY, CANARY_PHONE}
    one.close()
    found = planted.found_on_disk(one.profile)
    assert {CANARY, CANARY_PHONE} == {word for words in found.values() for word in words}
    assert any("IndexedDB" in file for file in found) and any("Local Storage" in file for file in found)
