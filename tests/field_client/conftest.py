"""A tiny village on the real application, and phones in it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from server.app import create_app
from server.data_folder import open_data
from tests.field_client.field_world import Phone
from tests.server.sync_village import NOW_MS, TinyVillage, fast_settings, plain_logs


class CopiedVillage(TinyVillage):
    """A village founded once and copied for each test: founding costs more than most tests."""

    def __init__(self, folder: Path, founded: TinyVillage) -> None:
        plain_logs()
        shutil.copytree(founded.settings.data, folder)
        self.settings = fast_settings(folder)
        self.store, self.keys = open_data(self.settings, exclusive=True)
        self.workers, self.today, self.now_ms = founded.workers, founded.today, NOW_MS
        self.app = create_app(self.settings, self.store, self.keys, lambda: self.now_ms)
        self.client = TestClient(self.app, raise_server_exceptions=False)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> TinyVillage:
    made = TinyVillage(tmp_path_factory.mktemp("founded") / "server")
    made.store.close()
    return made


@pytest.fixture
def village(founded: TinyVillage, tmp_path: Path) -> Iterator[TinyVillage]:
    made = CopiedVillage(tmp_path / "server", founded)
    try:
        with made.client:
            yield made
    finally:
        made.store.close()


@pytest.fixture
def phone(village: TinyVillage, tmp_path: Path) -> Iterator[Callable[..., Phone]]:
    """Makes phones, and closes their files at the end."""
    made: list[Phone] = []

    def make(username: str = "wang", seed: str | None = None) -> Phone:
        made.append(Phone(village, tmp_path, username, seed))
        return made[-1]

    yield make
    for one in made:
        one.device.close()
