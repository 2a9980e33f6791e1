"""The phone app in Chromium with its processor slowed down four times, for a worker who covers the whole village.

The four measures of the phone's budget: first sync until everything is stored and Today can be used, cold open without
a network, a keystroke in the search of people, saving a visit. They go by marks that a script inside the page sets when
the screen has changed, not by when this program noticed. Beside them: as many records parsed as JSON in the same slowed
page, the least that any app with this data has to do.

What encryption costs is measured in the same run: first sync and saving a visit under AES-GCM, under SM4, and in a
build whose encryption was taken out (`field_client/app/tests/plain_cipher.config.ts`).
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, Playwright, expect, sync_playwright

from bench.process import serving
from bench.sync_checks import make_covered_village
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import PIN, button, choose_pin, unlock

APP = Path(__file__).parents[1] / "field_client" / "app"
DIST = APP / "dist"
AES, SM4 = "aes-256-gcm", "sm4-ctr-hmac-sm3"
SLOWED = 4
OPENS = 5
VISITS = 7
QUERIES = ("s", "sh", "shen", "沈", "jg", "12号", "3344", "沈建", "5组", "zz")
FIRST_SYNC_MS_MAX, COLD_OPEN_MS_MAX, KEYSTROKE_MS_MAX, VISIT_MS_MAX = 10_000, 1_500, 50, 100

# Marks by what stands on the screen, in milliseconds since the page's navigation began.
MARKS = """
window.benchMarks = {};
const seen = {
  pin: () => document.querySelector('.pin-keys'),
  today: () => document.querySelector('.household-card'),
  saved: () => document.querySelector('.undo-bar'),
};
const look = () => {
  for (const [name, there] of Object.entries(seen))
    if (!(name in window.benchMarks) && there()) window.benchMarks[name] = performance.now();
};
new MutationObserver(look).observe(document, {childList: true, subtree: true});
"""

TAPPED = """
addEventListener('click', () => { window.benchMarks.tapped = performance.now() }, {capture: true, once: true})
"""

# From the event to the frame that shows what it changed.
KEYSTROKE = """
async (query) => {
  const input = document.querySelector('input[type=search]');
  const started = performance.now();
  input.value = query;
  input.dispatchEvent(new Event('input', {bubbles: true}));
  await new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  return performance.now() - started;
}
"""

PARSE = """
(text) => {
  const started = performance.now();
  const records = new Map();
  for (const line of text.split('\\n')) if (line) { const one = JSON.parse(line); records.set(one.id, one); }
  return performance.now() - started;
}
"""


def measure() -> dict[str, Any]:
    """All measures, in milliseconds, medians of several."""
    with tempfile.TemporaryDirectory(prefix="allpost-app-") as name, sync_playwright() as playwright:
        folder = Path(name)
        account = make_covered_village(folder / "data")
        # a copy: another build while this runs would bring an update
        app = Path(shutil.copytree(DIST, folder / "app"))
        with _phone(playwright, folder, app) as phone:
            found = _measure(phone, account)
        ciphers = {"off": (_plain_app(folder), AES), "aes-256-gcm": (app, AES), SM4: (app, SM4)}
        found["ciphers"] = {}
        for label, (build, cipher) in ciphers.items():
            with _phone(playwright, folder, build, cipher) as phone:
                found["ciphers"][label] = _under_cipher(phone, account)
        return found


@contextmanager
def _phone(playwright: Playwright, folder: Path, app: Path, cipher: str = AES) -> Iterator[ChromiumPhone]:
    """A new phone on a server of its own over a copy of the data."""
    with tempfile.TemporaryDirectory(prefix="phone-", dir=folder) as own:
        data = Path(shutil.copytree(folder / "data", Path(own) / "data"))
        with serving(data, app, cipher) as port:
            phone = ChromiumPhone(playwright, Path(own) / "profile", f"http://127.0.0.1:{port}")
            try:
                yield phone
            finally:
                phone.close()


def _plain_app(folder: Path) -> Path:
    """The app built without its encryption."""
    built = folder / "plain"
    subprocess.run(
        [APP / "node_modules" / ".bin" / "vite", "build", "--config", "tests/plain_cipher.config.ts",
         "--outDir", built, "--emptyOutDir", "--logLevel", "error"],
        cwd=APP,
        check=True,
    )  # fmt: skip
    return built


def _under_cipher(phone: ChromiumPhone, account: dict[str, str]) -> dict[str, float]:
    """First sync and saving a visit on a new phone."""
    page = phone.open(at="about:blank", script=MARKS)
    _slow(page)
    page.goto(f"{phone.address}/app/")
    first_sync_ms = _first_sync(page, account)
    visits = [_visit(page) for _ in range(VISITS)]
    return {"first_sync_ms": first_sync_ms, "visit_ms": statistics.median(visits)}


def _measure(phone: ChromiumPhone, account: dict[str, str]) -> dict[str, Any]:
    page = phone.open(at="about:blank", script=MARKS)
    slowed = _slow(page)
    page.goto(f"{phone.address}/app/")
    first_sync_ms = _first_sync(page, account)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.close()
    opens = [_cold_open(phone) for _ in range(OPENS)]
    page = phone.open(at="about:blank", script=MARKS)
    slowed = _slow(page)
    page.goto(f"{phone.address}/app/")
    unlock(page)
    expect(page.locator(".household-card").first).to_be_visible()
    counts = _counts(page)
    visits = [_visit(page) for _ in range(VISITS)]
    keys = _keystrokes(page)
    parse_ms = statistics.median(page.evaluate(PARSE, _lines(page)) for _ in range(3))
    slowed.detach()
    return {
        "records": counts,
        "slowed": SLOWED,
        "first_sync_ms": first_sync_ms,
        "cold_open_ms": statistics.median(opens),
        "cold_open_raw_ms": opens,
        "keystroke_ms": statistics.median(keys),
        "keystroke_max_ms": max(keys),
        "visit_ms": statistics.median(visits),
        "visit_raw_ms": visits,
        "parse_ms": parse_ms,
    }


def _slow(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    return session


def _first_sync(page: Page, account: dict[str, str]) -> float:
    """From the PIN's last tap, when the download begins, until Today lists households with all of it stored."""
    page.get_by_label("账号").fill(account["username"])
    page.get_by_label("密码", exact=True).fill(account["password"])
    button(page, "登记").click()
    choose_pin(page)
    page.evaluate("window.benchMarks.begun = performance.now()")
    expect(page.get_by_text("已全部同步").first).to_be_visible(timeout=120_000)
    ended = float(page.evaluate("performance.now()"))
    return ended - float(page.evaluate("window.benchMarks.begun"))


