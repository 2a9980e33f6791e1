"""A tiny village on the real application, and phones in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.field_client.field_world import Phone
from tests.server.sync_village import TinyVillage, tiny_village


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path / "server") as made:
        yield made


@pytest.fixture
def phone(village: TinyVillage, tmp_path: Path) -> Iterator[Callable[..., Phone]]:
    """Makes phones, and closes their files at the end."""
    made: list[Phone] = []

    def make(username: str = "wang", seed: str | None = None, whole: bool | None = None) -> Phone:
        made.append(Phone(village, tmp_path, username, seed, whole))
        return made[-1]

    yield make
    for one in made:
        one.device.close()
