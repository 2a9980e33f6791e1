"""A phone that was set back by its own backup, and one that was copied: both hand over everything, nothing twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.disasters import newest_phone, online, phones_on, photographed_visit, prove_photos
from tests.browser.flows import (
    COLLEAGUE,
    WORKER,
    all_synced,
    enrol,
    home,
    offline,
    open_offline,
    plain_visit,
    reopen,
    waiting,
)
from tests.browser.served_demo import ServedDemo
from tests.browser.visiting import due

Phones = Callable[[str], ChromiumPhone]


def copied(one: ChromiumPhone, to: Path) -> None:
    """Everything that a phone that is off has on its disk."""
    shutil.copytree(one.profile, to, symlinks=True)


def put_back(one: ChromiumPhone, kept: Path) -> None:
    """Yesterday's backup onto the phone, which is off."""
    shutil.rmtree(one.profile)
    shutil.copytree(kept, one.profile, symlinks=True)


def continued(rows: list[dict[str, object]], device: str) -> dict[str, object]:
    """The reconciliation's row of an identity that another one goes on from."""
    (row,) = [one for one in rows if one["device"] == device]
    assert row["standing"] == "continued", row
    return row


@pytest.mark.drill
def test_a_phone_from_its_own_backup(demo: ServedDemo, phone: Phones, tmp_path: Path) -> None:
    one, arrivals = phone(demo.address), Arrivals(demo)
    page = enrol(one, demo, WORKER)
    first = newest_phone(demo)
    plain_visit(page)
    all_synced(page)
    one.close()
    copied(one, tmp_path / "yesterday")

    # more work, handed over; and an hour more without a network
    page = reopen(one)
    handed_over = [plain_visit(page), photographed_visit(page)]
    all_synced(page)
    known = {operation.id for operation in arrivals.operations()}
    offline(one)
    lost = plain_visit(page)
    waiting(page, 1)
    one.close()
    put_back(one, tmp_path / "yesterday")

    # it knows nothing of either, and captures on in the place of what was handed over
    page = open_offline(one)
    home(page)
    for door in (*handed_over, lost):
        expect(due(page).filter(has_text=door.name).first).to_be_visible()
    again = plain_visit(page, nth=5)
    one.context.set_offline(False)
    all_synced(page)
    assert newest_phone(demo) != first
    assert known < {operation.id for operation in arrivals.operations()}
    assert arrivals.visited().count(again.id) == 1
    # what was handed over came back; what was not is not claimed as done: that household is still to be visited
    home(page)
    for door in handed_over:
        expect(due(page).filter(has_text=door.name)).to_have_count(0)
    expect(due(page).filter(has_text=lost.name).first).to_be_visible()
    assert lost.id not in arrivals.visited()

    prove_photos(demo, arrivals)
    rows = arrivals.prove_once(continued=True)
    continued(rows, first)
    plain_visit(page)
    all_synced(page)
    arrivals.prove_once(continued=True)


@pytest.mark.drill
def test_a_copied_phone(demo: ServedDemo, phone: Phones) -> None:
    one, other, arrivals = phone(demo.address), phone(demo.address), Arrivals(demo)
    page = enrol(one, demo, COLLEAGUE)
    first = newest_phone(demo)
    doors = [plain_visit(page)]
    all_synced(page)
    one.close()
    copied(one, other.profile)
    pages = [open_offline(one), open_offline(other)]
    for page, nth in zip(pages, (0, 3), strict=True):
        home(page)
        doors.append(photographed_visit(page, nth))
    for each in (one, other):
        all_synced(online(each))
    # both go on, each under an identity of its own
    for page in pages:
        doors.append(plain_visit(page))
        all_synced(page)
    assert arrivals.visited() == sorted(door.id for door in doors)
    prove_photos(demo, arrivals)
    continued(arrivals.prove_once(continued=True), first)

    copies = [card["id"] for card in phones_on(demo) if card["continues"] == first]
    assert len(copies) == 2
    assert demo.run("device", "list").count("可能是复制的手机") == 2
