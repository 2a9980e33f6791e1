"""The way through every screen of the app, each in a state that a worker meets; each stop has a name.

A stop is yielded while its screen stands on the phone: the test looks at it there, and so does the program that takes
the screenshots. Screens that need nothing but an address are opened by it; what has to be done is done by tapping.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.served_demo import ServedDemo
from tests.browser.tour.casework import case_stops
from tests.browser.tour.colleagues import Colleagues
from tests.browser.tour.lost import lost_stops
from tests.browser.tour.own import own_stops
from tests.browser.tour.people import people_stops
from tests.browser.tour.settling import settling_stops
from tests.browser.tour.start import start_stops


def walk(phone: ChromiumPhone, demo: ServedDemo, around: Colleagues) -> Iterator[str]:
    """Every stop, from the first opening of the address."""
    yield from start_stops(phone, demo)
    page = phone.page
    yield from people_stops(page, around)
    yield from case_stops(page, around)
    yield from settling_stops(phone, around)
    yield from own_stops(phone)
    yield from lost_stops(phone, demo)


def plain_addresses(around: Colleagues) -> dict[str, str]:
    """Screens that need nothing but their address, by the name of their stop."""
    home = around.home()
    person = around.first.households.residents(home.id)[0]
    case = around.permit()
    return {
        "today": "/",
        "search": "/search",
        "household": f"/household/{home.id}",
        "household-change": f"/household/{home.id}/change",
        "household-class": f"/household/{home.id}/class",
        "household-new": "/household/new",
        "resident": f"/resident/{person.id}",
        "resident-change": f"/resident/{person.id}/change",
        "resident-new": f"/household/{home.id}/resident-new",
        "write-up": "/write-up",
        "round": "/round",
        "map": "/map",
        "tasks": "/tasks",
        "items": "/items",
        "item": f"/item/{case.values['item']}",
        "cases": "/cases",
        "case": f"/case/{case.id}",
        "case-answers": f"/case/{case.id}/answers",
        "receipt": f"/case/{case.id}/receipt",
        "duplicates": "/duplicates",
        "conflicts": "/conflicts",
        "outbox": "/outbox",
        "history": "/history",
        "log": "/log",
        "me": "/me",
        "settings": "/settings",
        "change-pin": "/settings/pin",
        "storage": "/storage",
        "this-device": "/this-device",
        "sign-in": "/sign-in",
        "help": "/help",
    }
