"""A new version while work waits and a form is open: offered, taken with one tap, and nothing is lost by it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.conftest import DIST
from tests.browser.flows import all_synced, button, enrol, plain_visit, start_visit, unlock, waiting
from tests.browser.served_demo import served_demo

Phones = Callable[[str], ChromiumPhone]
NEXT_VERSION = "0.1.0-drill"
NOTE = "老人说下周去上海看病，月底回来"


@pytest.fixture(scope="module")
def next_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app of today, built as another version: other names of files, another list of what is kept."""
    folder = tmp_path_factory.mktemp("next") / "dist"
    subprocess.run(
        ["node_modules/.bin/vite", "build", "--logLevel", "error", "--outDir", str(folder), "--emptyOutDir"],
        cwd=DIST.parent,
        env=os.environ | {"ALLPOST_APP_VERSION": NEXT_VERSION},
        check=True,
    )
    return folder


def test_a_new_version_loses_nothing(template: Path, tmp_path: Path, next_build: Path, phone: Phones) -> None:
    served_folder = Path(shutil.copytree(DIST, tmp_path / "dist"))
    with served_demo(template, tmp_path / "data", served_folder) as demo:
        arrivals = Arrivals(demo)
        page = enrol(phone(demo.address), demo)
        demo.kill()
        captured = plain_visit(page)
        door = start_visit(page)
        button(page, "事由、同行、备注、后续").click()
        page.get_by_label("备注").fill(NOTE)
        waiting(page, 2)

        # the server comes back with the new version
        shutil.rmtree(served_folder)
        shutil.copytree(next_build, served_folder)
        demo.start()
        look_for_an_update(page)
        expect(page.get_by_role("status", name="有新版本")).to_be_visible()
        # until the worker says so everything is as it was
        expect(page.get_by_label("备注")).to_have_value(NOTE)
        button(page, "现在更新").click()
        unlock(page)
        expect(page.get_by_role("heading", level=1, name=door.name)).to_be_visible()
        expect(page.get_by_label("备注")).to_have_value(NOTE)
        button(page, "无异常").click()
        button(page, "完成").click()
        expect(page.get_by_text(f"已登记：{door.name}")).to_be_visible()
        all_synced(page, 60_000)
        page.goto(f"{demo.address}/app/#/this-device")
        expect(page.get_by_text(NEXT_VERSION)).to_be_visible()
        assert arrivals.visited() == sorted([captured.id, door.id])
        assert NOTE in [visit.fields.get("note") for visit in arrivals.created("visit") if visit.fields]
        arrivals.prove_once()


def look_for_an_update(page: Page) -> None:
    """As the app does every hour."""
    page.evaluate("navigator.serviceWorker.getRegistration().then(one => one.update()).then(() => undefined)")
