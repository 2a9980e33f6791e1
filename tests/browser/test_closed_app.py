"""An app that is closed, or locked: what waits is handed over, once, when the browser says that there is a network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.arrivals import Arrivals
from tests.browser.audited import audited
from tests.browser.background_sync import dispatch_sync
from tests.browser.bad_network import FINE, BadNetwork, Weather
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import Door, all_synced, enrol, plain_visit, unlock
from tests.browser.served_demo import ServedDemo, eventually

Phones = Callable[[str], ChromiumPhone]
NO_NETWORK = Weather(mode="refused")


def unsent_visit(one: ChromiumPhone, page: Page, network: BadNetwork) -> Door:
    """A visit that this phone could not hand over."""
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    network.set(NO_NETWORK)
    door = plain_visit(page)
    expect(page.get_by_text("条待上传").first).to_be_visible()
    return door


@pytest.mark.drill
def test_a_closed_app_hands_its_visits_over(demo: ServedDemo, network: BadNetwork, phone: Phones) -> None:
    one, arrivals = phone(network.address), Arrivals(demo)
    door = unsent_visit(one, enrol(one, demo), network)
    one.kill()

    elsewhere = one.open(at="about:blank")
    # there is none after all: nothing is lost by the attempt
    dispatch_sync(elsewhere, network.address)
    elsewhere.wait_for_timeout(500)
    assert arrivals.visited() == []
    network.set(FINE)
    dispatch_sync(elsewhere, network.address)
    eventually(lambda: arrivals.visited() == [door.id])
    taken = handed_in(demo)
    assert taken == 1
    dispatch_sync(elsewhere, network.address)
    elsewhere.wait_for_timeout(1_500)
    assert handed_in(demo) == taken, "the same was handed over a second time"

    elsewhere.goto(f"{one.address}/app/")
    unlock(elsewhere)
    all_synced(elsewhere)
    assert arrivals.visited() == [door.id]
    arrivals.prove_once()


@pytest.mark.drill
def test_a_locked_app_hands_its_visits_over_and_an_open_one_syncs_itself(
    demo: ServedDemo, network: BadNetwork, phone: Phones
) -> None:
    one, arrivals, before = phone(network.address), Arrivals(demo), handed_in(demo)
    page = enrol(one, demo)
    first = unsent_visit(one, page, network)
    network.set(FINE)
    dispatch_sync(page, network.address)
    eventually(lambda: arrivals.visited() == [first.id])
    all_synced(page)
    assert handed_in(demo) == before, "the open app handed over by its own sync"

    second = unsent_visit(one, page, network)
    page.reload()
    expect(page.get_by_role("heading", name="输入口令")).to_be_visible()
    network.set(FINE)
    dispatch_sync(page, network.address)
    eventually(lambda: arrivals.visited() == sorted([first.id, second.id]))
    assert handed_in(demo) == before + 1
    unlock(page)
    all_synced(page)
    arrivals.prove_once()


def handed_in(demo: ServedDemo) -> int:
    """How many rescue files the server took."""
    return len(audited(demo, "rescue.taken"))
