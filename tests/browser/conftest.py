"""What browser tests share: Playwright, the built app, the demonstration village, and phones that are closed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from tests.browser.bad_network import BadNetwork
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.desk_pages import Desk, desks
from tests.browser.served_demo import ServedDemo, make_template, served_demo

# what a screen says stands there within this time, also where both cores are busy
STANDS_WITHIN_MS = 15_000
DIST = Path(__file__).parents[2] / "field_client" / "app" / "dist"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """One driver for a file: while it runs, an event loop does too, and no other test could run one of its own."""
    expect.set_options(timeout=STANDS_WITHIN_MS)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration village, made once."""
    assert (DIST / "index.html").is_file(), "the app is not built: make app"
    return make_template(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def demo(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDemo]:
    """A server on a copy of it, for one file of tests."""
    with served_demo(template, tmp_path_factory.mktemp("served") / "data") as served:
        yield served


@pytest.fixture
def network(demo: ServedDemo) -> Iterator[BadNetwork]:
    """The line between phones and the server, fine until a test says otherwise."""
    line = BadNetwork(demo.port)
    yield line
    line.close()


@pytest.fixture
def phone(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[[str], ChromiumPhone]]:
    """Makes phones for an address; at the end none of them met an error that nobody caught."""
    with phones(playwright, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def lasting_phone(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], ChromiumPhone]]:
    """The same, for phones that one file's tests hand on to each other."""
    with phones(playwright, tmp_path_factory.mktemp("phones")) as make:
        yield make


@pytest.fixture
def desk(playwright: Playwright, demo: ServedDemo) -> Iterator[Desk]:
    """Browsers at the desks of the demonstration village and its town."""
    with desks(playwright, demo) as opened:
        yield opened


@contextmanager
def phones(playwright: Playwright, folder: Path) -> Iterator[Callable[[str], ChromiumPhone]]:
    """Makes phones with their profiles in a folder; closes them, and looks for errors that nobody caught."""
    made: list[ChromiumPhone] = []

    def make(address: str) -> ChromiumPhone:
        one = ChromiumPhone(playwright, folder / f"phone-{len(made)}", address)
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()
    assert [error for one in made for error in one.errors] == []
