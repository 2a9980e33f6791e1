"""A server that was set back, by a restore, by a snapshot that nobody declared, or without its log."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.disasters import (
    bring_back,
    epochs_of,
    ids_of,
    newest_phone,
    online,
    phones_on,
    photographed_visit,
    prove_photos,
    prove_signed,
    shared_proof,
    snapshot,
    sync_now,
    work,
)
from tests.browser.flows import (
    COLLEAGUE,
    WORKER,
    all_synced,
    button,
    enrol,
    offline,
    plain_visit,
    told,
)
from tests.browser.served_demo import VILLAGE, ServedDemo, eventually
from tests.browser.visiting import due, household

# colleagues without a phone
LEFT, LEFT_TOO = f"{VILLAGE}-w5", f"{VILLAGE}-w6"
Phones = Callable[[str], ChromiumPhone]


@dataclass
class Two:
    """Two workers' phones that go through everything that happens to their server."""

    mine: ChromiumPhone
    hers: ChromiumPhone

    def __iter__(self) -> Iterator[ChromiumPhone]:
        return iter((self.mine, self.hers))


@pytest.fixture(scope="module")
def two(demo: ServedDemo, lasting_phone: Phones) -> Two:
    """Both enrolled, and everything downloaded."""
    found = Two(lasting_phone(demo.address), lasting_phone(demo.address))
    enrol(found.mine, demo, WORKER)
    enrol(found.hers, demo, COLLEAGUE)
    return found


@pytest.mark.drill
def test_yesterdays_backup(demo: ServedDemo, two: Two, lasting_phone: Phones, tmp_path: Path) -> None:
    arrivals = Arrivals(demo)
    fourth = lasting_phone(demo.address)
    enrol(fourth, demo, WORKER)
    revoked = newest_phone(demo)
    for one in two:
        all_synced_after(one, plain_visit)
    demo.run("backup", str(tmp_path / "backups"))

    # the day after it
    name, person = changed_resident(two.mine)
    for one in two:
        all_synced_after(one, work)
    third = lasting_phone(demo.address)
    enrol(third, demo, COLLEAGUE)
    all_synced_after(third, photographed_visit)
    demo.run("device", "revoke", revoked, "--reason", "手机丢了")
    demo.run("erase", person, "--reason", "consent-withdrawn", "--yes")
    for one in two:
        sync_now(one)
        all_synced(home_of(one))
    gone(two.mine, name, person)
    known = ids_of(arrivals)
    assert len(arrivals.created("visit")) == 5 and len(arrivals.created("case")) == 2
    for one in (*two, third, fourth):
        offline(one)

    dies(demo, tmp_path)
    said = demo.run("restore", str(tmp_path / "backups"), "--log", str(tmp_path / "revocations.log"))
    assert "新的纪元已开始" in said and "erase 1" in said
    demo.start()
    assert epochs_of(demo)[-1][1] == "restore" and not known <= ids_of(arrivals)

    for one in two:
        online(one)
        all_synced(home_of(one))
    page = online(third)
    page.get_by_text("需要重新登录才能上传").first.click()
    page.get_by_label("账号").fill(COLLEAGUE)
    page.get_by_label("密码", exact=True).fill(demo.password(COLLEAGUE))
    button(page, "重新登录").click()
    told(page, "已重新登录")
    all_synced(home_of(third))
    page = online(fourth)
    expect(page.get_by_text("服务器不再向本机下发资料").first).to_be_visible()

    assert ids_of(arrivals) == known
    prove_photos(demo, arrivals)
    gone(two.mine, name, person)
    (card,) = [one for one in phones_on(demo) if one["id"] == revoked]
    assert card["revoked_at"] is not None
    arrivals.prove_once(continued=True)

    # what was offered again is proved in the epoch that began
    for one, title in ((two.mine, "办件"), (two.hers, "办件"), (third, "入户")):
        proof = shared_proof(one, title)
        assert proof.epoch == epochs_of(demo)[-1][0]
        prove_signed(demo, proof)


