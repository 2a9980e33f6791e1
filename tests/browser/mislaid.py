"""A phone that is mislaid or lost, as the village sees it: its card, orders to it, the code that opens it."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from forms.handling.calendar import SHANGHAI
from tests.browser.flows import button, type_pin
from tests.browser.served_demo import VILLAGE, ServedDemo

LEAD = f"{VILLAGE}-lead"
AT_THE_WINDOW = f"{VILLAGE}-w3"
WRONG_PIN = "280461"
WRONG_PINS = 5
REASON = "演示：手机找不到了"


def asked(demo: ServedDemo, username: str, method: str, path: str, **body: Any) -> Any:
    """A call of the data interface by somebody of the village; what it answers."""
    with closing(demo.sign_in(username)) as client:
        reply = client.request(method, f"/api/v1{path}", json=body or None)
        reply.raise_for_status()
        return reply.json()


def account(demo: ServedDemo, username: str) -> str:
    """The id under which the village's people know a worker."""
    signing_in = {"username": username, "password": demo.password(username)}
    reply = httpx.post(f"{demo.address}/api/v1/sessions", json=signing_in)
    reply.raise_for_status()
    return str(reply.json()["account"]["id"])


def card(demo: ServedDemo, username: str) -> dict[str, Any]:
    """The phone that a worker enrolled last."""
    worker = account(demo, username)
    phones = [one for one in asked(demo, LEAD, "GET", "/devices") if one["worker"] == worker]
    found: dict[str, Any] = max(phones, key=lambda one: one["enrolled_at"])
    return found


def lock(demo: ServedDemo, device: str, orders: str = "lock") -> None:
    """The lead locks a phone, or releases it."""
    asked(demo, LEAD, "POST", f"/devices/{device}/orders", orders=orders, reason=REASON)


def order_wipe(demo: ServedDemo, device: str) -> None:
    """The lead has a lost phone emptied."""
    asked(demo, LEAD, "POST", f"/devices/{device}/revocation", orders="wipe", reason=REASON)


def listed(demo: ServedDemo, device: str) -> str:
    """The line of a phone in `allpost-server device list`."""
    lines = demo.run("device", "list", "--division", VILLAGE).splitlines()
    found = [line for line in lines if line.split() and device.startswith(line.split()[-1])]
    assert len(found) == 1, lines
    return found[0]


def staff_window(demo: ServedDemo) -> None:
    """Who is at the window today: nobody else."""
    day, worker = datetime.now(SHANGHAI).date().isoformat(), account(demo, AT_THE_WINDOW)
    asked(demo, LEAD, "POST", f"/villages/{VILLAGE}/rota", day=day, window=[worker], leave=[], note="演示")


def prove_held(demo: ServedDemo, device: str, count: int) -> None:
    """What a revoked phone handed over is here once, whole, and waits for a person."""
    rows = json.loads(demo.run("reconcile", "--village", VILLAGE, "--json"))["rows"]
    row = next(one for one in rows if one["device"] == device)
    assert (row["missing"], row["in_transit"], row["unsettled"]) == (0, 0, count), row
    assert row["captured"] == row["arrived"] == row["acknowledged"] == count, row
    assert json.loads(demo.run("check", "--json"))["faults"] == []


def code_of_the_window(demo: ServedDemo, device: str) -> str:
    """What a third worker, who is on duty at the window today, reads out."""
    staff_window(demo)
    read = asked(demo, AT_THE_WINDOW, "POST", f"/devices/{device}/unlock-code", reason="本人来电，忘记口令")
    return str(read["code"])


def guess(page: Page, times: int) -> None:
    """Wrong PINs, each answered by how many are left."""
    for tried in range(1, times + 1):
        type_pin(page, WRONG_PIN)
        button(page, "打开").click()
        if tried < WRONG_PINS:
            told = page.get_by_role("alert").filter(has_text=f"还可试 {WRONG_PINS - tried} 次")
            expect(told).to_be_visible()


def locked_out(page: Page) -> None:
    """The screen of a PIN that has ended."""
    expect(page.get_by_role("heading", name="口令已作废")).to_be_visible()


def type_code(page: Page, code: str) -> None:
    """用窗口的开锁码打开, up to the new PIN."""
    page.get_by_label("开锁码").fill(code)
    button(page, "下一步：设新口令").click()
