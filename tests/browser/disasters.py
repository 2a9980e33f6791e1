"""What happens to servers and phones, and what may be said of them afterwards."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page, expect

from server.data_folder import open_data
from server.settings import load_settings
from sync.receipt import Receipt, receipt_holds
from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import Door, all_synced, button, finish_visit, home, start_visit
from tests.browser.handling import choose_person, end, handle, onward
from tests.browser.photographing import digests_of, take_photos
from tests.browser.served_demo import ServedDemo
from tests.browser.visiting import due

OPENING = "拍照（可不拍）"
ITEM = "参保人员参保信息查询"
# what the system shares is kept on the page, as the share sheet would have it
SHARED = "() => { navigator.share = async ({ text }) => { window.shared = text } }"


class Snapshot(NamedTuple):
    """The database of a stopped server, and its revocation log, as they were."""

    database: Path
    log: Path


def snapshot(demo: ServedDemo, folder: Path) -> Snapshot:
    """Stop the server, copy, and start it again."""
    demo.stop()
    folder.mkdir()
    with closing(sqlite3.connect(demo.data / "allpost.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database, log = folder / "allpost.db", folder / "revocations.log"
    shutil.copyfile(demo.data / "allpost.db", database)
    shutil.copyfile(demo.data / "revocations.log", log)
    demo.start()
    return Snapshot(database, log)


def bring_back(demo: ServedDemo, taken: Snapshot, *, with_log: bool) -> None:
    """Put the database of then into a stopped server's folder; nobody declares it."""
    for name in ("allpost.db-wal", "allpost.db-shm"):
        (demo.data / name).unlink(missing_ok=True)
    shutil.copyfile(taken.database, demo.data / "allpost.db")
    if with_log:
        shutil.copyfile(taken.log, demo.data / "revocations.log")


def epochs_of(demo: ServedDemo) -> list[tuple[str, str]]:
    """Every epoch with why it began, the present one last."""
    with closing(sqlite3.connect(demo.data / "allpost.db")) as db:
        return db.execute("SELECT epoch, why FROM epochs ORDER BY rowid").fetchall()


def phones_on(demo: ServedDemo) -> list[dict[str, Any]]:
    """The list of devices as the command tells it."""
    cards: list[dict[str, Any]] = json.loads(demo.run("device", "list", "--json"))
    return cards


def newest_phone(demo: ServedDemo) -> str:
    """The id of the phone that enrolled last."""
    with closing(sqlite3.connect(demo.data / "allpost.db")) as db:
        (found,) = db.execute("SELECT id FROM devices WHERE nature = 'phone' ORDER BY rowid DESC").fetchone()
    return str(found)


def online(phone: ChromiumPhone) -> Page:
    """The network is back."""
    phone.context.set_offline(False)
    phone.page.evaluate("dispatchEvent(new Event('online'))")
    return phone.page


def sync_now(phone: ChromiumPhone) -> Page:
    """现在同步, and back to 今日."""
    page = phone.page
    page.goto(f"{phone.address}/app/#/outbox")
    button(page, "现在同步").click()
    return page


def photographed_visit(page: Page, nth: int = 0) -> Door:
    """A visit with a photo, from Today and back to it."""
    home(page)
    door = start_visit(page, nth)
    # the camera of the tests shows others at another time
    take_photos(page, OPENING, 1)
    finish_visit(page, door)
    return door


def case(page: Page) -> None:
    """A case of whoever lives behind the first door of the list."""
    home(page)
    name = due(page).first.locator("strong").inner_text().removesuffix("户")
    handle(page, "医保查询", ITEM)
    choose_person(page, name)
    onward(page)
    onward(page)
    end(page, "登记为待联办")
    home(page)


def work(page: Page) -> None:
    """What a worker does in an hour: a visit with a photo, and a case."""
    photographed_visit(page)
    case(page)


def photos_named(arrivals: Arrivals) -> list[str]:
    """The photos of the visits that arrived, each once."""
    found = {photo for visit in arrivals.created("visit") for photo in (visit.fields or {}).get("photos", [])}
    return sorted(found)


def prove_photos(demo: ServedDemo, arrivals: Arrivals) -> None:
    """Every photo that a visit names is whole on the server, and the server says so to whoever asks."""
    named = photos_named(arrivals)
    assert named and set(named) <= set(digests_of(demo))
    with closing(sqlite3.connect(demo.data / "allpost.db")) as db:
        durable = {row[0] for row in db.execute("SELECT digest FROM files")}
    assert set(named) <= durable


def ids_of(arrivals: Arrivals) -> set[str]:
    """The operations that arrived, by id."""
    return {one.id for one in arrivals.operations()}


def shared_proof(phone: ChromiumPhone, title: str) -> Receipt:
    """The receipt that the newest entry of this title shows, found in order on the phone, as it is handed on."""
    page = phone.page
    all_synced(page)
    page.goto(f"{phone.address}/app/#/history")
    page.get_by_role("main").get_by_role("link").filter(has_text=title).first.click()
    expect(page.get_by_text("签名已在本机核对")).to_be_visible()
    page.evaluate(SHARED)
    page.get_by_text("查看凭证内容").click()
    button(page, "把凭证发出去").click()
    page.wait_for_function("window.shared !== undefined")
    told = str(page.evaluate("window.shared")).split("\n")
    device, counter, digest, epoch, time, key, signature = told[-7:]
    page.evaluate("delete window.shared")
    page.goto(f"{phone.address}/app/#/")
    return Receipt(device, int(counter), digest, epoch, time, key, signature)


def prove_signed(demo: ServedDemo, receipt: Receipt) -> None:
    """One of the server's keys signed exactly this."""
    store, keys = open_data(load_settings(data=demo.data), exclusive=False)
    store.close()
    (key,) = [one for one in keys.signing if one.id == receipt.key]
    assert receipt_holds(receipt, key.point)