def _cold_open(phone: ChromiumPhone) -> float:
    """A fresh browser without a network: until the PIN can be typed, and from its last key until Today stands."""
    page = phone.open(at="about:blank", script=MARKS)
    _slow(page)
    page.context.set_offline(True)
    page.goto(f"{phone.address}/app/")
    # waited for by a selector: what describes the page to a test costs a slowed page more than the app does
    page.wait_for_selector(".pin-keys")
    for digit in PIN:
        page.keyboard.press(digit)
    page.evaluate(TAPPED.replace("click", "keydown"))
    page.keyboard.press("Enter")
    page.wait_for_selector(".household-card", timeout=60_000)
    marks = page.evaluate("window.benchMarks")
    phone.close()
    return float(marks["pin"]) + float(marks["today"]) - float(marks["tapped"])


def _visit(page: Page) -> float:
    """From the tap on 完成 until the next screen says that the visit is recorded."""
    page.locator(".household-card a").first.click()
    button(page, "开始").click()
    button(page, "无异常").click()
    expect(page.locator(".undo-bar")).to_have_count(0, timeout=15_000)
    page.evaluate("delete window.benchMarks.saved")
    page.evaluate(TAPPED)
    button(page, "完成").click()
    page.wait_for_selector(".undo-bar")
    marks = page.evaluate("window.benchMarks")
    page.goto(page.url.split("#")[0] + "#/")
    expect(page.locator(".household-card").first).to_be_visible()
    return float(marks["saved"]) - float(marks["tapped"])


def _keystrokes(page: Page) -> list[float]:
    page.goto(page.url.split("#")[0] + "#/search")
    expect(page.locator("input[type=search]")).to_be_visible()
    page.wait_for_timeout(3000)  # pinyin is prepared in idle time
    return [float(page.evaluate(KEYSTROKE, query)) for query in QUERIES]


def _counts(page: Page) -> dict[str, int]:
    """What is on the phone, as its own storage page says."""
    page.goto(page.url.split("#")[0] + "#/storage")
    facts = page.locator("dl.facts").last
    expect(facts.get_by_text("居民")).to_be_visible()
    names, values = facts.locator("dt").all_inner_texts(), facts.locator("dd").all_inner_texts()
    page.goto(page.url.split("#")[0] + "#/")
    expect(page.locator(".household-card").first).to_be_visible()
    return {name: int(value) for name, value in zip(names, values, strict=True)}


def _lines(page: Page) -> str:
    """As many JSON lines of a visit's size as the phone holds records."""
    line = {
        "version": 1,
        "id": "0192f6c4-0000-7000-8000-000000000009",
        "kind": "visit",
        "village": "330481106222",
        "grid": "330481106222001",
        "by": "0192f6c5-0000-7000-8000-00000000a001",
        "created": ["2026-11-22T08:00:00.000Z/0000", "0192f6c5-0000-7000-8000-00000000d001"],
        "origin": ["0192f6c5-0000-7000-8000-00000000d001", 4],
        "values": {
            "household": "0192f6c4-0000-7000-8000-000000000009",
            "outcome": "met",
            "purposes": ["due"],
        },
    }
    total = sum(_counts(page).values())
    return "\n".join(
        json.dumps({**line, "id": f"{number:08d}{str(line['id'])[8:]}"}) for number in range(total)
    )