@pytest.mark.parametrize("with_log", [False, True], ids=["log-kept", "log-too"])
def test_a_snapshot_that_nobody_declared(
    demo: ServedDemo, two: Two, tmp_path: Path, *, with_log: bool
) -> None:
    arrivals, epochs = Arrivals(demo), len(epochs_of(demo))
    taken = snapshot(demo, tmp_path / "snapshot")
    all_synced_after(two.mine, photographed_visit)
    all_synced_after(two.hers, plain_visit)
    # a line of the log that the snapshot does not know
    demo.run("account", "close", LEFT_TOO if with_log else LEFT)
    known = ids_of(arrivals)
    for one in two:
        offline(one)
    demo.stop()
    bring_back(demo, taken, with_log=with_log)
    assert not known & ids_of(arrivals)
    demo.start()
    begun = [why for _, why in epochs_of(demo)[epochs:]]
    assert begun == ([] if with_log else ["log"])

    # one offline visit more, which waits in line behind what is offered again
    door = plain_visit(two.mine.page)
    for one in two:
        online(one)
        all_synced(home_of(one))
    assert [why for _, why in epochs_of(demo)[epochs:]] == (["receipt"] if with_log else ["log"])
    assert known < ids_of(arrivals) and arrivals.visited().count(door.id) == 1
    prove_photos(demo, arrivals)
    arrivals.prove_once(continued=True)
    proof = shared_proof(two.mine, "入户")
    assert proof.epoch == epochs_of(demo)[-1][0]
    prove_signed(demo, proof)


def test_without_the_log_nobody_reads_until_confirmed(demo: ServedDemo, two: Two) -> None:
    arrivals = Arrivals(demo)
    page = home_of(two.mine)
    demo.stop()
    (demo.data / "revocations.log").unlink()
    demo.start()
    page = sync_now(two.mine)
    expect(page.get_by_text("这台设备等待确认")).to_be_visible()
    expect(page.get_by_text("可以继续登记，已登记的会照常上报")).to_be_visible()
    door = plain_visit(home_of(two.mine))
    eventually(lambda: arrivals.visited() == [door.id])
    # what is here stays readable, and nothing new comes
    theirs = plain_visit(home_of(two.hers))
    eventually(lambda: arrivals.visited() == sorted([door.id, theirs.id]))

    waiting = demo.run("device", "confirm")
    assert newest_phone(demo)[:8] in waiting
    demo.run("device", "confirm", "--all")
    for one in two:
        sync_now(one)
        all_synced(home_of(one))
        expect(one.page.get_by_text("服务器不再向本机下发资料")).to_have_count(0)
    arrivals.prove_once(continued=True)


def test_a_rotated_key_proves_what_the_old_one_signed(demo: ServedDemo, two: Two) -> None:
    before = shared_proof(two.mine, "入户")
    demo.stop()
    demo.run("keys", "rotate", "--yes")
    demo.start()
    all_synced_after(two.mine, plain_visit)
    after = shared_proof(two.mine, "入户")
    assert after.key != before.key and after.counter > before.counter
    for proof in (before, after):
        prove_signed(demo, proof)
    # on the phone, by the key that it was told before
    page = two.mine.page
    page.goto(f"{two.mine.address}/app/#/history")
    page.get_by_role("main").get_by_role("link").filter(has_text="入户").nth(1).click()
    expect(page.get_by_text("签名已在本机核对")).to_be_visible()
    expect(page.get_by_text(before.key)).to_have_count(1)
    home_of(two.mine)


def home_of(one: ChromiumPhone) -> Page:
    """今日, by its address: from wherever the drill left the phone."""
    one.page.goto(f"{one.address}/app/#/")
    expect(one.page.get_by_text("该走访的户")).to_be_visible()
    return one.page


def all_synced_after(one: ChromiumPhone, done: Callable[[Page], object]) -> None:
    """Do something from 今日 on, and wait until it is handed over."""
    done(home_of(one))
    all_synced(home_of(one))


def changed_resident(one: ChromiumPhone) -> tuple[str, str]:
    """The last person of the last household that is due, with a new telephone: household's name, person's id."""
    page = home_of(one)
    name = due(page).last.locator("strong").inner_text()
    household(page, name)
    page.locator("a, [role=button]").filter(has_text="岁").last.click()
    page.get_by_role("link", name="改资料").click()
    page.get_by_label("电话").fill("13800000009")
    button(page, "保存").click()
    told(page, "已保存")
    person = page.url.rsplit("/", 1)[1]
    all_synced(home_of(one))
    return name, person


def gone(one: ChromiumPhone, name: str, person: str) -> None:
    """Nobody of this id is on the phone any more."""
    one.page.goto(f"{one.address}/app/#/resident/{person}")
    expect(one.page.get_by_text("本机没有这个人")).to_be_visible()
    home_of(one)


def dies(demo: ServedDemo, beside: Path) -> None:
    """The disk of the server; the log was copied to another machine, as it should be, and the list of passwords."""
    demo.kill()
    kept = ("revocations.log", "demo-accounts.json")
    for one in kept:
        shutil.copyfile(demo.data / one, beside / one)
    shutil.rmtree(demo.data)
    demo.data.mkdir()
    shutil.copyfile(beside / "demo-accounts.json", demo.data / "demo-accounts.json")
